"""Loops that make no call: what comes from outside reaches them nevertheless, soon."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import CancelledError
from temporalio.testing import WorkflowEnvironment

from httptask.plugin import fetch_status
from httptask.workflows import recorded
from support.cluster import events_of, longest_workflow_task
from support.runs import Runner, running

pytestmark = pytest.mark.alone

SOON = timedelta(seconds=2)
"""Within which news reach a loop. A workflow task that only local activities keep open would last 8 s."""

ENDLESS = """
do:
  - add: { set: { n: "${ (.n // 0) + 1 }" } }
  - again: { set: "${ . }", then: add }
"""
FINITE = """
do: [{ loop: { for: { in: "${ [range(2500)] }" }, do: [{ add: { set: { n: "${ (.n // 0) + 1 }" } } }] } }]
"""


@pytest_asyncio.fixture(loop_scope="session")
async def runner(temporal: WorkflowEnvironment) -> AsyncIterator[Runner]:
    async with running(temporal) as runner:
        yield runner


async def test_its_timeout_ends_it(runner: Runner) -> None:
    started = time.monotonic()
    outcome = await runner.run(f"timeout: {{ after: PT2S }}{ENDLESS}")

    assert outcome.problem["title"] == "Timed out"
    [ended] = await events_of(outcome.handle, "workflow_execution_failed")
    [began] = await events_of(outcome.handle, "workflow_execution_started")
    took = ended.event_time.ToDatetime() - began.event_time.ToDatetime()
    assert timedelta(seconds=2) < took < timedelta(seconds=2) + SOON
    assert time.monotonic() - started > 2
    assert await longest_workflow_task(outcome.handle) < SOON


async def test_it_tells_its_status_and_is_cancelled(runner: Runner) -> None:
    handle = await runner.start(f"timeout: {{ after: PT15S }}{ENDLESS}")
    await asyncio.sleep(1)
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


async def test_it_goes_on_where_nobody_takes_the_pause_up(temporal: WorkflowEnvironment) -> None:
    async with running(temporal, worker={"no_remote_activities": True}) as runner:
        outcome = await runner.run(FINITE)

    assert outcome.output == {"n": 2500}
    assert await events_of(outcome.handle, "activity_task_timed_out") != []
    assert await longest_workflow_task(outcome.handle) < SOON


async def test_a_history_from_before_replays(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as before:
        before.setattr(recorded, "_YIELDS_PER_NEWS", 1_000_000)
        handle = await runner.start(FINITE)
        assert await handle.result() == {"n": 2500}
    assert await events_of(handle, "activity_task_scheduled") == []

    await runner.replay(handle)
