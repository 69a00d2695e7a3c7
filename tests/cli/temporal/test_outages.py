"""Temporal that is killed at a given moment: whichever it is, a command ends in one line, and nothing goes on."""

import json
import os
import signal

import pytest
from temporalio.service import RPCError, RPCStatusCode

from httptask.cli.server import SharedServer
from httptask.cli.temporal.outages import not_connected, outages_reported
from httptask.cli.terminal.errors import CliError, ExitCode
from httptask.testing import Reply, ScriptedServer
from support.commands import Shell

DOOMED = """
import contextlib, json, os, signal, socket, sys
from pathlib import Path
import psutil
import temporalio.bridge.worker, temporalio.client, temporalio.service
import httptask.cli.temporal.worker
from httptask.cli import main

moment = sys.argv.pop(1)

killed = []

def kill_the_server():
    if not killed:
        server = json.loads(Path(".httptask/server.json").read_text())
        killed.append(server["pid"])
        if moment == "hanging":
            httptask.cli.temporal.worker._PATIENCE_SECONDS = 2.0
            os.kill(killed[0], signal.SIGSTOP)
            while psutil.Process(killed[0]).status() != psutil.STATUS_STOPPED:
                pass  # its other threads may still answer
            return
        os.kill(killed[0], signal.SIGKILL)
        host, _, port = server["address"].rpartition(":")
        with contextlib.suppress(ConnectionError):
            while True:  # a kill takes its time, and only a parent could wait for its end
                socket.create_connection((host, int(port))).close()

def doom(owner, name):
    original = getattr(owner, name)
    def doomed(*arguments, **options):
        kill_the_server()
        return original(*arguments, **options)
    setattr(owner, name, doomed)

connect = temporalio.client.Client.connect
impatient = temporalio.service.RetryConfig(max_elapsed_time_millis=500)

def connect_impatiently(*arguments, **options):
    if moment == "connecting" and "plugins" in options:  # others look whether the server is up
        kill_the_server()
    return connect(*arguments, **options, retry_config=impatient)

temporalio.client.Client.connect = connect_impatiently
client, worker = temporalio.client, temporalio.bridge.worker.Worker
match moment:
    case "creating": doom(worker, "create")
    case "validating": doom(worker, "validate")
    case "starting": doom(client.Client, "start_workflow")
    case "sending": doom(client.Client, "start_activity")
    case "following" | "hanging": doom(client.WorkflowHandle, "result")
    case "polling": doom(worker, "poll_workflow_activation")
    case "listing": doom(temporalio.service.WorkflowService, "list_workflow_executions")
    case "stopping": doom(worker, "initiate_shutdown")
main()
"""

ASKS = """
document: { dsl: 1.0.3, namespace: tests, name: asks, version: 1.0.0 }
do:
  - ask: { call: httpRequest, with: { method: get, connection: local, path: / } }
"""

RUN = ("run", "asks.yaml")
TEST = ("test-request", "asks.yaml", "ask")
DEV = ("dev", "--no-designer", "--port", "0")
LIST = ("runs", "list")

MOMENTS = [
    *(("connecting", command) for command in (RUN, TEST, DEV, LIST)),
    *(("validating", command) for command in (RUN, TEST, DEV)),
    ("starting", RUN),
    ("sending", TEST),
    ("following", RUN),
    ("hanging", RUN),
    ("polling", DEV),
    ("listing", LIST),
]


@pytest.fixture
def doomed(shell: Shell) -> Shell:
    shell.write("doomed.py", DOOMED)
    shell.write("asks.yaml", ASKS)
    shell.script = "doomed.py"
    return shell


def configure(shell: Shell, server: ScriptedServer) -> None:
    shell.write(
        "httptask.toml", f'[connections.local]\nbase_url = "{server.url}"\nallow_private = ["loopback"]\n'
    )


