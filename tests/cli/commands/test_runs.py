"""`httptask runs`: what the histories tell, and how a run is ended from outside."""

import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle

from httptask.cli.server import SharedServer
from httptask.testing import Reply, ScriptedServer
from support.chat import unmetered
from support.cluster import has_event
from support.commands import Command, Shell
from support.definitions import ASKS
from support.object_server import BUCKET, object_server

CALLS = """
document: { dsl: 1.0.3, namespace: tests, name: calls, version: 1.0.0 }
use: { secrets: [CODE] }
do:
  - prepare: { set: { item: lamp } }
  - create:
      call: httpRequest
      with: { method: post, connection: local, path: /items, query: { code: "${ $secrets.CODE }" }, body: { item: "${ .item }", note: "code ${ $secrets.CODE }!" } }
      output: { as: "${ .id }" }
  - skipped: { if: "${ false }", set: { never: true } }
  - each:
      for: { each: n, in: "${ [1, 2] }" }
      do:
        - keep: { set: { sum: "${ $tasks.create + $n }" } }
  - route: { switch: [{ ok: { when: "${ .sum == 9 }", then: pause } }] }
  - pause: { wait: { milliseconds: 1 } }
  - check: { call: httpRequest, with: { method: get, connection: local, path: /missing } }
"""

CONFIG = """
[connections.local]
base_url = "{url}"
allow_private = ["loopback"]

[secrets.CODE]
environment = "CODE"
origins = ["{url}"]
"""


NAPS = """
document: { dsl: 1.0.3, namespace: tests, name: naps, version: 1.0.0 }
do:
  - before: { set: { a: 1 } }
  - nap: { wait: { minutes: 5 } }
"""


async def shown(shell: Shell, run: str = "last", **environment: str) -> dict[str, Any]:
    code, command = await shell.run("runs", "show", run, "--json", **environment)
    assert code == 0, command.stderr
    record: dict[str, Any] = json.loads(command.stdout)
    return record


def states(record: dict[str, Any]) -> dict[str, str]:
    return {task["id"]: task["state"] for task in record["tasks"]}


async def test_list_and_show(shell: Shell) -> None:
    shell.write("calls.yaml", CALLS)
    async with ScriptedServer(
        [Reply.json({"id": 7, "echo": "s3cret-code"}, status=201), Reply.json({"why": "gone"}, status=404)]
    ) as server:
        shell.write("httptask.toml", CONFIG.format(url=server.url))
        code, command = await shell.run("run", "calls.yaml", "--input", "{}", CODE="s3cret-code")
        assert code == 1, command.stderr

    _, listed = await shell.run("runs", "list", "--json")
    [run] = json.loads(listed.stdout)
    assert (run["definition"], run["state"]) == ("tests/calls:1.0.0", "faulted")

    record = await shown(shell)
    assert [(task["id"], task["state"], task["output"]) for task in record["tasks"]] == [
        ("prepare", "completed", {"item": "lamp"}),
        ("create", "completed", 7),
        ("skipped", "skipped", None),
        ("each", "completed", {"sum": 9}),
        ("each/0/keep", "completed", {"sum": 8}),
        ("each/1/keep", "completed", {"sum": 9}),
        ("route", "completed", {"sum": 9}),
        ("pause", "completed", {"sum": 9}),
        ("check", "faulted", None),
    ]
    [create] = record["tasks"][1]["calls"]
    assert (create["state"], create["attempts"], create["summary"]) == ("completed", 1, "POST local/items")
    request = create["request"]
    assert (request["method"], request["url"]) == ("POST", "/items")
    assert request["query"] == {"code": "$CODE"}
    assert request["body"] == {"item": "lamp", "note": "code $CODE!"}
    assert create["response"]["content"] == {"id": 7, "echo": "[redacted:CODE]"}
    assert (create["response"]["status"], create["response"]["attempt"]) == (201, 1)
    [check] = record["tasks"][-1]["calls"]
    assert (check["state"], check["failure"]["type"]) == ("faulted", "HttpStatusError")
    assert record["failure"]["details"]["status"] == 404

    _, text = await shell.run("runs", "show", run["id"])
    assert "\ncreate  completed  1 attempt, " in text.stdout
    assert '  request: POST /items\n  connection: local\n  query: {"code": "$CODE"}\n' in text.stdout
    assert '  body: {"item": "lamp", "note": "code $CODE!"}\n  output: 7\n' in text.stdout
    assert "failure: HttpStatusError: 404 " in text.stdout
    assert shell.left_over() == []


