"""Branches that run at the same time, and that compete; each workflow task replays all of its run."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from httptask.plugin import fetch_status
from support.runs import Runner, running

UNCACHED = {"max_cached_workflows": 0}
BROKEN = (
    '{ raise: { error: { type: "https://example.com/broken", status: 500, title: Broken, detail: no %s } } }'
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def runner(temporal: WorkflowEnvironment) -> AsyncIterator[Runner]:
    async with running(temporal, worker=UNCACHED) as found:
        yield found


ENDS = {
    "in the order in which they stand": (
        """
        - both:
            fork:
              branches:
                - a: { do: [{ rest: { wait: { milliseconds: 20 } } }, { late: { set: "${ .n + 1 }" } }] }
                - b: { set: "${ .n + 2 }" }
        - last: { set: "${ [., $tasks.both[1]] }" }
        """,
        [[2, 3], 3],
    ),
    "the first that completes": (
        """
        - race:
            fork:
              compete: true
              branches:
                - a: { do: [{ rest: { wait: PT1H } }, { late: { set: late } }] }
                - b: { set: quick }
        """,
        "quick",
    ),
    "at once the first that stands there": (
        "- race: { fork: { compete: true, branches: [{ a: { set: a } }, { b: { set: b } }] } }",
        "a",
    ),
    "an error wins nothing": (
        f"""
        - race:
            fork:
              compete: true
              branches:
                - a: {BROKEN % "a"}
                - b: {{ do: [{{ rest: {{ wait: {{ milliseconds: 20 }} }} }}, {{ late: {{ set: late }} }}] }}
        """,
        "late",
    ),
    "what is skipped is null": (
        "- both: { fork: { branches: [{ a: { if: .n > 1, set: a } }, { b: { set: b } }] } }",
        [None, "b"],
    ),
    "what is skipped does not compete": (
        """
        - race:
            fork:
              compete: true
              branches:
                - a: { if: .n > 1, set: a }
                - b: { do: [{ rest: { wait: { milliseconds: 20 } } }, { late: { set: late } }] }
        """,
        "late",
    ),
    "all are skipped": (
        "- race: { fork: { compete: true, branches: [{ a: { if: .n > 1, set: a } }] } }",
        None,
    ),
    "exit ends a branch": (
        """
        - both:
            fork:
              branches:
                - a: { do: [{ first: { set: a, then: exit } }, { never: { set: never } }] }
                - b: { set: b, then: exit }
        - last: { set: "${ . + [3] }" }
        """,
        ["a", "b", 3],
    ),
    "end ends all": (
        """
        - both:
            fork:
              branches:
                - a: { wait: PT1H }
                - b: { do: [{ first: { set: b, then: end } }] }
        - never: { set: never }
        """,
        "b",
    ),
    "an export stays inside": (
        """
        - first: { set: "${ 1 }", export: { as: "${ [.] }" } }
        - both:
            fork:
              branches:
                - a: { do: [{ x: { set: "${ 2 }", export: { as: "${ $context + [.] }" } } }, { y: { set: "${ $context }" } }] }
                - b: { do: [{ x: { wait: { milliseconds: 20 } } }, { y: { set: "${ $context }" } }] }
        - last: { set: "${ [., $context] }" }
        """,
        [[[1, 2], [1]], [1]],
    ),
    "errors are caught inside and around": (
        f"""
        - guard:
            try:
              - both:
                  fork:
                    branches:
                      - a: {{ wait: PT1H }}
                      - b:
                          do:
                            - own: {{ try: [{{ x: {BROKEN % "x"} }}], catch: {{ do: [{{ told: {{ set: "${{ $error.detail }}" }} }}] }} }}
                            - more: {BROKEN % "b"}
            catch: {{ do: [{{ told: {{ set: "${{ $error.detail }}" }} }}] }}
        """,
        "no b",
    ),
    "branches in branches and loops": (
        """
        - seed: { set: "${ 10 }" }
        - each:
            call: map
            with:
              in: ${ [1, 2] }
              each: n
              concurrency: 2
              do:
                - both:
                    fork:
                      branches:
                        - left:
                            for: { each: m, in: "${ [1, 2] }" }
                            input: { from: "${ 0 }" }
                            do: [{ add: { set: "${ . + $n * $m + $tasks.seed }" } }]
                        - right:
                            fork:
                              compete: true
                              branches: [{ slow: { wait: PT1H } }, { quick: { set: "${ $n }" } }]
        - sum: { set: "${ flatten }" }
        """,
        [23, 1, 26, 2],
    ),
}


@pytest.mark.parametrize(("tasks", "output"), ENDS.values(), ids=ENDS)
async def test_what_comes_of_branches(runner: Runner, tasks: str, output: Any) -> None:
    outcome = await runner.run(f"do:\n{tasks}", {"n": 1})
    assert (outcome.problem, outcome.output) == ({}, output)


FAULTS = {
    "an error ends the others": (
        f"- both: {{ fork: {{ branches: [{{ a: {{ wait: PT1H }} }}, {{ b: {BROKEN % 'b'} }}] }} }}",
        {"detail": "no b", "instance": "/do/0/both/fork/branches/1/b"},
        {"a": "cancelled", "b": "faulted"},
    ),
    "none completes": (
        f"""
        - race:
            fork:
              compete: true
              branches:
                - a: {{ do: [{{ rest: {{ wait: {{ milliseconds: 20 }} }} }}, {{ late: {BROKEN % "a"} }}] }}
                - b: {BROKEN % "b"}
                - c: {{ if: "false", set: c }}
        """,
        {
            "title": "Broken",
            "detail": "none of 3 branches completed: a: no a; b: no b",
            "instance": "/do/0/race",
        },
        {"a": "faulted", "b": "faulted", "c": "skipped"},
    ),
    "a timeout ends all": (
        "- race: { timeout: { after: PT0.05S }, fork: { branches: [{ a: { wait: PT1H } }, { b: { wait: PT1H } }] } }",
        {"status": 408, "instance": "/do/0/race"},
        {"a": "cancelled", "b": "cancelled"},
    ),
}


@pytest.mark.parametrize(("tasks", "problem", "ended"), FAULTS.values(), ids=FAULTS)
async def test_branches_that_fail(
    runner: Runner, tasks: str, problem: dict[str, Any], ended: dict[str, str]
) -> None:
    outcome = await runner.run(f"do:\n{tasks}")
    assert {**outcome.problem, **problem} == outcome.problem
    states = {task.name: task.state for task in (await fetch_status(outcome.handle)).tasks}
    assert {name: state for name, state in states.items() if name in "abc"} == ended
