"""Random definitions: what a run on a real server comes to, its replay, and the reference evaluator agree.

    uv run pytest tests/conformance/test_random_definitions.py --hypothesis-profile large

tries 1,000; the few of the suite are the same each time.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest_asyncio
from hypothesis import assume, event, given, reject
from temporalio.testing import WorkflowEnvironment

from httptask.dsl.compile import compile_definition
from support.random_definitions import DATA, definitions
from support.reference_evaluator import Fault, Undetermined, evaluate
from support.runs import Outcome, Runner, running


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def runner(temporal: WorkflowEnvironment) -> AsyncIterator[Runner]:
    async with running(temporal) as found:
        yield found


def possible_ends(definition: Mapping[str, Any], data: Any) -> list[tuple[str, Any]]:
    """What the reference evaluator says: one end, or several where branches fail beside each other."""
    try:
        return [("output", evaluate(definition, data))]
    except Fault as fault:
        return [("fault", [one.type, one.status, one.instance]) for one in (fault, *fault.others)]


def end_of(outcome: Outcome) -> tuple[str, Any]:
    problem = outcome.problem
    if not problem:
        return "output", outcome.output
    return "fault", [problem["type"].rpartition("/")[2], problem["status"], problem.get("instance")]


@given(definition=definitions(), data=DATA)
async def test_run_replay_and_reference_agree(runner: Runner, definition: dict[str, Any], data: Any) -> None:
    assume(compile_definition(definition).program is not None)
    try:
        expected = possible_ends(definition, data)
    except Undetermined:
        reject()
    outcome = await runner.run(definition, data)

    event(expected[0][0])
    assert end_of(outcome) in expected
