"""What Temporal paused is told as paused, by every way to look at a run; nothing else is blamed for it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import (
    PauseActivityRequest,
    PauseWorkflowExecutionRequest,
    UnpauseActivityRequest,
)
from temporalio.client import Client, WorkflowFailureError
from temporalio.testing import WorkflowEnvironment

from httptask.plugin import fetch_status
from httptask.resilience.retry import Retry
from httptask.runs import pausing
from httptask.runs.ending import end_run
from httptask.runs.executions import describe
from httptask.runs.history import read_run
from httptask.runs.pausing import CannotPause
from httptask.runs.records import latest_runs
from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.connections import local_connection
from support.runs import Runner, running, temporal_server

NAP = "do: [{ nap: { wait: { minutes: 10 } } }]"
GET = "do: [{ get: { call: httpRequest, with: { method: get, connection: shop, path: /x } } }]"


@pytest.fixture
def arrived() -> asyncio.Event:
    return asyncio.Event()


@pytest_asyncio.fixture(loop_scope="session")
async def server(arrived: asyncio.Event) -> AsyncIterator[ScriptedServer]:
    async def hold(_: ServedRequest) -> Reply:
        arrived.set()
        await asyncio.sleep(60)
        return Reply.json({})

    async with ScriptedServer(hold) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session")
async def runner(server: ScriptedServer) -> AsyncIterator[Runner]:
    connections = {"shop": local_connection("shop", server.url, retry=Retry(attempts=1))}
    async with (
        temporal_server("--dynamic-config-value", "frontend.WorkflowPauseEnabled=true") as environment,
        running(environment, connections=connections) as found,
    ):
        yield found


async def pause_run(client: Client, id_: str) -> None:
    await client.workflow_service.pause_workflow_execution(
        PauseWorkflowExecutionRequest(
            namespace=client.namespace, workflow_id=id_, identity="ann", reason="lunch", request_id=id_
        )
    )


async def until(state: str, client: Client, id_: str) -> Any:
    async with asyncio.timeout(20):
        while True:
            record = await read_run(client, id_)
            if record.tasks and record.tasks[0].state == state:
                return record
            await asyncio.sleep(0.1)


async def until_listed(client: Client, states: dict[str, str]) -> None:
    """Wait until the list says so: Temporal's lists are behind for some moments."""
    async with asyncio.timeout(20):
        while {run.id: run.state for run in await latest_runs(client, len(states))} != states:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def cut_off(client: Client, id_: str) -> tuple[str | None, str]:
    """What is told of an attempt that a pause cut off."""
    async with asyncio.timeout(20):
        while True:
            [call] = (await read_run(client, id_)).tasks[0].calls
            if call.earlier_failure is not None:
                return call.earlier_failure.type, call.earlier_failure.message
            await asyncio.sleep(0.1)


async def test_a_paused_run(runner: Runner) -> None:
    client = runner.client
    handle = await runner.start(NAP)
    await until("waiting", client, handle.id)
    known = await fetch_status(handle)
    await pause_run(client, handle.id)

    record = await read_run(client, handle.id)
    assert (record.state, record.pause, record.ended_at) == ("paused", "paused by ann: lunch", None)
    await until_listed(client, {handle.id: "paused"})
    status = await fetch_status(handle, known)
    assert (status.state, status.tasks) == ("paused", known.tasks)
    ending = await end_run(client, handle.id, terminate=False)
    assert (ending.state, ending.reason) == ("paused", "paused by ann: lunch")
    ending = await end_run(client, handle.id, terminate=True)
    assert (ending.state, ending.reason) == ("terminated", "paused by ann: lunch")


async def test_a_run_pauses_and_goes_on(runner: Runner) -> None:
    handle = await runner.start(NAP)
    await pausing.pause_run(runner.client, handle.id, "the shop is down")
    paused = await describe(runner.client, handle.id)
    assert (paused.state, str(paused.pause).endswith(": the shop is down")) == ("paused", True)
    with pytest.raises(CannotPause, match=f"{handle.id}: workflow is already paused"):
        await pausing.pause_run(runner.client, handle.id)
    await pausing.resume_run(runner.client, handle.id)
    assert (await describe(runner.client, handle.id)).state == "running"
    with pytest.raises(CannotPause, match=f"{handle.id}: workflow is not paused"):
        await pausing.resume_run(runner.client, handle.id)
    await handle.terminate()
    with pytest.raises(CannotPause, match=f"{handle.id} has ended"):
        await pausing.pause_run(runner.client, handle.id)


async def test_a_server_that_pauses_no_runs(temporal: WorkflowEnvironment) -> None:
    with pytest.raises(CannotPause, match="this Temporal server pauses no runs") as refused:
        await pausing.pause_run(temporal.client, "any")
    assert "frontend.WorkflowPauseEnabled=true" in str(refused.value.hint)


async def test_an_ended_run_is_none_of_those_that_are_open(runner: Runner) -> None:
    ended = await runner.run("do: [{ one: { set: { a: 1 } } }]")
    opened = await runner.start(NAP)
    await pause_run(runner.client, opened.id)
    states = {ended.handle.id: "completed", opened.id: "paused"}
    await until_listed(runner.client, states)
    assert {run.id: run.state for run in await latest_runs(runner.client, len(states))} == states


async def test_a_paused_call_and_the_error_after_it(
    runner: Runner, server: ScriptedServer, arrived: asyncio.Event
) -> None:
    client = runner.client
    handle = await runner.start(GET)
    async with asyncio.timeout(20):
        await arrived.wait()
    execution = WorkflowExecution(workflow_id=handle.id)
    await client.workflow_service.pause_activity(
        PauseActivityRequest(
            namespace=client.namespace, execution=execution, id="get", identity="bob", reason="tea"
        )
    )
    record = await until("paused", client, handle.id)
    [task] = record.tasks
    assert task.detail == "paused by bob: tea"
    [task] = (await fetch_status(handle)).tasks
    assert (task.state, task.detail) == ("paused", "paused by bob: tea")

    assert await cut_off(client, handle.id) == ("Paused", "the attempt was cut off when it was paused")
    await client.workflow_service.unpause_activity(
        UnpauseActivityRequest(namespace=client.namespace, execution=execution, id="get")
    )
    with pytest.raises(WorkflowFailureError):
        await asyncio.wait_for(handle.result(), 20)
    record = await read_run(client, handle.id)
    assert record.failure is not None
    assert record.failure.message.endswith(
        "none of 1 attempts came to an end: the last was cut off when it was paused"
    )
    assert len(server.requests) == 1
