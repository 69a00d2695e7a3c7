"""Expressions that are slow together: Temporal's deadlock detector (2 s) would fail the workflow task for ever."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from support.cluster import events_of, longest_workflow_task
from support.definitions import document
from support.runs import Runner, running
from support.stand_in_jq import standing_in

pytestmark = pytest.mark.alone


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def runner(
    temporal: WorkflowEnvironment, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Runner]:
    with standing_in(tmp_path_factory.mktemp("stand-in")):
        async with running(temporal) as runner:
            yield runner


def taking(seconds: float) -> str:
    """An expression that takes so much processor time, on a machine of any speed, and is true."""
    return f'${{ "running: work {seconds}" | length > 0 }}'


async def test_those_of_one_task_share_a_bound(runner: Runner) -> None:
    slow = taking(0.4)
    task = {
        "if": slow,
        "input": {"from": slow},
        "set": {"x": slow},
        "output": {"as": slow},
        "export": {"as": slow},
    }
    async with asyncio.timeout(30):
        outcome = await runner.run(document(do=[{"slow": task}]))

    assert outcome.problem["title"] == "The expression was stopped"
    assert outcome.problem["instance"] == "/do/0/slow"


async def test_those_of_tasks_one_after_the_other_do_not(runner: Runner) -> None:
    tasks = [{f"task{number}": {"set": {"x": taking(0.4)}}} for number in range(6)]
    handle = await runner.start(document(do=tasks))
    async with asyncio.timeout(30):
        assert await handle.result() == {"x": True}
    await longest_workflow_task(handle)


async def test_those_of_items_side_by_side_do_not(runner: Runner) -> None:
    items = {"in": "${ [range(6)] }", "concurrency": 6, "do": [{"one": {"set": {"x": taking(0.4)}}}]}
    handle = await runner.start(document(do=[{"all": {"call": "map", "with": items}}]))
    async with asyncio.timeout(30):
        assert len(await handle.result()) == 6
    await longest_workflow_task(handle)


async def test_those_of_several_workflow_tasks_are_counted_together(runner: Runner) -> None:
    """A replay evaluates them all in one, so they count towards when the run continues as new.

    It is here that a run is replayed whose expressions take longer than a workflow task may.
    """
    tasks: list[dict[str, Any]] = []
    for number in range(6):
        tasks += [
            {f"task{number}": {"set": {"x": taking(0.2)}}},
            {f"wait{number}": {"wait": {"milliseconds": 1}}},
        ]
    async with asyncio.timeout(30):
        outcome = await runner.run(document(do=tasks))

    assert outcome.problem == {}
    markers = await events_of(outcome.handle, "marker_recorded")
    assert "core_patch" in [marker.marker_recorded_event_attributes.marker_name for marker in markers]