@pytest.mark.usefixtures("one_server")
async def test_ended_or_absent_run(shell: Shell) -> None:
    shell.write("naps.yaml", NAPS.replace("minutes: 5", "milliseconds: 1"))
    await shell.run("run", "naps.yaml")
    for command in ("show", "cancel"):
        code, absent = await shell.run("runs", command, "absent-1234")
        assert code == 2
        assert "no such run" in absent.stderr
    code, ended = await shell.run("runs", "cancel", "last")
    assert code == 2
    assert " ended at " in ended.stderr


@pytest.mark.usefixtures("one_server")
async def test_attempts_are_told_with_why_there_were_several(shell: Shell) -> None:
    shell.write("asks.yaml", ASKS)
    limited = Reply.json({"error": {"message": "slow down"}}, status=429, headers={"Retry-After": "1"})
    async with ScriptedServer([limited, unmetered("hi")]) as server:
        code, command = await shell.run("run", "asks.yaml", OPENAI_BASE_URL=server.url, OPENAI_API_KEY="sk-1")
        assert code == 0, command.stderr
    record = await shown(shell)
    [ask] = record["tasks"]
    assert (ask["output"], ask["attempt"]) == ("hi", 2)
    [call] = ask["calls"]
    assert (call["attempts"], call["state"], call["failure"]) == (2, "completed", None)
    assert call["earlier_failure"]["message"].startswith("429 from 127.0.0.1")
    assert call["request"]["body"] == {"model": "m", "messages": [{"role": "user", "content": "hello"}]}
    _, text = await shell.run("runs", "show")
    assert "ask  completed  2 attempts, " in text.stdout
    assert "\n  attempt before: RateLimited: 429 from 127.0.0.1" in text.stdout
    assert "\n  output: hi\n" in text.stdout


@pytest.mark.usefixtures("one_server")
async def test_run_that_goes_on_is_shown_and_cancelled(shell: Shell) -> None:
    shell.write("asks.yaml", ASKS)
    busy = Reply.of(status=503, headers={"Retry-After": "60"})
    async with ScriptedServer([busy, Reply.silence()]) as server:
        environment = {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "sk-1"}
        command = await shell.start("run", "asks.yaml", **environment)
        await command.says("ask: waiting")
        record = await shown(shell)
        assert (record["state"], states(record)) == ("running", {"ask": "waiting"})
        [ask] = record["tasks"]
        assert (ask["calls"][0]["state"], ask["calls"][0]["attempts"]) == ("waiting", 1)
        _, text = await shell.run("runs", "show")
        assert "ask  waiting  1 attempt, " in text.stdout
        assert "attempt 2 of 5; same Idempotency-Key\n" in text.stdout

        code, cancelled = await shell.run("runs", "cancel", "last", "--json")
        assert code == 0, cancelled.stderr
        assert json.loads(cancelled.stdout) == {"run": record["id"], "state": "cancelled", "reason": None}
        assert await command.ends() == 1
    record = await shown(shell)
    assert (record["state"], states(record)) == ("cancelled", {"ask": "cancelled"})
    assert record["tasks"][0]["calls"][0]["state"] == "cancelled"


