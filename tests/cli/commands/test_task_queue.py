"""`httptask test-request --task-queue`: the request is sent by workers that serve definitions."""

import json

import pytest
from temporalio.testing import WorkflowEnvironment

from httptask.testing import Reply, ScriptedServer
from support.commands import Shell
from support.connections import local_connection, secret_store
from support.runs import running

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


@pytest.mark.usefixtures("one_server")
async def test_its_workers_have_the_secrets_and_may_reach_the_server(
    shell: Shell, temporal: WorkflowEnvironment
) -> None:
    shell.write("tells.yaml", DEFINITION)
    async with ScriptedServer([Reply.json({"id": 7})]) as server:
        shell.write("httptask.toml", CONFIG.format(url=server.url))
        async with running(
            temporal,
            connections={"pager": local_connection("pager", server.url)},
            secrets=secret_store({"TOKEN": "tok-123456"}),
        ) as runner:
            command = ("test-request", "tells.yaml", "tell", "--json", "--task-queue")
            code, tried = await shell.run(*command, runner.task_queue)

    assert code == 0, tried.stderr
    shown = json.loads(tried.stdout)
    assert shown["outcome"]["downstream"] == {"id": 7}
    assert shown["wire"]["executed"]["task_queue"] == runner.task_queue
    assert server.requests[0].headers["x-token"] == "tok-123456"

    code, tried = await shell.run(*command, "nobody")
    assert code == 3
    assert "no worker polls the task queue nobody" in tried.stderr
    assert "start one: httptask worker --task-queue nobody" in tried.stderr
