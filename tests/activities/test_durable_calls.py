"""The activities on a real Temporal server, against a real provider on loopback."""

import asyncio
import logging
import shutil
import sysconfig
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import pytest
from temporalio import workflow
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.common import RetryPolicy
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ActivityError, ApplicationError, CancelledError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner, Worker

from httptask.activities import names
from httptask.activities.calls import HttpActivities
from httptask.activities.configuration_activities import yield_control
from httptask.chat.models import ChatRequest, Completion, Usage
from httptask.client.edge import Edge
from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.chat import QUESTION
from support.connections import local_connection, secret_store

KEY = "sk-sentinel-0123456789"
ANSWER = {"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}], "usage": {"total_tokens": 3}}


@workflow.defn
class AskOnce:
    """Asks for one completion, after giving way once."""

    @workflow.run
    async def run(self, request: ChatRequest) -> Completion:
        await workflow.execute_local_activity(yield_control, start_to_close_timeout=timedelta(seconds=5))
        completion: Completion = await workflow.execute_activity(
            names.CHAT_COMPLETION,
            request,
            result_type=Completion,
            start_to_close_timeout=timedelta(seconds=30),
            heartbeat_timeout=timedelta(seconds=3),
            retry_policy=RetryPolicy(initial_interval=timedelta(milliseconds=1), maximum_attempts=3),
        )
        return completion


@dataclass(frozen=True)
class Bench:
    """A Temporal client, and the queue that a worker with the activities polls."""

    client: Client
    task_queue: str

    async def start(self, request: ChatRequest) -> WorkflowHandle[AskOnce, Completion]:
        return await self.client.start_workflow(
            AskOnce.run, request, id=f"ask-{uuid4().hex}", task_queue=self.task_queue
        )


@asynccontextmanager
async def bench(edge: Edge) -> AsyncGenerator[Bench]:
    activities = HttpActivities(lambda: edge)
    async with (
        await WorkflowEnvironment.start_local(
            data_converter=pydantic_data_converter,
            dev_server_existing_path=shutil.which("temporal", path=sysconfig.get_path("scripts")),
            dev_server_log_level="error",
            # Without it the server retries no sooner than after a second.
            dev_server_extra_args=["--dynamic-config-value", 'history.timerProcessorMaxTimeShift="10ms"'],
        ) as server,
        Worker(
            server.client,
            task_queue="calls",
            workflows=[AskOnce],
            activities=[activities.http_request, activities.chat_completion, yield_control],
            workflow_runner=UnsandboxedWorkflowRunner(),
            max_heartbeat_throttle_interval=timedelta(seconds=1),
        ),
    ):
        yield Bench(server.client, "calls")
    await edge.aclose()


def edge_to(base_url: str, key: str = KEY) -> Edge:
    bearer = {"bearer": {"token": "$secrets.OPENAI_API_KEY"}}
    openai = local_connection("openai", base_url, authentication=bearer)
    return Edge({"openai": openai}, secret_store({"OPENAI_API_KEY": key}))


async def replayed(handle: WorkflowHandle[AskOnce, Completion]) -> str:
    """Replay a run, and give its exported history."""
    history = await handle.fetch_history()
    replayer = Replayer(
        workflows=[AskOnce],
        data_converter=pydantic_data_converter,
        workflow_runner=UnsandboxedWorkflowRunner(),
    )
    await replayer.replay_workflow(history)
    return history.to_json()


async def failure_of(handle: WorkflowHandle[AskOnce, Completion]) -> ApplicationError:
    with pytest.raises(WorkflowFailureError) as caught:
        await handle.result()
    assert isinstance(caught.value.cause, ActivityError)
    assert isinstance(caught.value.cause.cause, ApplicationError)
    return caught.value.cause.cause


def overloaded(status: int, **headers: str) -> Reply:
    return Reply.json({"error": {"message": "busy", "type": "server_error"}}, status=status, headers=headers)


async def test_waits_as_told_and_sends_the_same_key_again() -> None:
    arrivals: list[float] = []
    replies = [overloaded(429, **{"Retry-After": "2"}), overloaded(503), Reply.json(ANSWER)]

    def script(_: ServedRequest) -> Reply:
        arrivals.append(time.monotonic())
        return replies[len(arrivals) - 1]

    async with ScriptedServer(script) as server, bench(edge_to(f"{server.url}/v1")) as temporal:
        handle = await temporal.start(ChatRequest(body=QUESTION, idempotency_key="key-1"))
        completion = await handle.result()
        assert (completion.text, completion.usage) == ("Hi", Usage(total_tokens=3))
        assert [request.target for request in server.requests] == ["/v1/chat/completions"] * 3
        assert [request.headers["idempotency-key"] for request in server.requests] == ["key-1"] * 3
        assert [request.json() for request in server.requests] == [QUESTION] * 3
        assert 2 <= arrivals[1] - arrivals[0] < 4
        assert KEY not in await replayed(handle)


async def test_a_server_that_hangs_up_gets_one_request_per_attempt() -> None:
    async with ScriptedServer([Reply.hang_up()]) as server, bench(edge_to(server.url)) as temporal:
        handle = await temporal.start(ChatRequest(body=QUESTION))
        failure = await failure_of(handle)
        assert (failure.type, failure.details[0]["attempt"]) == ("ResponseInterrupted", 3)
        assert len(server.requests) == 3
        await replayed(handle)


async def test_cancelling_closes_the_connection() -> None:
    async with ScriptedServer([Reply.silence()]) as server, bench(edge_to(server.url)) as temporal:
        handle = await temporal.start(ChatRequest(body=QUESTION))
        async with asyncio.timeout(10):
            await server.requests_received(1)
        await handle.cancel()
        async with asyncio.timeout(2):
            await server.client_left()
        with pytest.raises(WorkflowFailureError) as caught:
            await handle.result()
        assert isinstance(caught.value.cause, CancelledError)
        await replayed(handle)


def echo_credential(request: ServedRequest) -> Reply:
    message = f"Incorrect API key provided: {request.headers['authorization']}"
    return Reply.json({"error": {"message": message, "code": "invalid_api_key"}}, status=401)


async def test_the_key_is_nowhere_in_history(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    expected = [
        (f"{KEY}\n", True, "SecretUnavailable"),
        (KEY, True, "Unauthorized"),
        (KEY, False, "ConnectFailed"),
    ]
    async with ScriptedServer(echo_credential) as server:
        for key, reachable, error in expected:
            url = server.url if reachable else "http://127.0.0.1:9"
            async with bench(edge_to(url, key)) as temporal:
                handle = await temporal.start(ChatRequest(body=QUESTION))
                failure = await failure_of(handle)
                assert failure.type == error
                assert KEY not in await replayed(handle)
        assert len(server.requests) == 1
    assert KEY not in caplog.text
    assert KEY not in "".join(capfd.readouterr())


async def test_works_as_a_standalone_activity() -> None:
    async with ScriptedServer([Reply.json(ANSWER)]) as server, bench(edge_to(server.url)) as temporal:
        completion = await temporal.client.execute_activity(
            names.CHAT_COMPLETION,
            ChatRequest(body=QUESTION),
            id="test-request",
            task_queue=temporal.task_queue,
            result_type=Completion,
            start_to_close_timeout=timedelta(seconds=10),
            retry_policy=RetryPolicy(maximum_attempts=1),
        )
        assert completion.text == "Hi"
