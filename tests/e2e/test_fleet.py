"""Workers of one task queue whose configurations differ, as they do while a new one is rolled out."""

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from httptask.plugin import AllowedActivity, fetch_status
from httptask.secrets.store import SecretSource, SecretStore
from httptask.testing import Reply, ScriptedServer
from support.cluster import has_event
from support.connections import local_connection, secret_store
from support.orders import GET_ORDERS
from support.python_workflows import Posts
from support.runs import Runner, running

MANY = """
do:
  - nap: { wait: PT1S }
  - all:
      call: map
      with:
        in: ${ [range(8)] }
        do: [{ get: { call: httpRequest, with: { method: get, connection: shop, path: /orders } } }]
"""
LATER = """
do:
  - first: { call: httpRequest, with: { method: get, connection: shop, path: /first } }
  - nap: { wait: PT1S }
  - second: { call: httpRequest, with: { method: get, connection: shop, path: /second } }
"""
KEPT = """
use: { secrets: [KEY] }
do:
  - get: { call: httpRequest, with: { method: get, connection: shop, path: /, headers: { X-Key: "${ $secrets.KEY }" } } }
"""
ECHOES = "do: [{ ask: { call: activity, with: { type: echo, arguments: [] } } }]"


def shop(url: str) -> dict[str, Any]:
    return {"connections": {"shop": local_connection("shop", url)}}


async def a_waiting_call(handle: WorkflowHandle[Any, Any]) -> str | None:
    async with asyncio.timeout(20):
        while True:
            for task in (await fetch_status(handle)).tasks:
                if task.state == "waiting" and task.last_failure is not None:
                    return task.last_failure
            await asyncio.sleep(0.1)


async def ended(runner: Runner, handle: WorkflowHandle[Any, Any]) -> Any:
    async with asyncio.timeout(40):
        output = await handle.result()
    await runner.replay(handle)
    return output


async def test_calls_that_land_beside_their_connection_end_well(temporal: WorkflowEnvironment) -> None:
    spread: Any = {"worker": {"disable_eager_activity_execution": True}}  # or the run's own worker takes them
    async with (
        ScriptedServer([Reply.json(1)]) as server,
        running(temporal, **spread, **shop(server.url)) as new,
    ):
        handles = [await new.start(MANY) for _ in range(2)]
        for handle in handles:
            await has_event(handle, "timer_started")
        async with (  # most have the connection: of many calls one would else miss it for longer than a test waits
            running(temporal, connections={}, task_queue=new.task_queue),
            running(temporal, task_queue=new.task_queue, **spread, **shop(server.url)),
        ):
            outputs = [await ended(new, handle) for handle in handles]

    assert outputs == [[1] * 8] * 2
    assert len(server.requests) == 16


async def test_a_call_that_only_an_old_worker_can_take_waits_and_says_why(
    temporal: WorkflowEnvironment,
) -> None:
    async with ScriptedServer([Reply.json(1)]) as server:
        async with running(temporal, **shop(server.url)) as new:
            handle = await new.start(LATER)
            await has_event(handle, "timer_started")
        with capture_logs() as lines:
            async with running(temporal, connections={}, task_queue=new.task_queue):
                why = await a_waiting_call(handle)
        async with running(temporal, task_queue=new.task_queue, **shop(server.url)) as another:
            assert await ended(another, handle) == 1

    assert why is not None
    assert why.startswith("there is no connection shop on this worker")
    assert why.endswith("nothing was sent, and it is left to another worker")
    assert [request.target for request in server.requests] == ["/first", "/second"]
    [line] = [line for line in lines if line["event"] == "call.left_to_another_worker"]
    assert (line["log_level"], line["error"]) == ("warning", "ConnectionUnknown")


async def test_a_call_is_left_to_a_worker_that_has_its_secret(temporal: WorkflowEnvironment) -> None:
    undeclared = SecretStore({}, {})
    valueless = SecretStore({"KEY": SecretSource(name="KEY", environment="KEY")}, {})
    async with ScriptedServer([Reply.json(1)]) as server:
        async with (
            running(temporal, secrets=undeclared, **shop(server.url)) as old,
            running(temporal, secrets=valueless, task_queue=old.task_queue, **shop(server.url)),
        ):
            handle = await old.start(KEPT)
            why = await a_waiting_call(handle)
        keeps = {"secrets": secret_store({"KEY": "key-0123456789"}), **shop(server.url)}
        async with running(temporal, task_queue=old.task_queue, **keeps) as new:
            assert await ended(new, handle) == 1

    assert why is not None
    assert "the secret KEY" in why
    assert [request.headers["x-key"] for request in server.requests] == ["key-0123456789"]


@pytest.mark.long
async def test_what_begins_on_an_old_worker_waits_for_a_new_one(temporal: WorkflowEnvironment) -> None:
    """Runs of definitions, with a connection or an activity that is new, and workflows in Python."""
    python: Any = {"worker": {"workflows": [Posts]}}
    async with ScriptedServer([Reply.json({"id": 7})]) as server:
        async with running(temporal, connections={}, **python) as old:
            gets, echoes = await old.start(GET_ORDERS), await old.start(ECHOES)
            posts = await old.client.start_workflow(
                Posts.run, id=f"py-{old.task_queue}", task_queue=old.task_queue
            )
            failures = [
                (await has_event(handle, "workflow_task_failed")).workflow_task_failed_event_attributes
                for handle in (gets, echoes, posts)
            ]
        allows = {"allowed_activities": [AllowedActivity(name="echo")], **shop(server.url), **python}
        async with running(temporal, task_queue=old.task_queue, **allows) as new:
            assert await ended(new, gets) == {"id": 7}
            assert await posts.result() == "posted 7"
            await has_event(echoes, "activity_task_scheduled")
            await echoes.terminate()

    unknown = "there is no connection shop on this worker (known: none)"
    refused = "the activity echo may not be called"
    assert [failed.failure.message.partition(":")[0] for failed in failures] == [
        unknown.partition(":")[0],
        refused,
        unknown.partition(":")[0],
    ]


async def test_two_servers_under_one_name_are_told(temporal: WorkflowEnvironment) -> None:
    async with ScriptedServer([Reply.json(1)]) as first, ScriptedServer([Reply.json(2)]) as second:
        async with running(temporal, **shop(first.url)) as old:
            handle = await old.start(LATER)
            await has_event(handle, "timer_started")
        with capture_logs() as lines:
            async with running(temporal, task_queue=old.task_queue, **shop(second.url)) as new:
                assert await ended(new, handle) == 2

    [line] = [line for line in lines if line["event"] == "connection.differs"]
    assert line == {
        "event": "connection.differs",
        "log_level": "warning",
        "connection": "shop",
        "here": second.url,
        "elsewhere": first.url,
    }
