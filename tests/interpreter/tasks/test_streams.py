"""`stream`: the events of a response as the output of a task, in one attempt of one activity."""

import asyncio
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from httptask.plugin import fetch_status
from httptask.testing import Reply, ScriptedServer
from support.connections import local_connection
from support.event_streams import CHUNKED
from support.runs import Outcome, running, stream_heartbeat


def piece(*data: str) -> bytes:
    body = "".join(f"data: {text}\n\n" for text in data).encode()
    return b"%x\r\n%b\r\n" % (len(body), body)


TOKENS = CHUNKED + piece(
    '{"delta":{"content":"Hel"}}', '{"delta":{"content":"lo"}}', '{"delta":{}}', "[DONE]"
)


def definition(stream: str, **rest: str) -> str:
    others = "".join(f", {name}: {value}" for name, value in rest.items())
    return (
        "do: [{ listen: { call: httpRequest, with: "
        f"{{ method: get, connection: feed, path: /events, stream: {stream} }}{others} }} }}]"
    )


async def run(temporal: WorkflowEnvironment, replies: list[Reply], text: str) -> tuple[Outcome, int]:
    async with ScriptedServer(replies) as server:
        feed = {"feed": local_connection("feed", server.url)}
        async with running(temporal, connections=feed) as runner:
            return await runner.run(text), len(server.requests)


@pytest.mark.parametrize(
    ("text", "output"),
    [
        (definition('{ each: "${ .delta.content // empty }" }', output="{ as: '${ join(\"\") }' }"), "Hello"),
        (definition("{ take: last }"), {"delta": {}}),
        (definition("{ format: sse, limit: 1 }"), [{"delta": {"content": "Hel"}}]),
    ],
)
async def test_output(temporal: WorkflowEnvironment, text: str, output: Any) -> None:
    outcome, requests = await run(temporal, [Reply(TOKENS)], text)
    assert (outcome.problem, outcome.output, requests) == ({}, output, 1)


async def test_response_with_events_for_its_content(temporal: WorkflowEnvironment) -> None:
    text = definition("{ each: .delta.content }").replace("path:", "output: response, path:")
    outcome, _ = await run(temporal, [Reply(TOKENS)], text)
    assert outcome.output["statusCode"] == 200
    assert outcome.output["content"] == ["Hel", "lo", None]


async def test_cut_stream_is_made_again(temporal: WorkflowEnvironment) -> None:
    cut = Reply(TOKENS[:-20], close=True)
    outcome, requests = await run(temporal, [cut, Reply(TOKENS)], definition("{ each: .delta.content }"))
    assert (outcome.output, requests) == (["Hel", "lo", None], 2)


async def test_expression_that_fails_is_a_fault_of_the_definition(temporal: WorkflowEnvironment) -> None:
    outcome, requests = await run(temporal, [Reply(TOKENS)], definition("{ each: .delta.content.x }"))
    assert requests == 1
    assert outcome.problem["type"].endswith("/expression")
    assert (outcome.problem["error"], outcome.problem["instance"]) == ("SelectionFailed", "/do/0/listen")
    assert "/do/0/listen/with/stream/each: Cannot index" in outcome.problem["detail"]


async def test_cancelled_run_closes_the_connection_and_its_heartbeats_hold_counts_only(
    temporal: WorkflowEnvironment,
) -> None:
    reply = Reply.silence(CHUNKED + piece("first-words", "second-words"))
    async with ScriptedServer([reply]) as server:
        feed = {"feed": local_connection("feed", server.url)}
        async with running(temporal, connections=feed) as runner:
            handle = await runner.start(definition("{ take: all }"))
            beats = await stream_heartbeat(handle)
            status = await fetch_status(handle)
            assert b'{"events":2,"bytes":' in beats
            assert b"words" not in beats
            assert status.tasks[0].detail == "2 events, 39 bytes so far"
            await handle.cancel()
            async with asyncio.timeout(2):
                await server.client_left()
