"""A test request that is cancelled leaves no call behind, or says that it may have."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from temporalio import activity
from temporalio.client import (
    ActivityExecutionStatus,
    ActivityHandle,
    Client,
    Interceptor,
    OutboundInterceptor,
    StartActivityInput,
)
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from httptask.activities.names import HTTP_REQUEST
from httptask.dsl.compile import compile_definition
from httptask.testing import Reply, ScriptedServer
from httptask.testrequest import PlannedRequest, Sample, StillRunning, plan_request, send_once
from httptask.testrequest.outcome import Outcome
from support.connections import local_connection
from support.definitions import parse
from support.runs import Runner, running

DEFINITION = """
do:
  - tell: { call: httpRequest, with: { method: get, connection: pager, path: / } }
"""


def planned() -> PlannedRequest:
    program = compile_definition(parse(DEFINITION)).program
    assert program is not None
    return plan_request(program, "tell", Sample())


@pytest_asyncio.fixture(loop_scope="session")
async def server() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer([Reply.silence()]) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session")
async def runner(temporal: WorkflowEnvironment, server: ScriptedServer) -> AsyncIterator[Runner]:
    async with running(temporal, connections={"pager": local_connection("pager", server.url)}) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session", params=["it beats", "it does not"])
async def deaf(temporal: WorkflowEnvironment, request: pytest.FixtureRequest) -> AsyncIterator[asyncio.Event]:
    """Serve the queue `deaf` with calls that do not hear that they are cancelled; set once one has begun."""
    begun, over = asyncio.Event(), asyncio.Event()

    @activity.defn(name=HTTP_REQUEST)
    async def goes_on(_: Any) -> None:
        begun.set()
        while not over.is_set():
            if request.param == "it beats":
                activity.heartbeat()
            with suppress(asyncio.CancelledError, TimeoutError):
                await asyncio.wait_for(over.wait(), 0.3)

    async with Worker(temporal.client, task_queue="deaf", activities=[goes_on]):
        yield begun
        over.set()


async def test_a_test_request_that_is_cancelled_ends_its_call(runner: Runner, server: ScriptedServer) -> None:
    request = planned()
    sending = asyncio.create_task(send_once(runner.client, runner.task_queue, request))
    await server.requests_received(1)

    sending.cancel()

    async with asyncio.timeout(4):
        await server.client_left()
    with pytest.raises(asyncio.CancelledError):
        await sending
    description = await runner.client.get_activity_handle(request.call.id).describe()
    assert description.status is ActivityExecutionStatus.CANCELED


class Held(Interceptor, OutboundInterceptor):
    """Keeps back what Temporal says to the start of a call: nothing but the call itself is told before `told` is set."""

    def __init__(self) -> None:
        self.taken, self.told = asyncio.Event(), asyncio.Event()

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:  # noqa: A002 - as the SDK has it
        self.next = next
        return self

    async def start_activity(self, input: StartActivityInput) -> ActivityHandle[Any]:  # noqa: A002
        handle = await self.next.start_activity(input)
        self.taken.set()
        await self.told.wait()
        return handle


async def test_a_test_request_that_is_cancelled_while_it_begins_ends_its_call(
    runner: Runner, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Held()
    config = runner.client.config()
    config["interceptors"] = [held]
    client = Client(**config)

    async def cancelled() -> asyncio.Task[Outcome]:
        held.taken.clear()
        sending = asyncio.create_task(send_once(client, runner.task_queue, planned()))
        await held.taken.wait()
        sending.cancel()
        return sending

    sending = await cancelled()
    await server.requests_received(1)
    held.told.set()
    async with asyncio.timeout(4):
        await server.client_left()
    with pytest.raises(asyncio.CancelledError):
        await sending

    held.told.clear()
    monkeypatch.setattr("httptask.testrequest.execution._PARTING_TIME", timedelta(seconds=0.1))
    with pytest.raises(StillRunning, match="may still be running"):
        await (await cancelled())


async def test_a_call_that_does_not_hear_of_it_may_still_be_running(
    runner: Runner, deaf: asyncio.Event
) -> None:
    request = planned()
    sending = asyncio.create_task(send_once(runner.client, "deaf", request))
    await deaf.wait()

    sending.cancel()

    with pytest.raises(StillRunning, match="may still be running"):
        await sending
    description = await runner.client.get_activity_handle(request.call.id).describe()
    assert description.status in (ActivityExecutionStatus.TERMINATED, ActivityExecutionStatus.TIMED_OUT)
