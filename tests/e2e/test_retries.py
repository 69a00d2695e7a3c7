"""Calls that fail first: how often, when, and with which key they are made again."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Any

from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from httptask.interpreter.status import STATUS_QUERY, TaskStatus
from httptask.plugin import fetch_status
from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.connections import local_connection, secret_store
from support.runs import Runner, running, skipping_time

ASKS = """
do:
  - ask:
      call: chatCompletion
      with: { model: m, messages: [{ role: user, content: "${ .question }" }] }
      output: { as: "${ { text, tokens: .usage.total_tokens } }" }
"""
POSTS = """
do: [{ post: { call: httpRequest, with: { method: post, connection: orders, path: /orders, body: { n: 1 } } } }]
"""


def model_at(server: ScriptedServer) -> dict[str, Any]:
    """The options of a worker whose `openai` is that server."""
    openai = local_connection(
        "openai", f"{server.url}/v1", authentication={"bearer": {"token": "$secrets.OPENAI_API_KEY"}}
    )
    return {"connections": {"openai": openai}, "secrets": secret_store({"OPENAI_API_KEY": "sk-0123456789"})}


async def test_rate_limit_then_outage_then_answer(temporal: WorkflowEnvironment) -> None:
    replies = iter([Reply.status(429, retry_after=2), Reply.status(503), Reply.chat("42")])
    times: list[float] = []

    def answer(_request: ServedRequest) -> Reply:
        times.append(time.monotonic())
        return next(replies)

    async with ScriptedServer(answer) as server, running(temporal, **model_at(server)) as runner:
        handle = await runner.start(ASKS, {"question": "?"})
        await server.requests_received(1)
        waiting = await state_of_task(handle, "waiting")
        [told] = (await handle.query(STATUS_QUERY))["tasks"]
        output = await handle.result()
        await runner.replay(handle)

    assert told["state"] == "running"
    assert told.keys().isdisjoint(
        {"attempt", "max_attempts", "last_failure", "next_attempt_at", "retry_after"}
    )
    assert output == {"text": "42", "tokens": 10}
    assert len(server.requests) == 3
    assert len({request.headers["idempotency-key"] for request in server.requests}) == 1
    assert len({request.body for request in server.requests}) == 1
    assert times[1] - times[0] >= 2
    assert times[2] - times[1] >= 1  # no Retry-After: the policy's own wait
    assert (waiting.attempt, waiting.max_attempts) == (2, 5)
    assert waiting.last_failure is not None
    assert "429" in waiting.last_failure
    assert waiting.next_attempt_at is not None
    assert (
        0 < (waiting.next_attempt_at - datetime.now(UTC)).total_seconds() + (time.monotonic() - times[0]) < 4
    )


async def state_of_task(handle: WorkflowHandle[Any, Any], state: str) -> TaskStatus:
    """The run's only task, as soon as it is in that state."""
    async with asyncio.timeout(10):
        while True:
            status = await fetch_status(handle)
            if status.tasks and status.tasks[0].state == state:
                return status.tasks[0]
            await asyncio.sleep(0.05)


async def test_server_that_hangs_up_after_the_whole_request_gets_one_per_attempt(
    temporal: WorkflowEnvironment,
) -> None:
    orders = {}
    async with ScriptedServer([Reply.hang_up()]) as server:
        orders["orders"] = local_connection("orders", server.url)
        async with running(skipping_time(temporal), connections=orders) as runner:
            outcome = await runner.run(POSTS)
            attempts = await attempts_of(runner, outcome.handle)

    assert outcome.problem["error"] == "ResponseInterrupted"
    assert attempts == len(server.requests) == 5
    assert server.connections == 5
    assert len({request.headers["idempotency-key"] for request in server.requests}) == 1


async def attempts_of(runner: Runner, handle: WorkflowHandle[Any, Any]) -> int:
    """How many attempts the run's only activity had."""
    history = await runner.client.get_workflow_handle(handle.id).fetch_history()
    [started] = [
        event for event in history.events if event.HasField("activity_task_started_event_attributes")
    ]
    return started.activity_task_started_event_attributes.attempt


async def test_server_that_hangs_up_once_costs_one_more_attempt(temporal: WorkflowEnvironment) -> None:
    orders = {}
    async with ScriptedServer([Reply.hang_up(), Reply.json({"id": 7})]) as server:
        orders["orders"] = local_connection("orders", server.url)
        async with running(temporal, connections=orders) as runner:
            outcome = await runner.run(POSTS)

    assert outcome.output == {"id": 7}
    assert len(server.requests) == 2
    assert len({request.headers["idempotency-key"] for request in server.requests}) == 1


async def test_quota_is_not_asked_for_twice(temporal: WorkflowEnvironment) -> None:
    spent = Reply.json({"error": {"code": "insufficient_quota", "message": "no credit"}}, status=429)
    async with ScriptedServer([spent]) as server, running(temporal, **model_at(server)) as runner:
        outcome = await runner.run(ASKS, {"question": "?"})

    assert outcome.problem["error"] == "QuotaExhausted"
    assert len(server.requests) == 1
