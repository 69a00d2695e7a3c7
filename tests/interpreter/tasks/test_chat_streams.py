"""`stream: true` of a chat completion: the output is the same as without it, in one attempt of one activity."""

import asyncio
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from httptask.dsl.compile import compile_definition
from httptask.plugin import fetch_status
from httptask.testing import Reply, ScriptedServer
from httptask.testrequest import Sample, plan_request, send_once
from support.chat_streams import chunk, sse
from support.connections import local_connection
from support.definitions import parse
from support.event_streams import CHUNKED, SSE
from support.runs import Outcome, Runner, running, stream_heartbeat

USAGE = {"prompt_tokens": 5, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 4}}
COUNTS = {"id": "c-1", "choices": [], "usage": USAGE}


def definition(**fields: str) -> str:
    others = "".join(f", {name}: {value}" for name, value in fields.items())
    return (
        "do: [{ ask: { call: chatCompletion, with: { model: m, stream: true, "
        f"messages: [{{ role: user, content: Hello }}]{others} }} }} }}]"
    )


def streamed(*chunks: Any, **headers: str) -> Reply:
    return Reply.of(sse(*chunks), headers={**SSE, **headers})


def said(*texts: str) -> Reply:
    return streamed(*(chunk({"content": text}) for text in texts), chunk({}, "stop"), COUNTS)


def cut(*texts: str) -> Reply:
    events = sse(*(chunk({"content": text}) for text in texts), end=b"")
    return Reply(CHUNKED + b"%x\r\n%b\r\n" % (len(events), events), close=True)


async def run(
    temporal: WorkflowEnvironment, replies: list[Reply], text: str
) -> tuple[Outcome, ScriptedServer]:
    async with ScriptedServer(replies) as server, running_to(temporal, server) as runner:
        return await runner.run(text), server


def running_to(temporal: WorkflowEnvironment, server: ScriptedServer) -> Any:
    return running(temporal, connections={"openai": local_connection("openai", server.url)})


async def test_output(temporal: WorkflowEnvironment) -> None:
    outcome, server = await run(temporal, [said("Hel", "lo")], definition())
    output = outcome.output
    assert (output["text"], output["finish_reason"], output["id"]) == ("Hello", "stop", "c-1")
    assert output["usage"]["cached_tokens"] == 4
    assert 0 < output["time_to_first_token"] < 10
    assert server.requests[0].json()["stream"] is True
    assert "stream_options" not in server.requests[0].json()


async def test_output_is_the_apis_body(temporal: WorkflowEnvironment) -> None:
    outcome, _ = await run(temporal, [said("Hello")], definition(output="response"))
    assert outcome.output["object"] == "chat.completion"
    assert outcome.output["choices"][0]["message"]["content"] == "Hello"
    assert outcome.output["usage"] == USAGE


async def test_cut_stream_is_asked_for_again(temporal: WorkflowEnvironment) -> None:
    outcome, server = await run(temporal, [cut("Half an "), said("Hello")], definition())
    assert (outcome.output["text"], len(server.requests)) == ("Hello", 2)
    assert len({request.headers["idempotency-key"] for request in server.requests}) == 1


@pytest.mark.parametrize(
    ("error", "requests", "kind"),
    [
        ({"code": 500, "message": "oops"}, 2, None),
        ({"code": "insufficient_quota", "message": "pay"}, 1, "QuotaExhausted"),
        ({"code": 400, "message": "bad"}, 1, "HttpStatusError"),
        ({"message": "odd"}, 1, "ResponseInvalid"),
    ],
)
async def test_error_in_the_middle(
    temporal: WorkflowEnvironment, error: Any, requests: int, kind: str | None
) -> None:
    failing = streamed(chunk({"content": "Half an "}), {"error": error})
    outcome, server = await run(temporal, [failing, said("Hello")], definition())
    assert len(server.requests) == requests
    if kind is None:
        assert outcome.output["text"] == "Hello"
    else:
        assert outcome.problem["error"] == kind
        assert outcome.problem["details"]["partial_text"] == "Half an "


async def test_answer_that_does_not_fit_is_asked_for_again(temporal: WorkflowEnvironment) -> None:
    wanted = "{ type: json_schema, json_schema: { name: a, schema: { type: object, required: [n] } } }"
    text = definition(response_format=wanted, reask="1")
    outcome, server = await run(temporal, [said("{", "}"), said('{"n"', ": 1}")], text)
    assert (outcome.output["json"], len(server.requests)) == ({"n": 1}, 2)
    assert outcome.output["usage"]["prompt_tokens"] == 10
    assert outcome.output["usage"]["cached_tokens"] == 8
    assert outcome.output["usage"]["reasoning_tokens"] is None


async def test_heartbeats_hold_counts_only(temporal: WorkflowEnvironment) -> None:
    events = sse(chunk({"content": "first-words"}), chunk({"content": "second-words"}), end=b"")
    reply = Reply.silence(CHUNKED + b"%x\r\n%b\r\n" % (len(events), events))
    async with ScriptedServer([reply]) as server, running_to(temporal, server) as runner:
        handle = await runner.start(definition())
        beats = await stream_heartbeat(handle)
        status = await fetch_status(handle)
        assert b'{"events":2,"bytes":' in beats
        assert b"words" not in beats
        assert status.tasks[0].detail == f"2 events, {len(events)} bytes so far"
        await handle.cancel()
        async with asyncio.timeout(2):
            await server.client_left()


async def test_test_request(temporal: WorkflowEnvironment) -> None:
    compiled = compile_definition(parse(definition()))
    assert compiled.program is not None
    async with ScriptedServer([said("Hel", "lo")]) as server, running_to(temporal, server) as found:
        runner: Runner = found
        tested = await send_once(
            runner.client, runner.task_queue, plan_request(compiled.program, "ask", Sample())
        )
    assert tested.downstream["text"] == "Hello"
