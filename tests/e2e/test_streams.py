"""A worker that is killed in the middle of streams of tokens: each run has one final answer, and it is whole."""

import asyncio
import signal
from collections import Counter

import pytest

from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.chat_streams import call, chunk, sse
from support.cluster import address_of
from support.commands import Shell
from support.event_streams import CHUNKED
from support.runs import temporal_server

TALK = """
document: { dsl: 1.0.3, namespace: test, name: talk, version: 1.0.0 }
do:
  - ask:
      call: chatCompletion
      with: { model: talker, stream: true, messages: [{ role: user, content: Hello }] }
      output: { as: .text }
"""
AGENT = """
document: { dsl: 1.0.3, namespace: test, name: agent, version: 1.0.0 }
do:
  - ask:
      call: chatCompletion
      with:
        model: agent
        stream: true
        messages: [{ role: user, content: Turn on both lamps }]
        tools: [{ type: function, function: { name: lamp, parameters: { type: object } } }]
        handlers:
          lamp:
            do:
              - switch: { call: httpRequest, with: { method: post, connection: home, path: "/lamps/{room}", body: {} } }
      output: { as: .text }
"""
HALF = sse(chunk({"content": "Half an "}), end=b"")
BEGUN = Reply.silence(CHUNKED + b"%x\r\n%b\r\n" % (len(HALF), HALF))
WHOLE = Reply.of(sse(chunk({"content": "A whole "}), chunk({"content": "answer"}), chunk({}, "stop")))
LAMPS = Reply.of(
    sse(
        call(0, "lamp", '{"room": "hall"}', id="c0"),
        call(1, "lamp", '{"room": "attic"}', id="c1"),
        chunk({}, "tool_calls"),
    )
)


class Models:
    """Two models; each falls silent in the middle of the first answer that is its last word."""

    def __init__(self) -> None:
        self.silent = asyncio.Semaphore(0)
        self.final: dict[str, list[str]] = {}
        """Idempotency keys of the requests for last words, by model."""

    def __call__(self, request: ServedRequest) -> Reply:
        body = request.json()
        if body["model"] == "agent" and len(body["messages"]) == 1:
            return LAMPS
        keys = self.final.setdefault(body["model"], [])
        keys.append(request.headers["idempotency-key"])
        if len(keys) > 1:
            return WHOLE
        self.silent.release()
        return BEGUN


@pytest.mark.long
async def test_worker_is_killed_in_the_middle(shell: Shell) -> None:
    models = Models()
    shell.write("definitions/talk.yaml", TALK)
    shell.write("definitions/agent.yaml", AGENT)
    async with (
        ScriptedServer(models) as server,
        ScriptedServer([Reply.json({"on": True})]) as home,
        temporal_server() as environment,
    ):
        shell.write(
            "httptask.toml",
            f'[connections.openai]\nbase_url = "{server.url}"\nallow_private = ["loopback"]\n'
            f'[connections.home]\nbase_url = "{home.url}"\nallow_private = ["loopback"]\n',
        )
        shell.environment["TEMPORAL_ADDRESS"] = address_of(environment)
        worker = await shell.start("worker", "--definitions", "definitions")
        await worker.says("worker.started")
        handles = [
            await environment.client.start_workflow(name, {}, id=name, task_queue="httptask", result_type=str)
            for name in ("talk", "agent")
        ]
        for _ in handles:
            await models.silent.acquire()
        worker.process.send_signal(signal.SIGKILL)
        await worker.ends()
        await server.client_left()
        await shell.start("worker", "--definitions", "definitions")
        assert [await handle.result() for handle in handles] == ["A whole answer"] * 2

    assert {name: len(set(keys)) for name, keys in models.final.items()} == {"talker": 1, "agent": 1}
    assert {name: len(keys) for name, keys in models.final.items()} == {"talker": 2, "agent": 2}
    assert Counter(request.target for request in home.requests) == {"/lamps/hall": 1, "/lamps/attic": 1}
