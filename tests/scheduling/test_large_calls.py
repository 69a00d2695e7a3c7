"""Calls of Python workflows that Temporal would choke on: the right result or a typed error, and no run lost."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer

from httptask.testing import Reply, ScriptedServer
from support.chat import calling
from support.cluster import events_of
from support.connections import local_connection
from support.large_calls import KeepsMany, SendsManyAtOnce, SendsNoJson, SendsTooMuch, keep
from support.runs import Runner, running

WORKFLOWS = [KeepsMany, SendsManyAtOnce, SendsNoJson, SendsTooMuch]
SECONDS = 30


@pytest_asyncio.fixture(loop_scope="session")
async def server() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer(lambda request: Reply.json({"n": request.json()["n"]})) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session")
async def runner(temporal: WorkflowEnvironment, server: ScriptedServer) -> AsyncIterator[Runner]:
    connections = {name: local_connection(name, server.url) for name in ("openai", "shop")}
    worker = {"workflows": WORKFLOWS, "activities": [keep]}
    async with running(temporal, connections=connections, worker=worker) as found:
        yield found


async def run(runner: Runner, workflow: Any, *arguments: Any) -> tuple[Any, WorkflowHandle[Any, Any]]:
    """Run and replay; the run has to end by itself, soon."""
    handle: WorkflowHandle[Any, Any] = await runner.client.start_workflow(
        workflow.run, args=arguments, id=f"py-{runner.task_queue}", task_queue=runner.task_queue
    )
    async with asyncio.timeout(SECONDS):
        result = await handle.result()
    history = await handle.fetch_history()
    await Replayer(workflows=WORKFLOWS, plugins=[runner.plugin]).replay_workflow(history)
    return result, handle


async def most_scheduled_at_once(handle: WorkflowHandle[Any, Any]) -> int:
    scheduled = await events_of(handle, "activity_task_scheduled")
    by_task = Counter(
        event.activity_task_scheduled_event_attributes.workflow_task_completed_event_id for event in scheduled
    )
    return max(by_task.values())


async def test_what_temporal_does_not_carry_is_an_error_that_can_be_caught(
    runner: Runner, server: ScriptedServer
) -> None:
    told, _ = await run(runner, SendsTooMuch)

    too_large = (
        "bytes, more than the 1,900,000 that Temporal carries; send a part of it, or a reference to it"
    )
    assert [too_large in message for message in told] == [True, True, False]
    assert "half of a surrogate pair" in told[2]
    assert server.requests == []


async def test_many_large_calls_at_once_wait_for_their_turn(runner: Runner, server: ScriptedServer) -> None:
    count, size = 40, 200_000
    numbers, handle = await run(runner, SendsManyAtOnce, count, size)

    assert numbers == list(range(count))
    assert len(server.requests) == count
    assert await most_scheduled_at_once(handle) * size < 2_000_000


async def test_tools_wait_for_their_turn_too(runner: Runner, server: ScriptedServer) -> None:
    asked = calling(*[("keep", json.dumps({"text": f"{number}"})) for number in range(130)])
    server.script = [asked, Reply.chat("kept")]

    text, handle = await run(runner, KeepsMany)

    assert text == "kept"
    assert await most_scheduled_at_once(handle) == 100


async def test_what_json_has_no_form_for_is_refused(runner: Runner, server: ScriptedServer) -> None:
    server.script = [Reply.of()]

    told, _ = await run(runner, SendsNoJson)

    finite = "is not a finite number, and JSON has no other: send null or a text"
    assert told == [
        f"/json/a/1 {finite}",
        f"/form/n {finite}",
        f"/query/n/1 {finite}",
        "the request has no form in JSON: Unable to serialize unknown type: <class 'object'>",
        f"/temperature {finite}",
    ]
    assert [request.json() for request in server.requests] == [{"text": "NaN", "n": 1}, None]
