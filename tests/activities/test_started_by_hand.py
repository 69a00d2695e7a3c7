"""Who may start activities in Temporal's UI, by its command or a client of their own gets no more than a definition."""

import json
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from temporalio.client import ActivityFailureError
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from httptask.activities.names import CHAT_COMPLETION, HTTP_REQUEST
from httptask.connections.connection import Connection
from httptask.secrets.store import SecretSource, SecretStore
from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.cluster import address_of, temporal_cli
from support.connections import local_connection
from support.runs import running

TOKEN = "tok-sentinel-0123456789"
WANTS_TOKEN = {"headers": {"X": ""}, "secrets": [{"pointer": "/headers/X", "name": "TOKEN"}]}


def echo(request: ServedRequest) -> Reply:
    return Reply.json({"you sent": dict(request.headers)})


@dataclass(frozen=True)
class Worker:
    """What stands by: the server that its connection and its secret are for, and another one that it may reach."""

    own: ScriptedServer
    other: ScriptedServer
    task_queue: str


@pytest_asyncio.fixture(loop_scope="session")
async def worker(temporal: WorkflowEnvironment) -> AsyncIterator[Worker]:
    async with ScriptedServer(echo) as own, ScriptedServer(echo) as other:
        token = SecretSource(name="TOKEN", environment="TOKEN", origins=(own.url,))
        connections = {
            "own": local_connection("own", own.url),
            "far": Connection(name="far", base_url="https://api.example.com"),
        }
        async with running(
            temporal,
            connections=connections,
            secrets=SecretStore({"TOKEN": token}, {"TOKEN": TOKEN, "UNDECLARED": TOKEN}),
            share_queue=False,
        ) as runner:
            yield Worker(own, other, runner.task_queue)


ASKED: dict[str, tuple[str, dict[str, Any], str]] = {
    "an address of the machine": (HTTP_REQUEST, {"url": "{other}/"}, "AddressForbidden"),
    "an address of the cloud": (HTTP_REQUEST, {"url": "http://169.254.169.254/latest"}, "AddressForbidden"),
    "a connection's way out of it": (
        HTTP_REQUEST,
        {"connection": "own", "url": "{other}/"},
        "RequestInvalid",
    ),
    "a secret for another server": (HTTP_REQUEST, {"url": "{other}/", **WANTS_TOKEN}, "SecretUnavailable"),
    "a secret for a server by name": (
        HTTP_REQUEST,
        {"connection": "far", "url": "/", **WANTS_TOKEN},
        "SecretUnavailable",
    ),
    "a secret that is not declared": (
        HTTP_REQUEST,
        {
            "connection": "own",
            "url": "/",
            "headers": {"X": ""},
            "secrets": [{"pointer": "/headers/X", "name": "UNDECLARED"}],
        },
        "SecretUnavailable",
    ),
    "a place for a secret that is none": (
        HTTP_REQUEST,
        {"connection": "own", "url": "/", "secrets": [{"pointer": "/method", "name": "TOKEN"}]},
        "RequestInvalid",
    ),
    "a host that is not the connection's": (
        HTTP_REQUEST,
        {"connection": "own", "url": "/", "headers": {"Host": "internal.example"}},
        "RequestInvalid",
    ),
    "a connection that is not there": (HTTP_REQUEST, {"connection": "none", "url": "/"}, "ConnectionUnknown"),
    "a model of a connection that is not there": (
        CHAT_COMPLETION,
        {"connection": "none", "body": {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}},
        "ConnectionUnknown",
    ),
}


@pytest.mark.parametrize("name", ASKED)
async def test_it_is_refused_for_good(temporal: WorkflowEnvironment, worker: Worker, name: str) -> None:
    activity, request, error = ASKED[name]
    method = {"method": "GET"} if activity == HTTP_REQUEST else {}
    text = json.dumps(method | request).replace("{other}", worker.other.url)

    with pytest.raises(ActivityFailureError) as raised:
        await temporal.client.execute_activity(
            activity,
            json.loads(text),
            id=f"by-hand-{uuid.uuid4().hex[:8]}",
            task_queue=worker.task_queue,
            start_to_close_timeout=timedelta(seconds=10),
            retry_policy=RetryPolicy(maximum_attempts=2),
        )

    failure = raised.value.cause
    assert isinstance(failure, ApplicationError)
    assert (failure.type, failure.non_retryable) == (error, True)
    assert TOKEN not in f"{failure.message}{failure.details}"
    assert worker.own.requests == worker.other.requests == []


async def test_no_secret_comes_back(temporal: WorkflowEnvironment, worker: Worker) -> None:
    request = {"method": "GET", "connection": "own", "url": "/", "whole_response": True, **WANTS_TOKEN}

    printed = await temporal_cli(
        address_of(temporal),
        *("activity", "execute", "--type", HTTP_REQUEST, "--activity-id", f"by-hand-{uuid.uuid4().hex[:8]}"),
        *(
            "--task-queue",
            worker.task_queue,
            "--start-to-close-timeout",
            "10s",
            "--input",
            json.dumps(request),
        ),
    )

    assert worker.own.requests[0].headers["x"] == TOKEN
    assert "you sent" in printed
    assert TOKEN not in printed
