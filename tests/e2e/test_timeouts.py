"""Timeouts that pass while a call is on its way: the run ends in time, and so does the call."""

import asyncio
import gc
from typing import Any

import pytest
from temporalio import activity
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ApplicationError, CancelledError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from httptask.activities.names import HTTP_REQUEST
from httptask.http.errors import Postponed
from httptask.resilience.circuit_breaker import CircuitBreaker
from httptask.scheduling import deadlines
from httptask.testing import Reply, ScriptedServer
from support.cluster import has_event
from support.connections import local_connection
from support.runs import running

TASK = """
do:
  - ask:
      call: httpRequest
      with: { method: post, connection: shop, path: /x, body: {} }
      timeout: { after: { milliseconds: 900 } }
"""
WORKFLOW = """
timeout: { after: { milliseconds: 900 } }
do: [{ ask: { call: httpRequest, with: { method: post, connection: shop, path: /x, body: {} } } }]
"""
ITEMS = """
do:
  - all:
      call: map
      with:
        in: ${ [1, 2, 3] }
        concurrency: 3
        do: [{ ask: { call: httpRequest, with: { method: post, connection: shop, path: /x, body: {} } } }]
      timeout: { after: { milliseconds: 900 } }
"""


@pytest.mark.parametrize(
    ("definition", "instance", "calls"),
    [
        pytest.param(TASK, "/do/0/ask", 1, id="task"),
        pytest.param(WORKFLOW, "", 1, id="workflow"),
        pytest.param(ITEMS, "/do/0/all", 3, id="map"),
    ],
)
async def test_timeout_during_a_call(
    temporal: WorkflowEnvironment, definition: str, instance: str, calls: int
) -> None:
    async with ScriptedServer([Reply.silence()]) as server:
        shop = {"shop": local_connection("shop", server.url)}
        async with running(temporal, connections=shop) as runner, asyncio.timeout(20):
            outcome = await runner.run(definition)
            await server.client_left()

    assert (outcome.problem["status"], outcome.problem["instance"]) == (408, instance)
    assert len(server.requests) <= calls


SHORT, LONG = "timeout: { after: { seconds: 3 } }", "timeout: { after: { seconds: 60 } }"
OF_TASK = f"""
do: [{{ ask: {{ call: httpRequest, with: {{ method: get, connection: shop, path: /x }}, {SHORT} }} }}]
"""
OF_WORKFLOW = f"""
{SHORT}
do: [{{ ask: {{ call: httpRequest, with: {{ method: get, connection: shop, path: /x }} }} }}]
"""
OF_MAP = f"""
do:
  - all:
      call: map
      with:
        in: ${{ [1] }}
        onError: collect
        do: [{{ ask: {{ call: httpRequest, with: {{ method: get, connection: shop, path: /x }} }} }}]
      {SHORT}
"""


@pytest.mark.parametrize(
    ("definition", "whose"),
    [
        pytest.param(OF_TASK, "task", id="task"),
        pytest.param(OF_WORKFLOW, "workflow", id="workflow"),
        pytest.param(OF_MAP, "task", id="map"),
    ],
)
async def test_a_wait_beyond_the_timeout_fails_at_once_and_says_why(
    temporal: WorkflowEnvironment, definition: str, whose: str
) -> None:
    async with ScriptedServer([Reply.status(429, retry_after=120)]) as server:
        shop = {"shop": local_connection("shop", server.url)}
        async with running(temporal, connections=shop) as runner, asyncio.timeout(20):
            outcome = await runner.run(definition.replace(SHORT, LONG))

    problem = outcome.problem or outcome.output[0]["error"]
    assert (problem["status"], problem["error"]) == (429, "RateLimited")
    assert problem["detail"].startswith("429 from ")
    assert problem["detail"].endswith(
        f"; not tried again: the 120 s that it asks to wait are more than the timeout of the {whose} leaves"
    )
    assert len(server.requests) == 1