async def test_run_whose_process_was_killed_is_terminated(shell: Shell) -> None:
    shell.write("asks.yaml", ASKS)
    async with ScriptedServer([Reply.silence()]) as server:
        command = await shell.start("run", "asks.yaml", OPENAI_BASE_URL=server.url, OPENAI_API_KEY="sk-1")
        await server.requests_received(1)
        command.process.kill()
        await command.ends()
        record = await shown(shell)
        assert states(record) == {"ask": "running"}
        assert record["tasks"][0]["calls"][0]["attempts"] == 1
        code, cancel = await shell.run("runs", "cancel", "last")
        assert code == 0, cancel.stderr
        assert cancel.stderr.endswith(": no worker serves its queue any more: terminated\n")
        assert len(server.requests) == 1
    record = await shown(shell)
    assert (record["state"], states(record)) == ("terminated", {"ask": "cancelled"})
    assert record["tasks"][0]["calls"][0]["state"] == "cancelled"
    assert record["failure"]["message"] == "no worker serves its queue any more"
    assert record["tasks"][0]["ended_at"] == record["ended_at"]


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[str]:
    """Address of a server that is not the folder's own."""
    server = SharedServer(tmp_path / ".elsewhere")
    yield await server.join()
    await server.leave()


async def served_run(shell: Shell, address: str) -> tuple[Command, WorkflowHandle[Any, Any]]:
    """A worker that serves `naps`, and a run of it."""
    shell.write("definitions/naps.yaml", NAPS)
    worker = await shell.start("worker", "-d", "definitions", TEMPORAL_ADDRESS=address)
    await worker.says("worker.started")
    client = await Client.connect(address)
    handle = await client.start_workflow("naps", {"who": "Ann"}, id="naps-1", task_queue="httptask")
    await has_event(handle, "timer_started")
    return worker, handle


async def test_served_run_waits_for_a_worker_to_end_it(shell: Shell, cluster: str) -> None:
    worker, handle = await served_run(shell, cluster)
    worker.process.kill()
    await worker.ends()
    code, cancel = await shell.run("runs", "cancel", "naps-1", TEMPORAL_ADDRESS=cluster)
    assert code == 0
    assert cancel.stderr.startswith("asked naps-1 to end, but no worker serves the task queue httptask now\n")
    assert (await handle.describe()).close_time is None
    again = await shell.start("worker", "-d", "definitions", TEMPORAL_ADDRESS=cluster)
    await again.says("worker.started")
    with pytest.raises(WorkflowFailureError):
        await handle.result()
    record = await shown(shell, TEMPORAL_ADDRESS=cluster)
    assert (record["state"], record["input"]) == ("cancelled", {"who": "Ann"})
    assert states(record) == {"before": "completed", "nap": "cancelled"}


async def test_served_run_is_terminated_when_that_is_asked_for(shell: Shell, cluster: str) -> None:
    worker, handle = await served_run(shell, cluster)
    worker.process.kill()
    await worker.ends()
    impatient = await shell.start("runs", "cancel", handle.id, TEMPORAL_ADDRESS=cluster)
    await has_event(handle, "workflow_execution_cancel_requested")
    impatient.press(signal.SIGINT)
    assert await impatient.ends(seconds=3) == 130
    assert impatient.stderr == "error: interrupted\n"
    _, cancel = await shell.run(
        "runs", "cancel", handle.id, "--terminate", "--json", TEMPORAL_ADDRESS=cluster
    )
    assert json.loads(cancel.stdout) == {
        "run": "naps-1",
        "state": "terminated",
        "reason": "no worker serves the task queue httptask now",
    }


async def test_the_latest_is_the_one_that_began_last(shell: Shell, cluster: str) -> None:
    client = await Client.connect(cluster)
    began: list[str] = []

    async def begin(id_: str) -> WorkflowHandle[Any, Any]:
        began.append(id_)
        return await client.start_workflow("naps", id=id_, task_queue="httptask")

    async def latest(count: int) -> list[str]:
        _, listed = await shell.run("runs", "list", "-n", str(count), "--json", TEMPORAL_ADDRESS=cluster)
        return [run["id"] for run in json.loads(listed.stdout)]

    ended = [await begin(id_) for id_ in ("ended-last", "open-1", "open-2", "ended-first")]
    for handle in reversed(ended[::3]):
        await handle.terminate()
    began.reverse()
    for count in (1, 2, 3, 4, 5):
        assert await latest(count) == began[:count]
    assert (await shown(shell, TEMPORAL_ADDRESS=cluster))["id"] == "ended-first"


