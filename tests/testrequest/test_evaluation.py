"""One expression where a task would see it, from Python."""

import pytest

from httptask.calls.problem import TaskFault
from httptask.diagnostics.fault import TextFault
from httptask.dsl.program import Program
from httptask.testrequest import ExpressionInvalid, Sample, SampleIncomplete, evaluate_in_task
from support.definitions import compiled

ADDS = """
do:
  - first: { set: { n: 1 } }
  - add: { input: { from: "${ .n }" }, set: { sum: "${ . + $tasks.first.n }" } }
"""
SAMPLE = Sample(task_input={"n": 3}, outputs={"first": {"n": 5}})


@pytest.fixture(name="program", scope="module")
def made_program() -> Program:
    found = compiled(ADDS).program
    assert found is not None
    return found


@pytest.mark.parametrize("text", ["[., $tasks.first.n, $task.name]", "${ [., $tasks.first.n, $task.name] }"])
def test_it_sees_what_a_field_of_the_task_sees(program: Program, text: str) -> None:
    assert evaluate_in_task(program, "add", text, SAMPLE) == [3, 5, "add"]


@pytest.mark.parametrize(
    ("text", "message"), [(". +", "the expression ends too early"), ("$tasks.frist", "names no task")]
)
def test_what_is_none_is_told_with_its_place(program: Program, text: str, message: str) -> None:
    with pytest.raises(ExpressionInvalid, match=message) as raised:
        evaluate_in_task(program, "add", text, SAMPLE)
    assert isinstance(raised.value.fault, TextFault)


def test_what_it_reads_has_to_be_there(program: Program) -> None:
    with pytest.raises(SampleIncomplete, match="the expression reads the output of first"):
        evaluate_in_task(program, "add", "$tasks.first.n", Sample(task_input={"n": 3}))


def test_what_does_not_read_the_input_needs_none() -> None:
    program = compiled("input: { schema: { document: { type: object } } }" + ADDS).program
    assert program is not None
    assert evaluate_in_task(program, "first", "1 + 1", Sample()) == 2
    with pytest.raises(TaskFault, match="Not valid"):
        evaluate_in_task(program, "first", "$workflow.input", Sample())
