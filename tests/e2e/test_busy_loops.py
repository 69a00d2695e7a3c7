"""Loops that make no call: what comes from outside reaches them nevertheless, soon."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import CancelledError
from temporalio.testing import WorkflowEnvironment

from httptask.plugin import fetch_status
from httptask.scheduling import recorded_decisions
from support.cluster import events_of, longest_workflow_task, run_ids
from support.runs import Runner, running

SOON = timedelta(seconds=4)
"""Within which news reach a loop, beside other tests. A workflow task that only local activities keep open lasts 8 s."""

ENDLESS = """
do:
  - add: { set: { n: "${ (.n // 0) + 1 }" } }
  - again: { set: "${ . }", then: add }
"""
FINITE = """
do: [{ loop: { for: { in: "${ [range(250)] }" }, do: [{ add: { set: { n: "${ (.n // 0) + 1 }" } } }] } }]
"""


@pytest_asyncio.fixture(loop_scope="session")
async def runner(temporal: WorkflowEnvironment) -> AsyncIterator[Runner]:
    async with running(temporal) as runner:
        yield runner


@pytest.fixture
def yields_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop of 250 rounds lets go as often as one of 2,500 does."""
    monkeypatch.setattr(recorded_decisions, "_STEPS_PER_YIELD", 100)


async def test_its_timeout_ends_it(runner: Runner) -> None:
    outcome = await runner.run(f"timeout: {{ after: PT1S }}{ENDLESS}")

    assert outcome.problem["title"] == "Timed out"
    [ended] = await events_of(outcome.handle, "workflow_execution_failed")
    first = runner.client.get_workflow_handle(outcome.handle.id, run_id=outcome.handle.first_execution_run_id)
    [began] = await events_of(first, "workflow_execution_started")
    took = ended.event_time.ToDatetime() - began.event_time.ToDatetime()
    assert timedelta(seconds=1) < took < timedelta(seconds=1) + SOON
    assert await longest_workflow_task(outcome.handle) < SOON


async def test_it_tells_its_status_and_is_cancelled(runner: Runner) -> None:
    handle = await runner.start(f"timeout: {{ after: PT15S }}{ENDLESS}")
    await asyncio.sleep(0.3)
    async with asyncio.timeout(SOON.total_seconds()):
        assert (await fetch_status(handle)).tasks[-1].name in ("add", "again")
    async with asyncio.timeout(SOON.total_seconds()):
        await handle.cancel()
        with pytest.raises(WorkflowFailureError) as caught:
            await handle.result()

    assert isinstance(caught.value.cause, CancelledError)
    assert await longest_workflow_task(handle) < SOON
    assert await events_of(handle, "workflow_task_failed") == []
    await runner.replay(handle)


@pytest.mark.usefixtures("yields_often")
async def test_it_goes_on_where_nobody_takes_the_pause_up(temporal: WorkflowEnvironment) -> None:
    async with running(temporal, worker={"no_remote_activities": True}) as runner:
        outcome = await runner.run(FINITE)

    assert outcome.output == {"n": 250}
    assert await events_of(outcome.handle, "activity_task_timed_out") != []
    assert await longest_workflow_task(outcome.handle) < SOON


async def test_it_continues_as_new_while_its_replay_is_short(
    runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorded_decisions, "_SECONDS_PER_YIELD", 0.01)
    monkeypatch.setattr(recorded_decisions, "_SECONDS_PER_RUN", 0.02)
    outcome = await runner.run(FINITE)

    assert outcome.output == {"n": 250}
    assert len([run_id async for run_id in run_ids(runner.client, outcome.handle)]) > 2
