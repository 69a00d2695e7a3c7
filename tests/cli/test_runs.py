"""`httptask runs`: what the histories tell."""

import json
from pathlib import Path

from httptask.cli.server import SharedServer
from httptask.testing.server import Reply, ScriptedServer
from support.commands import Shell

CALLS = """
document: { dsl: 1.0.3, namespace: tests, name: calls, version: 1.0.0 }
do:
  - create:
      call: httpRequest
      with: { method: post, connection: local, path: /items, body: { item: lamp } }
  - check: { call: httpRequest, with: { method: get, connection: local, path: /missing } }
"""

CONFIG = """
[connections.local]
base_url = "{url}"
allow_private = ["loopback"]
"""


async def test_list_show_and_cancel(shell: Shell) -> None:
    shell.write("calls.yaml", CALLS)
    async with ScriptedServer(
        [Reply.json({"id": 7}, status=201), Reply.json({"why": "gone"}, status=404)]
    ) as server:
        shell.write("httptask.toml", CONFIG.format(url=server.url))
        code, _ = await shell.run("run", "calls.yaml", "--input", "{}")
        assert code == 1

    _, listed = await shell.run("runs", "list", "--json")
    [run] = json.loads(listed.stdout)
    assert (run["definition"], run["state"]) == ("tests/calls:1.0.0", "failed")

    _, shown = await shell.run("runs", "show", "last", "--json")
    record = json.loads(shown.stdout)
    create, check = record["calls"]
    assert (create["task"], create["state"], create["attempts"]) == ("create", "completed", 1)
    assert (create["request"]["method"], create["request"]["url"]) == ("POST", "/items")
    assert create["request"]["body"]["value"] == {"item": "lamp"}
    assert create["output"]["content"] == {"id": 7}
    assert (check["state"], check["failure"]["type"]) == ("failed", "HttpStatusError")
    assert record["failure"]["details"]["status"] == 404

    _, text = await shell.run("runs", "show", run["id"])
    assert "POST /items" in text.stdout
    assert "failure: HttpStatusError: 404 " in text.stdout

    code, absent = await shell.run("runs", "show", "absent-1234")
    assert code == 2
    assert "no such run" in absent.stderr

    code, _ = await shell.run("runs", "cancel", run["id"])
    assert code == 2, "it has ended"
    assert shell.left_over() == []


async def test_absent_namespace_is_3(shell: Shell, tmp_path: Path) -> None:
    server = SharedServer(tmp_path / ".elsewhere")
    address = await server.join()
    code, command = await shell.run("runs", "list", TEMPORAL_ADDRESS=address, TEMPORAL_NAMESPACE="absent")
    await server.leave()
    assert code == 3
    assert command.stderr.startswith(f"error: Temporal at {address}: Namespace absent is not found.\n")


async def test_no_runs_yet(shell: Shell) -> None:
    code, command = await shell.run("runs", "show")
    assert code == 2
    assert "no runs yet" in command.stderr
