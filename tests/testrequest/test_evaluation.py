"""One expression where a task would see it, from Python."""

import pytest

from httptask.calls.problem import TaskFault
from httptask.diagnostics.fault import TextFault
from httptask.dsl.expressions import ExpressionFailed
from httptask.dsl.program import Program
from httptask.testrequest import ExpressionInvalid, Sample, SampleIncomplete, evaluate_in_task
from httptask.testrequest.evaluation import FieldUnsampled, UnsampledField, try_in_task
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


BOOKS = """
input: { schema: { document: { type: object, properties: { limit: { type: integer } } } } }
use: { secrets: [KEY] }
do:
  - list: { call: http, with: { method: get, endpoint: "http://127.0.0.1/books" } }
  - show: { set: { text: x } }
"""
FOUND = Sample(input={}, task_input=[{"id": "b1", "by": {"name": "Herbert"}}], outputs={"list": {"id": 1}})


@pytest.fixture(name="books", scope="module")
def made_books() -> Program:
    found = compiled(BOOKS).program
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${ .[0].id } by ${ .[0].by.name }", "b1 by Herbert"),
        ("Bearer ${ $secrets.KEY } for ${ $tasks.list.id }", "Bearer $KEY for 1"),
        ("${ $tasks.list.id }", 1),
    ],
)
def test_a_text_has_the_values_of_all_its_expressions(books: Program, text: str, value: object) -> None:
    assert evaluate_in_task(books, "show", text, FOUND) == value


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("$tasks.list.idd", ("there is no field `idd` in `$tasks.list`", "did you mean `id`?")),
        (".[0].by.nane", ("there is no field `nane` in `.[].by`", "did you mean `name`?")),
        ("map(.titel)", None),
        ("[.[] | .by | .year]", ("there is no field `year` in `.[].by`", "fields: `name`")),
        (".[0].year", ("there is no field `year` in `.[]`", "fields: `id`, `by`")),
        ("$tasks.list.idd // 0", None),
        ("$workflow.input.limit", None),
        ("$tasks.list.id", None),
        ("$workflow.inptu", ("there is no field `inptu` in `$workflow`", "did you mean `input`?")),
    ],
)
def test_a_field_that_neither_data_nor_schema_has_is_told(
    books: Program, text: str, told: tuple[str, str] | None
) -> None:
    absent = try_in_task(books, "show", text, FOUND).absent
    assert [(fault.message, fault.hint) for fault in absent] == ([told] if told else [])


def test_a_text_that_fails_for_a_field_that_is_not_there_names_it(books: Program) -> None:
    with pytest.raises(ExpressionInvalid, match="no field `idd`"):
        evaluate_in_task(books, "show", "no. ${ $tasks.list.idd }", FOUND)


def test_a_field_that_is_newer_than_the_data_is_told_as_that(books: Program) -> None:
    newer = [UnsampledField("limit", "$workflow.input")]
    assert try_in_task(books, "show", "${ $workflow.input.limit }", FOUND).unsampled == newer
    with pytest.raises(FieldUnsampled, match="is null") as caught:
        evaluate_in_task(books, "show", "at most ${ $workflow.input.limit }", FOUND)
    assert caught.value.fields == newer
    with pytest.raises(ExpressionFailed) as failed:  # for another reason
        evaluate_in_task(books, "show", "${ $tasks.list.id | ascii_upcase }", FOUND)
    assert not isinstance(failed.value, FieldUnsampled)
