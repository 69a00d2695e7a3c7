"""`httptask runs`: what the histories tell."""

import asyncio
import json
from pathlib import Path
from typing import Any

from httptask.cli.server import SharedServer
from httptask.testing.server import Reply, ScriptedServer
from support.commands import Shell

CALLS = """
document: { dsl: 1.0.3, namespace: tests, name: calls, version: 1.0.0 }
use: { secrets: [TOKEN] }
do:
  - start: { set: { item: lamp } }
  - create:
      call: httpRequest
      with:
        method: post
        connection: local
        path: /items
        query: { key: "${ $secrets.TOKEN }" }
        headers: { X-Token: "t ${ $secrets.TOKEN }" }
        body: { item: "${ .item }", note: "for ${ $secrets.TOKEN } only" }
      output: { as: .id }
  - check: { call: httpRequest, with: { method: get, connection: local, path: /missing } }
"""

CONFIG = """
[connections.local]
base_url = "{url}"
allow_private = ["loopback"]
"""

WAITS = """
document: { dsl: 1.0.3, namespace: tests, name: waits, version: 1.0.0 }
do:
  - first: { set: { x: 1 } }
  - slow: { call: httpRequest, with: { method: get, connection: local, path: / } }
"""


async def shown(shell: Shell, run: str = "last") -> dict[str, Any]:
    code, command = await shell.run("runs", "show", run, "--json")
    assert code == 0, command.stderr
    record: dict[str, Any] = json.loads(command.stdout)
    return record


async def test_list_and_show(shell: Shell) -> None:
    shell.write("calls.yaml", CALLS)
    replies = [Reply.of(status=429, headers={"Retry-After": "1"}), Reply.json({"id": 7}, status=201)]
    async with ScriptedServer([*replies, Reply.json({"why": "gone"}, status=404)]) as server:
        shell.write("httptask.toml", CONFIG.format(url=server.url))
        code, _ = await shell.run("run", "calls.yaml", "--input", "{}", TOKEN="sentinel-123456")
        assert code == 1

    _, listed = await shell.run("runs", "list", "--json")
    [run] = json.loads(listed.stdout)
    assert (run["definition"], run["state"]) == ("tests/calls:1.0.0", "failed")

    record = await shown(shell)
    start, create, check = record["tasks"]
    assert (start["id"], start["state"], start["output"]) == ("start", "completed", {"item": "lamp"})
    assert (create["id"], create["state"], create["output"]) == ("create", "completed", 7)
    [call] = create["calls"]
    assert (call["attempts"], call["response"]["content"]) == (2, {"id": 7})
    request = call["request"]
    assert (request["method"], request["url"]) == ("POST", "/items")
    assert request["query"] == {"key": "$TOKEN"}
    assert request["headers"] == {"X-Token": "t $TOKEN"}
    assert request["body"]["value"] == {"item": "lamp", "note": "for $TOKEN only"}
    assert (check["state"], check["calls"][0]["failure"]["type"]) == ("faulted", "HttpStatusError")
    assert record["failure"]["details"]["status"] == 404
    assert record["calls"] == []

    _, text = await shell.run("runs", "show", run["id"])
    assert "POST /items" in text.stdout
    assert 'body: {"item": "lamp", "note": "for $TOKEN only"}' in text.stdout
    assert "failure: HttpStatusError: 404 " in text.stdout

    code, absent = await shell.run("runs", "show", "absent-1234")
    assert code == 2
    assert "no such run" in absent.stderr

    code, _ = await shell.run("runs", "cancel", run["id"])
    assert code == 2, "it has ended"
    assert shell.left_over() == []


async def test_what_goes_on_and_how_it_is_cancelled(shell: Shell) -> None:
    shell.write("waits.yaml", WAITS)
    async with ScriptedServer([Reply.silence()]) as server:
        shell.write("httptask.toml", CONFIG.format(url=server.url))
        running = await shell.start("run", "waits.yaml")
        await asyncio.wait_for(server.requests_received(1), 20)

        record = await shown(shell)
        assert [(task["id"], task["state"]) for task in record["tasks"]] == [
            ("first", "completed"),
            ("slow", "running"),
        ]
        assert record["tasks"][1]["calls"][0]["state"] == "running"

        code, cancelled = await shell.run("runs", "cancel", record["id"])
        assert (code, cancelled.stderr) == (0, f"{record['id']}: it has ended: cancelled\n")
        assert await running.ends() == 1
        await asyncio.wait_for(server.client_left(), 5)
    slow = (await shown(shell))["tasks"][1]
    assert (slow["state"], slow["calls"][0]["state"]) == ("cancelled", "cancelled")


async def test_a_run_whose_process_is_gone_is_terminated(shell: Shell) -> None:
    shell.write("waits.yaml", WAITS)
    async with ScriptedServer([Reply.silence()]) as server:
        shell.write("httptask.toml", CONFIG.format(url=server.url))
        running = await shell.start("run", "waits.yaml")
        await asyncio.wait_for(server.requests_received(1), 20)
        running.process.kill()
        await running.ends()

        code, cancelled = await shell.run("runs", "cancel", "last")
    assert code == 0
    assert cancelled.stderr.endswith(": its process is gone, so it was terminated\n")
    record = await shown(shell)
    slow = record["tasks"][1]
    assert record["state"] == slow["state"] == slow["calls"][0]["state"] == "terminated"
    assert len(server.requests) == 1
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
