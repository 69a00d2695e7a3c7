"""`httptask test-request --from-run`: a task is tried with the data that it had in an earlier run."""

import json
from typing import Any

import pytest

from httptask.testing import Reply, ScriptedServer
from support.commands import Shell

TELLS = """
document: { dsl: 1.0.3, namespace: tests, name: tells, version: 1.0.0 }
do:
  - ask:
      call: httpRequest
      with: { method: post, connection: local, path: /ask, body: { of: "${ .name }" } }
      output: { as: "${ .id }" }
      export: { as: "${ { asked: $workflow.input.name } }" }
  - each:
      call: map
      with:
        in: "${ [1, 2] }"
        each: item
        do:
          - tell:
              call: httpRequest
              with:
                method: post
                connection: local
                path: /tell
                body: { item: "${ $item }", asked: "${ $context.asked }", id: "${ $tasks.ask }", before: "${ . }" }
  - last: { call: httpRequest, with: { method: post, connection: local, path: /last, body: "${ . }" } }
"""
CONFIG = """
[connections.local]
base_url = "{url}"
allow_private = ["loopback"]
"""


async def tried(shell: Shell, task: str, *options: str) -> tuple[int, Any, str]:
    """Exit code, what is printed, and what else is told of a test request that is not sent."""
    code, command = await shell.run("test-request", "tells.yaml", task, "--dry-run", "--json", *options)
    return code, json.loads(command.stdout), command.stderr


@pytest.mark.usefixtures("one_server")
async def test_a_task_is_tried_with_what_it_had_in_a_run(shell: Shell) -> None:
    shell.write("tells.yaml", TELLS)
    answers = [Reply.json({"id": 7}), Reply.json("a"), Reply.json("b"), Reply.json(None, status=404)]
    async with ScriptedServer(answers) as server:
        shell.write("httptask.toml", CONFIG.format(url=server.url))
        code, _ = await shell.run("run", "tells.yaml", "--input", '{ "name": "lamp" }')
        assert code == 1  # the last task failed
        found = json.loads((await shell.run("runs", "list", "--limit", "1", "--json"))[1].stdout)
        run = found[0]["id"]

        code, shown, _ = await tried(shell, "tell", "--from-run", run)
        assert code == 0
        assert shown["prepared"]["body"] == {"item": 2, "asked": "lamp", "id": 7, "before": 7}
        assert shown["prepared"]["body"] == server.requests[2].json()

        _, shown, _ = await tried(shell, "last", "--from-run", run)
        assert shown["prepared"]["body"] == ["a", "b"] == server.requests[3].json()

        _, shown, _ = await tried(shell, "tell", "--from-run", run, "--outputs", '{ "ask": 8 }')
        assert shown["prepared"]["body"] == {"item": 2, "asked": "lamp", "id": 8, "before": 7}

        shell.write(
            "tells.yaml",
            TELLS
            + "  - new: { call: httpRequest, with: { method: get, connection: local, path: '/${ $tasks.ask }' } }\n",
        )
        _, shown, told = await tried(shell, "new", "--from-run", run)
        assert shown["prepared"]["uri"] == f"{server.url}/7"
        assert f"new did not run in {run}" in told


@pytest.mark.usefixtures("one_server")
async def test_what_is_missing_is_listed_for_programs(shell: Shell) -> None:
    shell.write("tells.yaml", TELLS)

    code, command = await shell.run("test-request", "tells.yaml", "tell", "--json")

    assert code == 2
    assert json.loads(command.stdout)["missing"] == {"outputs": ["ask"], "variables": ["item"]}


@pytest.mark.usefixtures("one_server")
async def test_a_run_that_is_not_there_is_told(shell: Shell) -> None:
    shell.write("tells.yaml", TELLS)

    code, command = await shell.run("test-request", "tells.yaml", "tell", "--from-run", "nope")

    assert code == 2
    assert "no such run" in command.stderr
    assert "`httptask runs list` shows the ids" in command.stderr
