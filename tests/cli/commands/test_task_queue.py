"""`httptask test-request --task-queue`: the request is sent by workers that serve definitions."""

import json
from contextlib import AbstractAsyncContextManager

import pytest
from temporalio.testing import WorkflowEnvironment

from httptask.testing import Reply, ScriptedServer
from support.commands import Shell
from support.connections import local_connection, secret_store
from support.runs import Runner, running

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
