"""The data of a test request: of an earlier run, set by hand, or asked for."""

import json
from typing import Any

import pytest

from httptask.testing import Reply, ScriptedServer
from support.commands import Shell
from support.terminals import on_terminal

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
OTHER = """
document: { dsl: 1.0.3, namespace: tests, name: other, version: 1.0.0 }
do:
  - begin: { call: httpRequest, with: { method: get, connection: local, path: / } }
  - end: { call: httpRequest, with: { method: get, connection: local, path: "/${ $tasks.begin }" } }
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

        asked = ("ask", "--input", '{ "name": "lamp" }', "--yes", "--record", "fx", "--as", "429")
        _, command = await shell.run("test-request", "tells.yaml", *asked)
        [file] = (shell.folder / "fx").iterdir()
        assert f"recorded: 1 answer in fx/{file.name}, behind a made-up 429\n" in command.stderr

        shell.write("tells.yaml", OTHER)
        code, command = await shell.run("test-request", "tells.yaml", "end", "--dry-run", "--from-run", run)
        assert code == 2
        missing = f"reads the output of begin, which {run} does not have; give sample values: --outputs "
        assert missing in " ".join(command.stderr.split())
        assert "or --from-run" not in command.stderr


@pytest.mark.usefixtures("one_server")
async def test_what_is_missing_is_listed_for_programs(shell: Shell) -> None:
    shell.write("tells.yaml", TELLS)

    code, command = await shell.run("test-request", "tells.yaml", "tell", "--json")

    assert code == 2
    assert json.loads(command.stdout)["missing"] == {"outputs": ["ask"], "variables": ["item"]}


async def test_what_an_expression_lacks_is_listed_for_programs(shell: Shell) -> None:
    read = OTHER.replace("/${ $tasks.begin }", "/${ $workflow.input.lang }/${ $workflow.input.page // 1 }")
    shell.write("tells.yaml", read)
    shell.write("httptask.toml", CONFIG.format(url="http://127.0.0.1:9"))

    code, told, _ = await tried(shell, "end")

    assert (code, told["missing"]) == (2, {"values": ["input.lang", "input.page"]})
    assert told["hint"] == "give what it reads: `--set input.lang=… --set input.page=…`"


async def test_single_values_are_set(shell: Shell) -> None:
    shell.write("tells.yaml", TELLS)
    shell.write("httptask.toml", CONFIG.format(url="http://127.0.0.1:9"))

    values = ("--set", "ask=7", "--set", "item=lamp", "--set", "context.asked=a b", "--set", ".of=[1]")
    code, shown, _ = await tried(shell, "tell", *values)
    assert code == 0
    assert shown["prepared"]["body"] == {"item": "lamp", "asked": "a b", "id": 7, "before": {"of": [1]}}

    code, command = await shell.run("test-request", "tells.yaml", "tell", "--dry-run", "--set", "ask")
    assert code == 2
    assert "--set: ask is not NAME=VALUE" in command.stderr
    code, command = await shell.run("test-request", "tells.yaml", "tell", "--dry-run", "--set", "aks=7")
    assert code == 2
    assert "there is no aks; did you mean ask" in command.stderr


def test_a_person_is_asked_for_what_is_missing(shell: Shell) -> None:
    shell.write("tells.yaml", TELLS)
    shell.write("httptask.toml", CONFIG.format(url="http://127.0.0.1:9"))

    command = ("test-request", "tells.yaml", "tell", "--dry-run", "--set", ".=before")
    screen = on_terminal(shell.folder, shell.environment, *command, typed='{"x": [7]}\n\nlamp\n')

    assert screen.code == 0
    places = [screen.written.index(f"{name}: ") for name in ("ask", "context.asked", "item")]
    assert places == sorted(places)
    assert "tell reads what is not there yet" in screen.written
    assert '{"item":"lamp","asked":null,"id":{"x":[7]},"before":"before"}' in screen.written


@pytest.mark.usefixtures("one_server")
async def test_a_run_that_is_not_there_is_told(shell: Shell) -> None:
    shell.write("tells.yaml", TELLS)

    code, command = await shell.run("test-request", "tells.yaml", "tell", "--from-run", "nope")

    assert code == 2
    assert "no such run" in command.stderr
    assert "`httptask runs list` shows the ids" in command.stderr
