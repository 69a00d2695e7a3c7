"""`httptask run`: exit codes, output, and what it leaves behind."""

import asyncio
import json
import re
import signal
import socket

import pytest
from temporalio.client import Client

from httptask.cli.server import SharedServer
from httptask.testing import Reply, ScriptedServer
from support.chat import unmetered
from support.chat_streams import chunk, sse
from support.commands import Shell
from support.definitions import ASKS
from support.event_streams import SSE

KEY = "sk-sentinel-0123456789"

SETS = """
document: { dsl: 1.0.3, namespace: tests, name: sets, version: 1.0.0 }
input: { schema: { document: { type: object, required: [n], properties: { n: { type: integer } } } } }
do:
  - double: { set: { doubled: "${ $workflow.input.n * 2 }" } }
"""

FAILS = """
document: { dsl: 1.0.3, namespace: tests, name: fails, version: 1.0.0 }
do:
  - fine: { set: { a: 1 } }
  - broken:
      raise:
        error: { type: "https://example.com/stock", status: 409, title: Out of stock, detail: none left }
"""


TELLS = ASKS.replace("model: m,", "model: m, stream: true,")


async def test_result_is_json_on_stdout_and_progress_on_stderr(shell: Shell) -> None:
    shell.write("sets.yaml", SETS)
    code, command = await shell.run("run", "sets.yaml", "--input", '{"n": 21}')
    assert code == 0, command.stderr
    assert json.loads(command.stdout) == {"doubled": 42}
    assert "double: completed" in command.stderr
    assert shell.left_over() == []


TELLS_NOTHING = """
from httptask.cli import main
from httptask.interpreter.interpreter import Interpreter

def fail(_):
    raise ValueError

Interpreter.status = fail
main()
"""


@pytest.mark.usefixtures("one_server")
async def test_a_run_that_can_not_tell_its_state_has_a_result(shell: Shell) -> None:
    """Temporal then fails the query."""
    shell.write("sets.yaml", SETS)
    shell.script = str(shell.write("tells_nothing.py", TELLS_NOTHING))
    code, command = await shell.run("run", "sets.yaml", "--input", '{"n": 21}')
    assert (code, command.stdout) == (0, '{\n  "doubled": 42\n}\n'), command.stderr
    assert "Traceback" not in command.stderr


@pytest.mark.usefixtures("one_server")
async def test_failed_run_names_the_place(shell: Shell) -> None:
    shell.write("fails.yaml", FAILS)
    code, command = await shell.run("run", "fails.yaml", "--json")
    assert code == 1
    assert "fails.yaml:5:5: Out of stock\n  none left\n" in command.stderr
    assert "Traceback" not in command.stderr
    told = json.loads(command.stdout)
    assert (told["state"], told["error"]["status"]) == ("faulted", 409)
    assert shell.left_over() == []


async def test_bad_definition_or_input_is_2_and_starts_nothing(shell: Shell) -> None:
    shell.write("sets.yaml", SETS)
    shell.write("bad.yaml", SETS.replace("do:", "did:").lstrip())
    for arguments, message in (
        (["bad.yaml"], "bad.yaml:3:1: error["),
        (["absent.yaml"], "absent.yaml: no such file"),
        (["sets.yaml"], "no --input was given, and the definition asks for one"),
        (["sets.yaml", "-i", '{"n": 1}', "--fixtures", "absent"], "--fixtures: absent is not a folder"),
    ):
        code, command = await shell.run("run", *arguments)
        assert code == 2, command.stderr
        assert message in command.stderr
        assert "Traceback" not in command.stderr
    assert not (shell.folder / ".httptask").exists()


async def test_unreachable_cluster_is_3(shell: Shell) -> None:
    shell.write("sets.yaml", SETS)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # connects, and nobody ever answers
        for address in ("127.0.0.1:1", f"127.0.0.1:{silent.getsockname()[1]}"):
            command = await shell.start("run", "sets.yaml", "-i", '{"n": 1}', TEMPORAL_ADDRESS=address)
            assert await command.ends(seconds=20) == 3, command.stderr
            assert f"can't connect to Temporal at {address}" in command.stderr
    assert not (shell.folder / ".httptask").exists()