@pytest.mark.usefixtures("one_server")
async def test_absent_namespace_is_3(shell: Shell) -> None:
    code, command = await shell.run("runs", "list", TEMPORAL_NAMESPACE="absent")
    assert code == 3
    assert command.stderr.startswith(
        f"error: Temporal at {shell.environment['TEMPORAL_ADDRESS']}: Namespace absent is not found.\n"
    )


async def test_no_runs_yet(shell: Shell) -> None:
    code, command = await shell.run("runs", "show")
    assert code == 2
    assert (
        f"no runs yet in {shell.folder.resolve() / '.httptask'}" in command.stderr
    )  # and not in another folder


LARGE = """
document: { dsl: 1.0.3, namespace: tests, name: large, version: 1.0.0 }
do:
  - fetch: { call: httpRequest, with: { method: get, connection: local, path: /, responseBytes: 5000000 } }
"""


@pytest.mark.usefixtures("one_server")
async def test_what_is_stored_in_a_bucket(shell: Shell) -> None:
    shell.write("large.yaml", LARGE)
    text = "x" * 3_000_000
    credentials = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "canary-0123456789"}
    with object_server() as buckets:
        s3 = f'[storage.s3]\nregion = "eu-west-1"\nendpoint_url = "{buckets.url}"\nbucket = '
        async with ScriptedServer(
            [Reply.of(text.encode(), headers={"Content-Type": "text/plain"})]
        ) as server:
            config = CONFIG.format(url=server.url) + s3
            shell.write("httptask.toml", f'{config}"another"')
            code, command = await shell.run("run", "large.yaml", "--input", "{}", **credentials)
            assert (code, server.requests) == (2, [])
            assert "httptask.toml: storage.s3: the bucket can't be used: " in command.stderr
            assert "NoSuchBucket" in command.stderr

            shell.write("httptask.toml", f'{config}"{BUCKET}"')
            code, command = await shell.run("run", "large.yaml", "--input", "{}", **credentials)
            assert code == 0, command.stderr
            assert json.loads(command.stdout) == text

        _, shown = await shell.run("runs", "show", "last", "--json", **credentials)
        assert json.loads(shown.stdout)["output"] == text
        buckets.objects.clear()
        _, shown = await shell.run("runs", "show", "last", "--json", **credentials)
        assert "can't be read" in json.loads(shown.stdout)["output"]
        assert "Traceback" not in shown.stderr


@pytest.mark.usefixtures("one_server")
async def test_what_is_stored_in_a_folder(shell: Shell) -> None:
    shell.write("large.yaml", LARGE)
    text = "x" * 3_000_000
    async with ScriptedServer([Reply.of(text.encode(), headers={"Content-Type": "text/plain"})]) as server:
        config = CONFIG.format(url=server.url)
        shell.write("httptask.toml", config)
        code, command = await shell.run("run", "large.yaml", "--input", "{}")
        assert code == 1
        assert "ResponseTooLarge" in command.stderr
        assert "configure external storage" in command.stderr

        shell.write("httptask.toml", config + '[storage]\ndirectory = "payloads"\n')
        code, command = await shell.run("run", "large.yaml", "--input", "{}")
        assert code == 0, command.stderr
        assert json.loads(command.stdout) == text
    assert len(server.requests) == 2

    _, shown = await shell.run("runs", "show", "last", "--json")
    assert json.loads(shown.stdout)["output"] == text

    shell.write("httptask.toml", config)
    _, shown = await shell.run("runs", "show", "last", "--json")
    assert "kept in an external storage" in json.loads(shown.stdout)["output"]
    assert "external storage and can't be read here" in json.loads(shown.stdout)["note"]

    shell.write("httptask.toml", config + '[storage]\ndirectory = "elsewhere"\n')
    _, shown = await shell.run("runs", "show", "last", "--json")
    assert "can't be read" in json.loads(shown.stdout)["output"]
    assert "external storage and can't be read here" in json.loads(shown.stdout)["note"]

    shell.write("httptask.toml", config + '[storage]\ndirectory = "large.yaml"\n')
    code, command = await shell.run("run", "large.yaml", "--input", "{}")
    assert code == 2
    assert "storage.directory" in command.stderr
    assert "Traceback" not in command.stderr
