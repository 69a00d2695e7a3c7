"""`httptask test-request --task-queue`: the request is sent by workers that serve definitions."""

import asyncio
import json
from contextlib import AbstractAsyncContextManager

import pytest
from temporalio.client import WorkflowExecutionStatus
from temporalio.testing import WorkflowEnvironment

from httptask.testing import Reply, ScriptedServer
from support.chat_streams import chunk, sse
from support.commands import Shell
from support.connections import local_connection, secret_store
from support.definitions import ASKS
from support.event_streams import SSE
from support.runs import Runner, running
from support.terminals import interrupted_on_terminal

DEFINITION = """
document: { dsl: 1.0.3, namespace: tests, name: tells, version: 1.0.0 }
use: { secrets: [TOKEN] }
do:
  - tell: { call: httpRequest, with: { method: get, connection: pager, path: /, headers: { X-Token: "${ $secrets.TOKEN }" } } }
"""
CONFIG = """
[connections.pager]
base_url = "{url}"
[secrets.TOKEN]
environment = "TOKEN"
origins = ["{url}"]
"""
MODELS = """
[connections.openai]
base_url = "{url}/v1"
allow_private = ["loopback"]
"""
COMMAND = ("test-request", "tells.yaml", "tell", "--json", "--task-queue")


def served(temporal: WorkflowEnvironment, url: str) -> AbstractAsyncContextManager[Runner]:
    """Workers that have what the definition names, with its server there."""
    connections = {"pager": local_connection("pager", url)}
    return running(temporal, connections=connections, secrets=secret_store({"TOKEN": "tok-123456"}))


@pytest.mark.usefixtures("one_server")
async def test_its_workers_have_the_secrets_and_may_reach_the_server(
    shell: Shell, temporal: WorkflowEnvironment
) -> None:
    shell.write("tells.yaml", DEFINITION)
    async with ScriptedServer([Reply.json({"id": 7})]) as server:
        shell.write("httptask.toml", CONFIG.format(url=server.url))
        async with served(temporal, server.url) as runner:
            code, tried = await shell.run(*COMMAND, runner.task_queue)

    assert code == 0, tried.stderr
    shown = json.loads(tried.stdout)
    assert shown["outcome"]["downstream"] == {"id": 7}
    assert shown["wire"]["executed"]["task_queue"] == runner.task_queue
    assert server.requests[0].headers["x-token"] == "tok-123456"

    code, tried = await shell.run(*COMMAND, "nobody")
    assert code == 3
    assert "no worker polls the task queue nobody" in tried.stderr
    assert "start one: httptask worker --task-queue nobody" in tried.stderr


@pytest.mark.usefixtures("one_server")
async def test_its_workers_alone_may_know_the_connection(shell: Shell, temporal: WorkflowEnvironment) -> None:
    shell.write("tells.yaml", DEFINITION)
    async with (
        ScriptedServer([Reply.json({"id": 7})]) as server,
        served(temporal, f"{server.url}/v2") as runner,
    ):
        code, tried = await shell.run(*COMMAND, runner.task_queue)

    assert code == 0, tried.stderr
    assert "pager is not in httptask.toml" in tried.stderr
    shown = json.loads(tried.stdout)
    assert shown["prepared"]["uri"] == f"{server.url}/"
    assert shown["wire"]["hops"][0]["uri"] == f"{server.url}/v2/"


@pytest.mark.usefixtures("one_server")
@pytest.mark.parametrize("elsewhere", [True, False], ids=["of other workers", "of its own worker"])
async def test_ctrl_c_cancels_a_call_whose_text_is_shown_while_it_comes(
    shell: Shell, temporal: WorkflowEnvironment, elsewhere: bool
) -> None:
    shell.write("asks.yaml", ASKS.replace("model: m,", "model: m, stream: true,"))
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {SSE['Content-Type']}\r\n\r\n".encode()
    half = Reply.silence(head + sse(chunk({"content": "Half an "}), end=b""))
    async with (
        ScriptedServer([half]) as server,
        running(temporal, connections={"openai": local_connection("openai", f"{server.url}/v1")}) as runner,
    ):
        shell.write("httptask.toml", MODELS.format(url=server.url))
        command = ("test-request", "asks.yaml", "ask", "--live", "--yes")
        queue = ("--task-queue", runner.task_queue) if elsewhere else ()
        screen = await asyncio.to_thread(
            interrupted_on_terminal, shell.folder, shell.environment, *command, *queue, at="ask> Half an "
        )
        call = temporal.client.get_workflow_handle(server.requests[0].headers["idempotency-key"])
        described = await call.describe()

    assert screen.code == 130
    assert screen.lines[-2:] == ["ask> Half an ^C", "error: interrupted: the call was cancelled"]
    assert described.status is WorkflowExecutionStatus.CANCELED
    assert shell.left_over() == []
