"""A worker that is killed in the middle of a stream of tokens: the run has one final answer, and it is whole."""

import signal

import pytest

from httptask.testing import Reply, ScriptedServer
from support.chat_streams import chunk, sse
from support.cluster import address_of
from support.commands import Shell
from support.runs import temporal_server

DEFINITION = """
document: { dsl: 1.0.3, namespace: test, name: talk, version: 1.0.0 }
do:
  - ask:
      call: chatCompletion
      with: { model: m, stream: true, messages: [{ role: user, content: Hello }] }
      output: { as: .text }
"""
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
HALF = sse(chunk({"content": "Half an "}), end=b"")


@pytest.mark.long
async def test_worker_is_killed_in_the_middle(shell: Shell) -> None:
    begun = Reply.silence(HEAD + b"%x\r\n%b\r\n" % (len(HALF), HALF))
    whole = Reply.of(sse(chunk({"content": "A whole "}), chunk({"content": "answer"}), chunk({}, "stop")))
    shell.write("definitions/talk.yaml", DEFINITION)
    async with ScriptedServer([begun, whole]) as server, temporal_server() as environment:
        shell.write(
            "httptask.toml",
            f'[connections.openai]\nbase_url = "{server.url}"\nallow_private = ["loopback"]\n',
        )
        shell.environment["TEMPORAL_ADDRESS"] = address_of(environment)
        worker = await shell.start("worker", "--definitions", "definitions")
        await worker.says("worker.started")
        handle = await environment.client.start_workflow(
            "talk", {}, id="talk", task_queue="httptask", result_type=str
        )
        await server.requests_received(1)
        worker.process.send_signal(signal.SIGKILL)
        await worker.ends()
        await server.client_left()
        await shell.start("worker", "--definitions", "definitions")
        assert await handle.result() == "A whole answer"
    first, second = server.requests
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