async def test_retries_are_explained_and_the_key_appears_nowhere(shell: Shell) -> None:
    shell.write("asks.yaml", ASKS)
    limited = Reply.json({"error": {"message": "slow down"}}, status=429, headers={"Retry-After": "1"})
    async with ScriptedServer([limited, unmetered("hi")]) as server:
        code, command = await shell.run(
            "run", "asks.yaml", OPENAI_BASE_URL=f"{server.url}/v1", OPENAI_API_KEY=KEY
        )
        assert code == 0, command.stderr
        assert json.loads(command.stdout) == "hi"
        keys = {request.headers["idempotency-key"] for request in server.requests}
    assert len(server.requests) == 2
    assert len(keys) == 1
    assert "ask: waiting  429 from 127.0.0.1" in command.stderr
    assert re.search(
        r"; waiting [01]\.\d s \(its Retry-After: 1 s\); attempt 2 of 5; same Idempotency-Key", command.stderr
    )
    assert KEY not in command.stdout + command.stderr
    for file in (shell.folder / ".httptask").iterdir():
        assert KEY.encode() not in file.read_bytes(), file


@pytest.mark.usefixtures("one_server")
async def test_recorded_run_can_be_repeated_offline(shell: Shell) -> None:
    shell.write("asks.yaml", ASKS)
    async with ScriptedServer([unmetered("hi")]) as server:
        environment = {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": KEY}
        code, recorded = await shell.run("run", "asks.yaml", "--record", "fixtures", **environment)
        assert code == 0, recorded.stderr
    del environment["OPENAI_API_KEY"]
    code, repeated = await shell.run("run", "asks.yaml", "--fixtures", "fixtures", **environment)
    assert code == 0, repeated.stderr
    assert repeated.stdout == recorded.stdout
    assert "simulated: answers come from fixtures, nothing is sent" in repeated.stderr
    assert "ask: completed" in repeated.stderr
    assert "; simulated\n" in repeated.stderr
    assert all(KEY not in file.read_text() for file in (shell.folder / "fixtures").iterdir())


@pytest.mark.usefixtures("one_server")
@pytest.mark.parametrize("budget", ["{}", "{ calls: 1 }"])
async def test_what_a_run_has_spent_is_told_however_it_ends(shell: Shell, budget: str) -> None:
    twice = ASKS.replace(
        "version: 1.0.0", f"version: 1.0.0, metadata: {{ httptask: {{ budget: {budget} }} }}"
    )
    shell.write("asks.yaml", twice + twice[twice.index("  - ask:") :].replace("ask:", "again:"))
    async with ScriptedServer([unmetered("hi")]) as server:
        environment = {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": KEY}
        code, command = await shell.run("run", "asks.yaml", "--json", **environment)
    calls = 2 - code
    assert (code, len(server.requests)) == (1 if "calls" in budget else 0, calls)
    spent = json.loads(command.stdout)["spent"]
    assert (spent["calls"], spent["questions"], spent["tokens"], spent["unmetered"]) == (calls, calls, 0, "m")
    assert f"\nspent {calls} model call{'s' * (calls - 1)}; usage of m not told\n" in command.stderr


async def state_of_the_only_run(shell: Shell) -> str:
    server = SharedServer(shell.folder / ".httptask")
    client = await Client.connect(await server.join())
    [execution] = [execution async for execution in client.list_workflows()]
    await server.leave()
    assert execution.status is not None
    return execution.status.name


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_interrupted_run_is_cancelled_and_leaves_nothing(shell: Shell, number: signal.Signals) -> None:
    shell.write("asks.yaml", ASKS)
    async with ScriptedServer([Reply.silence()]) as server:
        environment = {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": KEY}
        command = await shell.start("run", "asks.yaml", "--json", **environment)
        await server.requests_received(1)
        command.press(number)
        assert await command.ends() == 130
    assert json.loads(command.stdout)["state"] == "cancelled"
    assert "Traceback" not in command.stderr
    assert shell.left_over() == []
    assert await state_of_the_only_run(shell) == "CANCELED"


@pytest.mark.alone  # the second must come before the run has ended by the first
async def test_second_interrupt_terminates(shell: Shell) -> None:
    shell.write("asks.yaml", ASKS)
    async with ScriptedServer([Reply.silence()]) as server:
        command = await shell.start("run", "asks.yaml", OPENAI_BASE_URL=server.url, OPENAI_API_KEY=KEY)
        await server.requests_received(1)
        command.press(signal.SIGINT)
        await command.says("cancelling the run")
        command.press(signal.SIGINT)
        assert await command.ends() == 130
    assert shell.left_over() == []
    assert await state_of_the_only_run(shell) == "TERMINATED"


async def test_killed_run_makes_no_call_later(shell: Shell) -> None:
    shell.write("asks.yaml", ASKS)
    shell.write("waits.yaml", SETS.replace("do:\n", "do:\n  - pause: { wait: { seconds: 2 } }\n"))
    busy = Reply.of(status=503, headers={"Retry-After": "1"})
    async with ScriptedServer([busy, unmetered("hi")]) as server:
        environment = {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": KEY}
        command = await shell.start("run", "asks.yaml", **environment)
        await command.says("ask: waiting")
        command.process.kill()
        await command.ends()
        code, command = await shell.run("run", "waits.yaml", "-i", '{"n": 1}', **environment)
        assert code == 0, command.stderr
        assert len(server.requests) == 1
    assert shell.left_over() == []


async def test_runs_side_by_side_share_one_server(shell: Shell) -> None:
    shell.write("asks.yaml", ASKS)
    both_here = asyncio.Event()
    waiting: list[int] = []

    async def answer_when_both_are_here(_request: object) -> Reply:
        waiting.append(1)
        if len(waiting) == 2:
            both_here.set()
        await both_here.wait()
        return unmetered("hi")

    async with ScriptedServer(answer_when_both_are_here) as server:
        commands = [
            await shell.start("run", "asks.yaml", OPENAI_BASE_URL=server.url, OPENAI_API_KEY=KEY)
            for _ in range(2)
        ]
        await asyncio.wait_for(both_here.wait(), 30)
        codes = await asyncio.gather(*(command.ends() for command in commands))
    assert codes == [0, 0]
    assert shell.left_over() == []


def said(*texts: str) -> Reply:
    return Reply.of(sse(*(chunk({"content": text}) for text in texts), chunk({}, "stop")), headers=SSE)


def begun(*texts: str) -> Reply:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
    return Reply.silence(head + sse(*(chunk({"content": text}) for text in texts), end=b""))


@pytest.mark.usefixtures("one_server")
async def test_live_texts_are_shown_as_they_come_and_a_retry_says_so(shell: Shell) -> None:
    shell.write("tells.yaml", TELLS)
    final = said("Hello\n", KEY[:9], KEY[9:], "\x1b[31m [b]!")
    async with ScriptedServer([begun("Half ", "an "), final]) as server:
        command = await shell.start(
            "run", "tells.yaml", "--live", OPENAI_BASE_URL=f"{server.url}/v1", OPENAI_API_KEY=KEY
        )
        await command.says("ask> Half an ")
        assert command.stdout == ""
        server.drop_connections()
        assert await command.ends() == 0, command.stderr
    assert json.loads(command.stdout) == "Hello\n[redacted:OPENAI_API_KEY]\x1b[31m [b]!"
    told = [line for line in command.stderr.splitlines() if line.startswith(("ask>", "ask: attempt"))]
    assert told == [
        "ask> Half an ",
        "ask: attempt 2 begins, the text before it is void",
        "ask> Hello",
        "ask> [redacted:OPENAI_API_KEY]\ufffd[31m [b]!",
    ]
    assert command.stderr.endswith("\n")
    assert shell.left_over() == []


@pytest.mark.usefixtures("one_server")
async def test_texts_are_not_shown_without_live(shell: Shell) -> None:
    shell.write("tells.yaml", TELLS)
    async with ScriptedServer([said("Hello")]) as server:
        code, command = await shell.run(
            "run", "tells.yaml", OPENAI_BASE_URL=f"{server.url}/v1", OPENAI_API_KEY=KEY
        )
    assert (code, json.loads(command.stdout)) == (0, "Hello")
    assert "Hello" not in command.stderr


@pytest.mark.usefixtures("one_server")
async def test_live_says_what_it_needs(shell: Shell) -> None:
    shell.write(
        "quiet.yaml",
        "document: { dsl: 1.0.3, namespace: t, name: t, version: 1.0.0 }\ndo: [{ a: { set: { x: 1 } } }]",
    )
    code, command = await shell.run("run", "quiet.yaml", "--live")
    assert code == 0
    assert "write `stream: true` into a chatCompletion" in command.stderr
