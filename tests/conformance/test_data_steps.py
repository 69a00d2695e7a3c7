"""The eleven steps of the standard's data flow (dsl.md, Data Flow), each by itself, on a real server."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from support.runs import Runner, running


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def runner(temporal: WorkflowEnvironment) -> AsyncIterator[Runner]:
    async with running(temporal) as found:
        yield found


NUMBER = "{ document: { type: number } }"
OBJECT = "{ document: { type: object } }"

STEPS: dict[str, tuple[str, Any, Any]] = {
    "1 and 2: the raw input is validated, then transformed": (
        f'input: {{ schema: {OBJECT}, from: .n }}\ndo: [{{ a: {{ set: "${{ [., $context, $workflow.input] }}" }} }}]',
        {"n": 1},
        [1, 1, {"n": 1}],
    ),
    "3 and 4: the raw input of a task is validated, then transformed": (
        f'do: [{{ a: {{ input: {{ schema: {OBJECT}, from: .n }}, set: "${{ [., $input, $task.input] }}" }} }}]',
        {"n": 1},
        [1, 1, {"n": 1}],
    ),
    "3: a condition is asked before, of the raw input": (
        f'do: [{{ a: {{ if: type == "object", input: {{ schema: {OBJECT}, from: .n }}, set: "${{ . }}" }} }}]',
        3,
        3,
    ),
    "5 and 6: the output is transformed, then validated": (
        f"do: [{{ a: {{ set: {{ n: 1 }}, output: {{ as: .n, schema: {NUMBER} }} }} }}]",
        None,
        1,
    ),
    "7 and 8: the context is replaced, then validated": (
        """
        do:
          - a: { set: { n: 1 }, export: { as: "[$output.n, $context, $task.output.n]", schema: { document: { type: array } } } }
          - b: { set: { n: 2 }, export: { schema: { document: { type: array } } } }
          - c: { set: "${ [., $context] }" }
        """,
        "given",
        [{"n": 2}, [1, "given", 1]],
    ),
    "9: the output of a task is the raw input of the next": (
        'do: [{ a: { set: { n: 1 }, output: { as: .n } } }, { b: { set: "${ [., $task.input] }" } }]',
        None,
        [1, 1],
    ),
    "10 and 11: the last output is transformed, then validated": (
        f'do: [{{ a: {{ set: {{ n: 1 }}, export: {{ as: "7" }} }} }}]\noutput: {{ as: .n + $context, schema: {NUMBER} }}',
        None,
        8,
    ),
}


@pytest.mark.parametrize("step", STEPS)
async def test_a_step_comes_where_it_belongs(runner: Runner, step: str) -> None:
    definition, data, expected = STEPS[step]

    outcome = await runner.run(definition, data)

    assert (outcome.problem, outcome.output) == ({}, expected)


INVALID: dict[str, tuple[str, str | None]] = {
    "1: the workflow's input": (
        f"input: {{ schema: {NUMBER}, from: '1' }}\ndo: [{{ a: {{ set: {{ n: 1 }} }} }}]",
        None,
    ),
    "3: a task's input": (
        f"do: [{{ a: {{ input: {{ schema: {NUMBER}, from: '1' }}, set: {{ n: 1 }} }} }}]",
        "/do/0/a",
    ),
    "6: a task's output": (
        f"do: [{{ a: {{ set: '${{ 1 }}', output: {{ as: '[.]', schema: {NUMBER} }} }} }}]",
        "/do/0/a",
    ),
    "8: the context": (
        f"do: [{{ a: {{ set: '${{ 1 }}', export: {{ as: '[.]', schema: {NUMBER} }} }} }}]",
        "/do/0/a",
    ),
    "11: the workflow's output": (
        f"do: [{{ a: {{ set: '${{ 1 }}' }} }}]\noutput: {{ as: '[.]', schema: {NUMBER} }}",
        None,
    ),
    "in a loop in a block": (
        f"do: [{{ b: {{ do: [{{ l: {{ for: {{ in: '[1]' }}, do: [{{ a: {{ input: {{ schema: {NUMBER} }}, set: {{ n: 1 }} }} }}] }} }}] }} }}]",
        "/do/0/b/do/0/l/do/0/a",
    ),
}


@pytest.mark.parametrize("step", INVALID)
async def test_what_does_not_fit_its_schema_ends_the_run(runner: Runner, step: str) -> None:
    definition, instance = INVALID[step]

    problem = (await runner.run(definition, {"n": 1})).problem

    assert problem["type"].endswith("/errors/validation")
    assert (problem["status"], problem.get("instance")) == (400, instance)