async def test_the_failure_before_a_timeout_is_told(
    temporal: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The call's own end and the task's are told to the run together, if it is slow to hear of the first.
    monkeypatch.setattr(deadlines, "_AHEAD", 0.7)
    async with ScriptedServer([Reply.status(503), Reply.silence()]) as server:
        shop = {"shop": local_connection("shop", server.url)}
        async with running(temporal, connections=shop) as runner, asyncio.timeout(20):
            outcome = await runner.run(OF_TASK)

    assert outcome.problem["title"] == "Timed out"
    assert outcome.problem["instance"] == "/do/0/ask"
    assert "did not end within its timeout; the last that is known: 503 from" in outcome.problem["detail"]


async def test_a_failure_that_comes_with_the_timeout_is_not_lost(
    temporal: WorkflowEnvironment, caplog: pytest.LogCaptureFixture
) -> None:
    queue = "timeouts-at-once"
    shop = {"shop": local_connection("shop", "http://127.0.0.1:9")}
    not_for_calls = {"no_remote_activities": True, "max_cached_workflows": 0}
    async with running(temporal, worker=not_for_calls, task_queue=queue, connections=shop) as runner:
        handle = await runner.start(TASK)
        await has_event(handle, "activity_task_scheduled")
    await has_event(handle, "activity_task_timed_out")
    await has_event(handle, "timer_fired")
    async with running(temporal, worker=not_for_calls, task_queue=queue, connections=shop) as runner:
        with pytest.raises(WorkflowFailureError) as failed:
            await handle.result()
        await runner.replay(handle)
    assert "did not end within its timeout" in str(failed.value.cause)
    gc.collect()
    assert "never retrieved" not in caplog.text


async def test_a_policys_wait_beyond_the_timeout_ends_in_the_failure(temporal: WorkflowEnvironment) -> None:
    async with ScriptedServer([Reply.status(503)]) as server:
        shop = {"shop": local_connection("shop", server.url)}
        async with running(temporal, connections=shop) as runner, asyncio.timeout(20):
            outcome = await runner.run(OF_TASK)

    assert outcome.problem["status"] == 503
    assert outcome.problem["detail"].endswith("another attempt would come after the timeout of the task")
    assert len(server.requests) == 2


async def test_a_call_put_off_beyond_the_timeout_ends_as_timed_out(temporal: WorkflowEnvironment) -> None:
    def refuse(*_: object) -> bool:
        raise Postponed("nothing is sent to it for the moment", retry_after=20)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CircuitBreaker, "_admit", refuse)
        async with ScriptedServer([Reply.json({})]) as server:
            shop = {"shop": local_connection("shop", server.url)}
            async with running(temporal, connections=shop) as runner, asyncio.timeout(20):
                outcome = await runner.run(OF_TASK)

    assert outcome.problem["title"] == "Timed out"
    assert outcome.problem["detail"].endswith(
        "; the last that is known: nothing is sent to it for the moment"
    )


async def test_what_ends_with_its_timeout_leaves_no_error_in_the_log(
    temporal: WorkflowEnvironment, caplog: pytest.LogCaptureFixture
) -> None:
    """A worker that was away learns of both together, and takes up the end."""
    queue, uncached = "ends-at-once", {"max_cached_workflows": 0}
    rest = "do: [{ rest: { wait: { milliseconds: 1000 }, timeout: { after: { milliseconds: 900 } } } }]"
    async with running(temporal, worker=uncached, task_queue=queue) as runner:
        handle = await runner.start(rest)
        await has_event(handle, "timer_started")
    await has_event(handle, "timer_fired", lambda event: event.timer_fired_event_attributes.timer_id == "2")
    async with running(temporal, worker=uncached, task_queue=queue) as runner:
        assert await handle.result() is None
        await runner.replay(handle)
    assert "Exception in callback" not in caplog.text


UNBOUND = "do: [{ ask: { call: httpRequest, with: { method: post, connection: shop, path: /x, body: {} } } }]"


async def test_a_failure_that_comes_with_a_cancellation_is_no_error_of_the_worker(
    temporal: WorkflowEnvironment, caplog: pytest.LogCaptureFixture
) -> None:
    queue, over = "cancelled-at-once", asyncio.Event()
    not_for_calls = {"no_remote_activities": True, "max_cached_workflows": 0}

    @activity.defn(name=HTTP_REQUEST)
    async def fails(_: Any) -> None:
        await over.wait()
        raise ApplicationError("no", non_retryable=True)

    shop = {"shop": local_connection("shop", "http://127.0.0.1:9")}
    served: dict[str, Any] = {"worker": not_for_calls, "task_queue": queue, "connections": shop}
    async with asyncio.timeout(60), Worker(temporal.client, task_queue=queue, activities=[fails]):
        async with running(temporal, **served) as runner:
            handle = await runner.start(UNBOUND)
            await has_event(handle, "activity_task_scheduled")
        over.set()
        await has_event(handle, "activity_task_failed")
    await handle.cancel()
    async with running(temporal, **served) as runner:
        with pytest.raises(WorkflowFailureError) as ended:
            await handle.result()
        await runner.replay(handle)
    assert isinstance(ended.value.cause, CancelledError)
    gc.collect()
    assert "never retrieved" not in caplog.text
