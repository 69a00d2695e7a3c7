"""`/live` and `/ready` of a worker."""

import asyncio
import signal
import uuid
from contextlib import nullcontext

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from httptask.cli.observability.listening import Watched, require_address
from httptask.cli.server.process import available_port
from httptask.cli.terminal.errors import CliError
from httptask.cli.worker.health import reason_not_ready
from httptask.connections.connection import Connection
from httptask.plugin import HttpTaskPlugin
from httptask.testing import Reply, ScriptedServer
from support.cluster import address_of
from support.commands import Shell
from support.probes import answer, becomes
from support.runs import temporal_server

CALLS = """
document: { dsl: 1.0.3, namespace: tests, name: calls, version: 1.0.0 }
do:
  - get: { call: httpRequest, with: { method: get, connection: local, path: / } }
"""


async def test_ready_while_temporal_answers(shell: Shell) -> None:
    shell.write("definitions/calls.yaml", CALLS)
    shell.write("httptask.toml", '[connections.local]\nbase_url = "http://127.0.0.1:1"')
    port = available_port()
    async with temporal_server() as temporal:
        command = await shell.start(
            *("worker", "-d", "definitions", "--health-address", f"127.0.0.1:{port}"),
            TEMPORAL_ADDRESS=address_of(temporal),
        )
        await command.says("worker.started")
        assert await answer(port, "/live") == (200, {"status": "live"})
        await becomes(port, 200)
    status, told = await answer(port, "/ready")
    assert (status, told["status"]) == (503, "not ready")
    assert told["reason"].startswith("Temporal: ")
    assert (await answer(port, "/live"))[0] == 200
    command.process.kill()


async def test_not_ready_any_more_while_calls_finish(shell: Shell, temporal: WorkflowEnvironment) -> None:
    port = available_port()
    async with ScriptedServer([Reply.silence()]) as server:
        shell.write("definitions/calls.yaml", CALLS)
        shell.write(
            "httptask.toml",
            f'[connections.local]\nbase_url = "{server.url}"\nallow_private = ["loopback"]\n'
            f'[worker]\nhealth_address = "127.0.0.1:{port}"',
        )
        command = await shell.start(
            *("worker", "-d", "definitions", "--task-queue", "health"), TEMPORAL_ADDRESS=address_of(temporal)
        )
        await command.says("worker.started")
        await temporal.client.start_workflow("calls", None, id="health", task_queue="health")
        await server.requests_received(1)
        assert (await answer(port, "/ready"))[0] == 200
        command.press(signal.SIGTERM)
        await becomes(port, 503)
        assert await answer(port, "/ready") == (503, {"status": "not ready", "reason": "the worker stops"})
        assert (await answer(port, "/live"))[0] == 200
        command.press(signal.SIGTERM)
        assert await command.ends() == 130


@pytest.mark.parametrize(
    ("what", "address", "served"),
    [
        ("health", "localhost:8080", True),
        ("health", ":8080", True),
        ("health", "[::1]:0", True),
        ("health", "nowhere", False),
        ("health", "127.0.0.1:99999", False),
        ("health", "127.0.0.1:", False),
        ("metrics", "127.0.0.1:0", True),
        ("metrics", "[::1]:9464", True),
        ("metrics", "::1:9464", False),
        ("metrics", "localhost:9464", False),
        ("metrics", ":9464", False),
    ],
)
def test_what_is_no_address_is_refused_before_anything_starts(
    what: Watched, address: str, *, served: bool
) -> None:
    with nullcontext() if served else pytest.raises(CliError, match=f"{what} can't be served at"):
        require_address(what, address)


async def test_an_address_that_is_taken(shell: Shell, temporal: WorkflowEnvironment) -> None:
    shell.write("definitions/calls.yaml", CALLS)
    shell.write("httptask.toml", '[connections.local]\nbase_url = "http://127.0.0.1:1"')
    async with ScriptedServer([Reply.of()]) as taken:
        address = f"127.0.0.1:{taken.port}"
        code, command = await shell.run(
            *("worker", "-d", "definitions", "--health-address", address),
            TEMPORAL_ADDRESS=address_of(temporal),
        )
        assert code == 2
        assert f"error: health can't be served at {address}" in command.stderr.splitlines()


async def test_ready_means_the_queues_of_limited_connections_too(temporal: WorkflowEnvironment) -> None:
    limited = Connection(name="shop", base_url="https://shop.example.com", requests_per_minute=60)
    plugin = HttpTaskPlugin(connections={"shop": limited}, allow_inline=True)
    client = await Client.connect(temporal.client.service_client.config.target_host, plugins=[plugin])
    worker = Worker(client, task_queue=f"test-{uuid.uuid4().hex}")
    async with worker:
        async with asyncio.timeout(5):
            while True:
                if await reason_not_ready(worker, plugin.workers_beside(worker)) is None:
                    break
                await asyncio.sleep(0.02)
        [beside] = plugin.workers_beside(worker)
        await beside.shutdown()
        assert worker.is_running
        reason = await reason_not_ready(worker, plugin.workers_beside(worker))
        assert reason == f"the worker does not poll {worker.task_queue}/shop"
    assert plugin.workers_beside(worker) == ()
