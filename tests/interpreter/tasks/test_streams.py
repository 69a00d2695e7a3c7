"""`stream`: the events of a response as the output of a task, in one attempt of one activity."""

import asyncio
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from httptask.connections import Connection
from httptask.plugin import fetch_status
from httptask.testing import DefinitionFailed, HttpTaskEnvironment, Reply, ScriptedServer
from support.connections import local_connection
from support.definitions import parse
from support.event_streams import CHUNKED, chunked
from support.runs import running, stream_heartbeat

FEED = Connection(name="feed", base_url="https://feed.example.com")
TOKENS = [{"delta": {"content": "Hel"}}, {"delta": {"content": "lo"}}, {"delta": {}}, "[DONE]"]


@pytest.fixture
def env(httptask_env: HttpTaskEnvironment) -> HttpTaskEnvironment:
    httptask_env.connections["feed"] = FEED
    httptask_env.script = [Reply.events(TOKENS)]
    return httptask_env


def definition(stream: str, **rest: str) -> str:
    others = "".join(f", {name}: {value}" for name, value in rest.items())
    return (
        "do: [{ listen: { call: httpRequest, with: "
        f"{{ method: get, connection: feed, path: /events, stream: {stream} }}{others} }} }}]"
    )


@pytest.mark.parametrize(
    ("text", "output"),
    [
        (definition('{ each: "${ .delta.content // empty }" }', output="{ as: '${ join(\"\") }' }"), "Hello"),
        (definition("{ take: last }"), {"delta": {}}),
        (definition("{ format: sse, limit: 1 }"), [{"delta": {"content": "Hel"}}]),
    ],
)
async def test_output(env: HttpTaskEnvironment, text: str, output: Any) -> None:
    assert await env.run(parse(text)) == output


async def test_response_with_events_for_its_content(env: HttpTaskEnvironment) -> None:
    text = definition("{ each: .delta.content }").replace("path:", "output: response, path:")
    output = await env.run(parse(text))
    assert (output["statusCode"], output["content"]) == (200, ["Hel", "lo", None])


async def test_cut_stream_is_made_again(env: HttpTaskEnvironment) -> None:
    env.script = [Reply.events(TOKENS, cut_at=2), Reply.events(TOKENS)]
    assert await env.run(parse(definition("{ each: .delta.content }"))) == ["Hel", "lo", None]
    assert len(env.requests) == 2


async def test_expression_that_fails_is_a_fault_of_the_definition(env: HttpTaskEnvironment) -> None:
    with pytest.raises(DefinitionFailed) as failed:
        await env.run(parse(definition("{ each: .delta.content.x }")))
    problem = failed.value.problem
    assert len(env.requests) == 1
    assert problem["type"].endswith("/expression")
    assert (problem["error"], problem["instance"]) == ("SelectionFailed", "/do/0/listen")
    assert "/do/0/listen/with/stream/each: Cannot index" in problem["detail"]


async def test_cancelled_run_closes_the_connection_and_its_heartbeats_hold_counts_only(
    temporal: WorkflowEnvironment,
) -> None:
    reply = Reply.silence(CHUNKED + chunked(b"data: first-words\n\ndata: second-words\n\n"))
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
