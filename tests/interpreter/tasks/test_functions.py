"""`call: NAME` on a real server: a task that is declared once and runs at each call; every run is replayed."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from support.runs import Runner, running

FUNCTIONS = """
use:
  functions:
    double:
      input: { schema: { document: { type: object, properties: { n: { type: integer } }, required: [n] } } }
      do:
        - first: { set: { n: "${ .n * 2 }" } }
        - second: { set: { n: "${ $tasks.first.n }" } }
      output: { as: "${ .n }" }
    sum:
      do:
        - all:
            call: map
            with:
              in: "${ .numbers }"
              each: number
              concurrency: 2
              do: [{ twice: { call: double, with: { n: "${ $number }" } } }]
        - first: { set: { sum: "${ $tasks.all | add }" } }
    stops:
      do: [{ inner: { raise: { error: { type: "https://example.com/e", status: 418, title: Stops } } } }]
    ends: { set: { ended: true }, then: end }
    exports: { set: { x: "${ $context.x + 1 }" }, export: { as: "${ . }" } }
    names: { set: { name: "${ $task.name }", reference: "${ $task.reference }", is: "${ $task.definition | keys }" } }
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def runner(temporal: WorkflowEnvironment) -> AsyncIterator[Runner]:
    async with running(temporal) as found:
        yield found


@pytest.mark.parametrize("after", [None, 4], ids=["one run", "continued runs"])
async def test_arguments_go_in_and_an_output_comes_out(runner: Runner, after: int | None) -> None:
    """Wherever the call stands: its inside has outputs of its own, and leaves those around it as they are."""
    outcome = await runner.run(
        f"""{FUNCTIONS}
do:
  - first: {{ set: {{ n: 5 }} }}
  - once: {{ call: double, with: {{ n: "${{ .n }}" }} }}
  - each: {{ for: {{ each: i, in: "${{ [1, 2] }}" }}, do: [{{ one: {{ call: double, with: {{ n: "${{ $i }}" }} }} }}] }}
  - sum: {{ call: sum, with: {{ numbers: [1, 2, 3] }} }}
  - both: {{ fork: {{ branches: [{{ a: {{ call: double, with: {{ n: 7 }} }} }}, {{ b: {{ call: sum, with: {{ numbers: [] }} }} }}] }} }}
  - none: {{ call: names }}
  - skipped: {{ call: double, if: "${{ false }}", with: {{ n: 1 }} }}
  - all:
      set:
        first: "${{ $tasks.first }}"
        once: "${{ $tasks.once }}"
        each: "${{ $tasks.each }}"
        sum: "${{ $tasks.sum.sum }}"
        both: "${{ $tasks.both }}"
        names: "${{ $tasks.none }}"
        skipped: "${{ $tasks.skipped }}"
""",
        continue_as_new_after=after,
    )
    assert outcome.output == {
        "first": {"n": 5},
        "once": 10,
        "each": 4,
        "sum": 12,
        "both": [14, {"sum": None}],
        "names": {"name": "names", "reference": "/do/5/none/call/names", "is": ["set"]},
        "skipped": None,
    }


async def test_a_function_ends_the_workflow_and_sets_its_context(runner: Runner) -> None:
    outcome = await runner.run(
        f"""{FUNCTIONS}
input: {{ from: {{ x: 1 }} }}
do:
  - up: {{ call: exports }}
  - again: {{ call: exports }}
  - end: {{ call: ends, if: "${{ $context.x == 3 }}" }}
  - late: {{ set: {{ late: true }} }}
"""
    )
    assert outcome.output == {"ended": True}


async def test_an_error_tells_the_call_and_the_place_inside(runner: Runner) -> None:
    outcome = await runner.run(
        f"""{FUNCTIONS}
do:
  - one:
      try: [{{ it: {{ call: stops }} }}]
      catch: {{ errors: {{ with: {{ instance: /do/0/one/try/0/it/call/stops/do/0/inner }} }}, as: e, do: [{{ told: {{ set: "${{ $e.title }}" }} }}] }}
  - two:
      try: [{{ it: {{ call: double, with: {{ n: "${{ \\"x\\" }}" }} }} }}]
      catch: {{ as: e, do: [{{ told: {{ set: "${{ $e }}" }} }}] }}
  - three: {{ call: stops, with: {{ one: "${{ $tasks.one }}", two: "${{ $tasks.two }}" }}, if: '${{ $tasks.two.title == "Not valid" }}' }}
"""
    )
    assert outcome.problem["instance"] == "/do/2/three/call/stops/do/0/inner"
    assert outcome.problem["status"] == 418


async def test_a_call_is_tried_again_as_any_task_is(runner: Runner) -> None:
    outcome = await runner.run(
        f"""{FUNCTIONS}
do:
  - tried:
      try:
        - up: {{ call: exports }}
        - it: {{ call: stops, if: "${{ $context.x < 3 }}" }}
      catch: {{ retry: {{ limit: {{ attempt: {{ count: 5 }} }} }} }}
  - says: {{ set: {{ x: "${{ $context.x }}" }} }}
input: {{ from: {{ x: 0 }} }}
"""
    )
    assert outcome.output == {"x": 3}, outcome.problem


async def test_what_does_not_fit_the_schema_of_its_input(runner: Runner) -> None:
    outcome = await runner.run(
        f"{FUNCTIONS}do: [{{ a: {{ call: double, with: {{ n: '${{ .n }}' }} }} }}]", {"n": "many"}
    )
    assert (outcome.problem["title"], outcome.problem["instance"]) == ("Not valid", "/do/0/a/call/double")
    assert outcome.problem["detail"] == (
        'the task\'s input does not fit its schema: /n: "many" is not of type "integer"'
    )
