"""Flow directives and timeouts in every nesting (dsl.md, Task Flow and Timeouts), on a real server."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from support.definitions import document
from support.runs import Runner, running, skipping_time


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def runner(temporal: WorkflowEnvironment) -> AsyncIterator[Runner]:
    async with running(skipping_time(temporal)) as found:
        yield found


def noted(letter: str, **more: str) -> dict[str, Any]:
    return {letter: {"set": f'${{ . + "{letter}" }}', **more}}


NESTS: dict[str, Any] = {
    "the workflow": lambda tasks: tasks,
    "do": lambda tasks: [{"nest": {"do": tasks}}],
    "for": lambda tasks: [{"nest": {"for": {"in": "[1]"}, "do": tasks}}],
    "map": lambda tasks: [
        {"nest": {"call": "map", "with": {"in": "[1]", "do": tasks}, "output": {"as": ".[0]"}}}
    ],
    "fork": lambda tasks: [
        {"nest": {"fork": {"branches": [{"one": {"do": tasks}}]}, "output": {"as": ".[0]"}}}
    ],
    "all of them": lambda tasks: NESTS["do"](NESTS["for"](NESTS["map"](NESTS["fork"](tasks)))),
}
FORTH_AND_BACK = [
    noted("a", then="c"),
    noted("b", then="d"),
    noted("c", then="b"),
    {"again": {"if": "length < 8", "switch": [{"no": {"when": "false", "then": "end"}}], "then": "a"}},
    noted("d", then="continue"),
    {"choose": {"switch": [{"more": {"when": "length < 6", "then": "again"}}, {"last": {"then": "leave"}}]}},
    noted("never"),
    noted("leave", then="exit"),
    noted("not"),
]
"""Goes to c, back to b, on to d and the switch; that goes back, once more around, and leaves."""


@pytest.mark.parametrize("nest", NESTS)
async def test_tasks_lead_forward_and_back_and_out(runner: Runner, nest: str) -> None:
    definition = document(do=[*NESTS[nest](FORTH_AND_BACK)])
    if nest != "the workflow":
        definition["do"].append(noted("z"))

    outcome = await runner.run(definition, "")

    expected = "acbdacbd" + "leave" + ("" if nest == "the workflow" else "z")
    assert (outcome.problem, outcome.output) == ({}, expected)


@pytest.mark.parametrize("nest", NESTS)
async def test_end_ends_the_workflow_from_wherever_it_stands(runner: Runner, nest: str) -> None:
    tasks = [noted("a", then="end"), noted("b")]

    outcome = await runner.run(document(do=[*NESTS[nest](tasks), noted("c")], output={"as": "[.]"}), "")

    assert (outcome.problem, outcome.output) == ({}, ["a"])


SLOW = {"wait": {"hours": 1}}
IN_TIME = {"after": {"seconds": 5}}
TIMEOUTS: dict[str, tuple[dict[str, Any], str]] = {
    "of a task": ({"do": [{"slow": {**SLOW, "timeout": IN_TIME}}]}, "/do/0/slow"),
    "of a task, by its name": ({"do": [{"slow": {**SLOW, "timeout": "short"}}]}, "/do/0/slow"),
    "of the workflow": ({"do": [{"slow": SLOW}], "timeout": IN_TIME}, ""),
    "of the workflow, by its name": ({"do": [{"slow": SLOW}], "timeout": "short"}, ""),
    "of what is around": (
        {"do": [{"nest": {"timeout": "short", "do": NESTS["for"]([{"slow": SLOW}])}}]},
        "/do/0/nest",
    ),
    "of the nearer of two": (
        {"do": [{"nest": {"timeout": {"after": "PT1M"}, "do": [{"slow": {**SLOW, "timeout": "short"}}]}}]},
        "/do/0/nest/do/0/slow",
    ),
    "in a map": (
        {"do": NESTS["map"]([{"slow": {**SLOW, "timeout": "short"}}])},
        "/do/0/nest/with/do/0/slow",
    ),
    "in a fork": (
        {"do": NESTS["fork"]([{"slow": {**SLOW, "timeout": "short"}}])},
        "/do/0/nest/fork/branches/0/one/do/0/slow",
    ),
}


@pytest.mark.parametrize("whose", TIMEOUTS)
async def test_what_takes_too_long_ends_in_the_standards_error(runner: Runner, whose: str) -> None:
    parts, instance = TIMEOUTS[whose]

    problem = (await runner.run(document(use={"timeouts": {"short": IN_TIME}}, **parts), "")).problem

    assert problem["type"].endswith("/errors/timeout")
    assert (problem["status"], problem["instance"]) == (408, instance)