@pytest.mark.parametrize(
    ("moment", "command"), MOMENTS, ids=[f"{moment}-{command[0]}" for moment, command in MOMENTS]
)
async def test_one_line_and_exit_code_3(doomed: Shell, moment: str, command: tuple[str, ...]) -> None:
    async with ScriptedServer([Reply.silence()]) as server:
        configure(doomed, server)
        code, ended = await doomed.run(moment, *command)

    assert code == 3, ended.stderr
    *_, error, hint = ended.stderr.splitlines()
    assert error.startswith("error: lost Temporal at 127.0.0.1:")
    assert hint.startswith("  hint: check that it is up and start again;")
    assert "Traceback" not in ended.stderr
    assert doomed.left_over() == []


@pytest.mark.parametrize(
    ("status", "message"),
    [("UNKNOWN", "lost Temporal at h:1: broken"), ("NOT_FOUND", "Temporal at h:1: broken")],
)
def test_a_connection_that_breaks_is_not_taken_for_a_refusal(status: str, message: str) -> None:
    with pytest.raises(CliError) as raised, outages_reported("h:1"):
        raise RPCError("broken", RPCStatusCode[status], b"")

    assert (raised.value.message, raised.value.exit_code) == (message, ExitCode.UNREACHABLE)


@pytest.mark.long
async def test_a_worker_that_can_not_begin(doomed: Shell) -> None:
    doomed.write("asks.yaml", ASKS.replace("connection: local, path: /", "endpoint: https://example.com"))
    server = SharedServer(doomed.folder / ".httptask")
    address = await server.join()
    ended = await doomed.start("creating", "worker", "-d", ".", TEMPORAL_ADDRESS=address)
    code = await ended.ends()  # Temporal's SDK tries for ten seconds, twice
    await server.leave()

    assert code == 3, ended.stderr
    assert f"error: lost Temporal at {address}: tcp connect error\n" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert doomed.left_over() == []


async def test_a_server_that_is_killed_under_a_worker_that_waits(shell: Shell) -> None:
    shell.write("asks.yaml", ASKS.replace("connection: local, path: /", "endpoint: https://example.com"))
    command = await shell.start(*DEV)
    await command.says("start one:")
    os.kill(json.loads((shell.folder / ".httptask/server.json").read_text())["pid"], signal.SIGKILL)

    assert await command.ends(seconds=10) == 3, command.stderr
    assert "error: lost Temporal at 127.0.0.1:" in command.stderr
    assert shell.left_over() == []


async def test_a_result_that_is_there_is_kept(doomed: Shell) -> None:
    async with ScriptedServer([Reply.json({"in stock": 3})]) as server:
        configure(doomed, server)
        code, ended = await doomed.run("stopping", *RUN)

    assert code == 0, ended.stderr
    assert json.loads(ended.stdout) == {"in stock": 3}
    assert "Traceback" not in ended.stderr
    assert doomed.left_over() == []


@pytest.mark.parametrize(
    ("told", "reason", "cure"),
    [
        pytest.param(
            "ConnectError(Custom { kind: InvalidData, error: InvalidCertificate(UnknownIssuer) })",
            "its certificate is not trusted",
            "TEMPORAL_TLS_SERVER_CA_CERT_PATH",
            id="certificate",
        ),
        pytest.param(
            'call error after connection: Status { code: Unauthenticated, message: "Request unauthorized." }',
            "it does not know who asks",
            "TEMPORAL_API_KEY",
            id="credentials",
        ),
        pytest.param(
            'ConnectError(Custom { kind: UnexpectedEof, error: "tls handshake eof" })',
            "it does not answer by TLS",
            "TEMPORAL_TLS",
            id="no-tls",
        ),
        pytest.param(
            'ConnectError(ConnectError("tcp connect error", 127.0.0.1:1, Os { message: "Connection refused" }))',
            "Connection refused",
            "TEMPORAL_ADDRESS",
            id="refused",
        ),
        pytest.param("", "it does not answer in time", "TEMPORAL_ADDRESS", id="in-time"),
    ],
)
def test_why_there_is_no_connection_is_told(told: str, reason: str, cure: str) -> None:
    error = not_connected("there:7233", RuntimeError(told))
    assert error.message == f"can't connect to Temporal at there:7233: {reason}"
    assert error.hint is not None
    assert cure in error.hint
