"""Limited connections: a task queue of their own, dispatched no faster than the limit."""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from httptask.plugin import HttpTaskPlugin, fetch_status
from httptask.plugin.connection_queues import ConnectionQueues
from httptask.scheduling import polling
from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.cluster import events_of
from support.connections import local_connection
from support.orders import GET_EACH_ORDER
from support.runs import running, temporal_server


def limited(url: str, per_minute: float) -> dict[str, Any]:
    return {"connections": {"shop": local_connection("shop", url, requests_per_minute=per_minute)}}


async def test_calls_leave_no_faster_than_the_limit(temporal: WorkflowEnvironment) -> None:
    times: list[float] = []

    def answer(_: ServedRequest) -> Reply:
        times.append(time.monotonic())
        return Reply.json({})

    async with ScriptedServer(answer) as server, running(temporal, **limited(server.url, 1200)) as runner:
        outcome = await runner.run(GET_EACH_ORDER, 60)
        scheduled = await events_of(outcome.handle, "activity_task_scheduled")

    assert outcome.output == 60
    queues = {event.activity_task_scheduled_event_attributes.task_queue.name for event in scheduled}
    assert queues == {f"{runner.task_queue}/shop"}
    assert times[-1] - times[0] <= 5
    # Even from the first one on: of a second's calls, which the queue lets through together, none leaves early.
    assert all(time - times[0] >= 0.05 * number - 0.2 for number, time in enumerate(times))


async def test_a_queue_that_nobody_polls_is_an_error_with_its_name(
    temporal: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "PATIENCE", timedelta(seconds=3))

    def run_alone(_: ConnectionQueues, worker: Worker, run: Callable[[Worker], Any]) -> Any:
        return run(worker)

    monkeypatch.setattr(ConnectionQueues, "run_beside", run_alone)
    async with (
        ScriptedServer([Reply.json({})]) as server,
        running(temporal, **limited(server.url, 600)) as runner,
    ):
        handle = await runner.start(GET_EACH_ORDER, 1)
        status = await asyncio.wait_for(waiting(handle), 10)
        outcome = await runner.run(GET_EACH_ORDER, 1)
    assert "in the queue, for its turn or for a worker" in str(status)
    assert outcome.problem["error"] == "WorkerMissing"
    assert f"no worker polls the task queue {runner.task_queue}/shop" in outcome.problem["detail"]
    assert server.requests == []


async def waiting(handle: Any) -> Any:
    while True:
        status = await fetch_status(handle)
        for task in status.tasks:
            if task.name == "get" and task.state == "waiting":
                return task
        await asyncio.sleep(0.1)


async def test_a_long_queue_is_waited_for(
    temporal: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "PATIENCE", timedelta(seconds=1))
    async with (
        ScriptedServer([Reply.json({})]) as server,
        running(temporal, **limited(server.url, 300)) as runner,
    ):
        outcome = await runner.run(GET_EACH_ORDER, 20)

    assert outcome.output == 20
    assert len(server.requests) == 20


async def test_all_workers_of_a_task_queue_share_a_limit(temporal: WorkflowEnvironment) -> None:
    async with (
        ScriptedServer([Reply.json({})]) as server,
        running(temporal, **limited(server.url, 600)) as runner,
    ):
        other = HttpTaskPlugin(allow_inline=True, **limited(server.url, 600))
        client = await Client.connect(temporal.client.service_client.config.target_host, plugins=[other])
        started = time.monotonic()
        async with Worker(client, task_queue=runner.task_queue):
            outcome = await runner.run(GET_EACH_ORDER, 40)
        assert time.monotonic() - started >= 2.4

    assert outcome.output == 40


class Allowance:
    """A server's limit: a bucket that fills with so many requests a second."""

    def __init__(self, per_second: float, burst: float) -> None:
        self.per_second = per_second
        self.burst = self.left = burst
        self.at = time.monotonic()

    def take(self) -> bool:
        now = time.monotonic()
        self.left = min(self.burst, self.left + (now - self.at) * self.per_second)
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


@pytest.mark.long
async def test_storm_of_429(fewer: Callable[[int], int]) -> None:
    """Many calls at once against a server that allows 20 a second."""
    calls = fewer(500)
    allowance = Allowance(20, 20)
    asked: list[float] = []

    def answer(_: ServedRequest) -> Reply:
        asked.append(time.monotonic())
        return Reply.json({}) if allowance.take() else Reply.status(429, retry_after=1)

    async with (
        temporal_server() as environment,
        ScriptedServer(answer) as server,
        running(environment, **limited(server.url, 1200)) as runner,
    ):
        outcome = await runner.run(GET_EACH_ORDER, calls)
    took = asked[-1] - asked[0]  # a run begins later where the machine is busy
    print(f"{len(server.requests)} requests in {took:.1f} s")
    assert outcome.output == calls
    assert len(server.requests) <= 1.2 * calls
    assert took <= 1.3 * calls / 20 + 5  # of a busy machine
