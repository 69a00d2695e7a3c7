"""Spans of chat completions, by OpenTelemetry's conventions for generative AI."""

import asyncio
import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from httptask.chat.complete import complete
from httptask.chat.models import ChatRequest, Completion
from httptask.client.edge import Edge
from httptask.http.errors import HttpTaskError
from httptask.http.models import SecretReference
from httptask.testing import Reply, ScriptedServer
from support.chat_streams import chunk, sse
from support.connections import local_connection, secret_store
from support.edges import opened_edge
from support.encodings import forms_of
from support.event_streams import SSE

KEY = "canary-5f1c9d27e0b4z"
CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
MESSAGES: list[Any] = [{"role": "user", "content": "Hello"}]
BODY = {"model": "m", "messages": MESSAGES}


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)
    monkeypatch.delenv(CAPTURE, raising=False)
    yield exporter
    provider.shutdown()


async def ask(
    reply: Reply, body: Any = BODY, *, rules: Any = "strict", secrets: Any = (), **fields: Any
) -> Completion:
    async with ScriptedServer([reply]) as server, opened_edge(f"{server.url}/v1", KEY, **fields) as edge:
        return await complete(edge, ChatRequest(body=body, rules=rules, secrets=secrets))


def chat_span(spans: InMemorySpanExporter) -> ReadableSpan:
    [found] = [span for span in spans.get_finished_spans() if span.name.startswith("chat")]
    return found


def told(spans: InMemorySpanExporter) -> dict[str, Any]:
    return dict(chat_span(spans).attributes or {})


async def test_question_and_answer(spans: InMemorySpanExporter) -> None:
    body = {
        **BODY,
        "temperature": 1,
        "top_p": 0.5,
        "max_completion_tokens": 9,
        "seed": 7,
        "stop": "x",
        "response_format": {"type": "text"},
    }
    await ask(Reply.chat("Hi"), body)
    wire, chat = spans.get_finished_spans()
    assert (chat.name, chat.kind, chat.status.status_code) == ("chat m", SpanKind.CLIENT, StatusCode.UNSET)
    assert wire.name == "POST /v1/chat/completions"
    assert wire.parent is not None
    assert wire.parent.span_id == chat.context.span_id
    attributes = told(spans)
    assert attributes.pop("server.port") == (wire.attributes or {})["server.port"]
    assert attributes == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "m",
        "gen_ai.request.temperature": 1.0,
        "gen_ai.request.top_p": 0.5,
        "gen_ai.request.max_tokens": 9,
        "gen_ai.request.seed": 7,
        "gen_ai.request.stop_sequences": ("x",),
        "gen_ai.output.type": "text",
        "gen_ai.response.id": "c-1",
        "gen_ai.response.model": "m",
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.usage.input_tokens": 7,
        "gen_ai.usage.output_tokens": 3,
        "httptask.connection": "openai",
        "server.address": "127.0.0.1",
    }


async def test_stream_tells_time_to_first_token(spans: InMemorySpanExporter) -> None:
    stream = sse(chunk({"role": "assistant", "content": "Hi"}), chunk({}, "stop"))
    reply = Reply.of(stream, headers=SSE)
    completion = await ask(reply, {**BODY, "stream": True})
    assert told(spans)["gen_ai.request.stream"] is True
    assert told(spans)["gen_ai.response.time_to_first_chunk"] == completion.time_to_first_token


async def test_details_of_usage_and_choices(spans: InMemorySpanExporter) -> None:
    usage = {
        "prompt_tokens": 9,
        "completion_tokens": 8,
        "prompt_tokens_details": {"cached_tokens": 5, "cache_write_tokens": 4, "audio_tokens": 3},
        "completion_tokens_details": {"reasoning_tokens": 2, "audio_tokens": 1},
    }
    choices = [
        {"index": index, "finish_reason": reason, "message": {"content": "Hi"}}
        for index, reason in enumerate(["stop", "length"])
    ]
    await ask(Reply.json({"choices": choices, "usage": usage}), {**BODY, "n": 2}, provider="mistral")
    attributes = told(spans)
    assert attributes["gen_ai.provider.name"] == "mistral_ai"
    assert attributes["gen_ai.request.choice.count"] == 2
    assert attributes["gen_ai.response.finish_reasons"] == ("stop", "length")
    assert {
        key.removeprefix("gen_ai.usage."): value for key, value in attributes.items() if "usage" in key
    } == {
        "input_tokens": 9,
        "output_tokens": 8,
        "cache_read.input_tokens": 5,
        "cache_creation.input_tokens": 4,
        "reasoning.output_tokens": 2,
        "audio.input_tokens": 3,
        "audio.output_tokens": 1,
    }


async def test_failure(spans: InMemorySpanExporter) -> None:
    with pytest.raises(HttpTaskError):
        await ask(Reply.status(503))
    assert told(spans)["error.type"] == "HttpStatusError"
    assert chat_span(spans).status.status_code is StatusCode.ERROR
    assert not chat_span(spans).events


async def test_answer_that_does_not_fit_was_paid_for(
    spans: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CAPTURE, "true")
    messages = [{"role": "user", "content": "JSON please"}]
    with pytest.raises(HttpTaskError):
        await ask(
            Reply.chat("Hi"), {**BODY, "messages": messages, "response_format": {"type": "json_object"}}
        )
    attributes = told(spans)
    assert attributes["error.type"] == "OutputInvalid"
    assert attributes["gen_ai.output.type"] == "json"
    assert attributes["gen_ai.usage.output_tokens"] == 3
    assert json.loads(attributes["gen_ai.output.messages"])[0]["parts"] == [{"type": "text", "content": "Hi"}]


async def test_cancelled(spans: InMemorySpanExporter) -> None:
    async with ScriptedServer([Reply.silence()]) as server, opened_edge(f"{server.url}/v1") as edge:
        asking = asyncio.create_task(complete(edge, ChatRequest(body=BODY)))
        await server.requests_received(1)
        asking.cancel()
        await asyncio.wait([asking])
    assert asking.cancelled()
    assert told(spans)["error.type"] == "Cancelled"


async def test_base_url_that_is_a_secret(spans: InMemorySpanExporter) -> None:
    async with ScriptedServer([Reply.chat("Hi")]) as server:
        connection = local_connection("openai", "$secrets.BASE")
        edge = Edge({"openai": connection}, secret_store({"BASE": f"{server.url}/v1"}))
        await complete(edge, ChatRequest(body=BODY))
        await edge.aclose()
    assert "server.address" not in told(spans)


async def test_no_content_unless_asked_for(
    spans: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    for setting in ("", "false", "no_content", "event_only"):
        monkeypatch.setenv(CAPTURE, setting)
        spans.clear()
        await ask(Reply.chat("Hi"))
        assert not {"gen_ai.input.messages", "gen_ai.output.messages"} & told(spans).keys()


async def test_content(spans: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CAPTURE, "True")
    call = {"id": "c0", "type": "function", "function": {"name": "lamp", "arguments": '{"on": true}'}}
    image = {"type": "image_url", "image_url": {"url": "https://example.com/lamp.png"}}
    messages = [
        {"role": "user", "content": [{"type": "text", "text": "Look"}, image]},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c0", "content": "done"},
    ]
    message = {
        "reasoning_content": "Hm",
        "content": "Grüße",
        "refusal": "No",
        "tool_calls": [{**call, "function": {"name": "lamp", "arguments": "{"}}],
    }
    answer = {"choices": [{"index": 0, "finish_reason": "tool_calls", "message": message}]}
    await ask(Reply.json(answer), {**BODY, "messages": messages})
    assert json.loads(told(spans)["gen_ai.input.messages"]) == [
        {"role": "user", "parts": [{"type": "text", "content": "Look"}, image]},
        {
            "role": "assistant",
            "parts": [{"type": "tool_call", "id": "c0", "name": "lamp", "arguments": {"on": True}}],
        },
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c0", "response": "done"}]},
    ]
    assert json.loads(told(spans)["gen_ai.output.messages"]) == [
        {
            "role": "assistant",
            "parts": [
                {"type": "reasoning", "content": "Hm"},
                {"type": "text", "content": "Grüße"},
                {"type": "refusal", "refusal": "No"},
                {"type": "tool_call", "id": "c0", "name": "lamp", "arguments": "{"},
            ],
            "finish_reason": "tool_calls",
        }
    ]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("n", [1, 2])
async def test_content_holds_no_secret(
    spans: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch, stream: bool, n: int
) -> None:
    monkeypatch.setenv(CAPTURE, "true")
    said = " ".join(
        [KEY, *(base64.b64encode(f"{before}{KEY}".encode()).decode() for before in ("", "x", "xx"))]
    )
    messages = [{"role": "user", "content": "by name: "}, {"role": "user", "content": f"by value: {said}"}]
    secret = SecretReference(pointer="/messages/0/content", offset=9, name="KEY")
    body = {**BODY, "messages": messages, "stream": stream, "n": n}
    choices = [
        {"index": index, "finish_reason": "stop", "message": {"content": said, "x": {said: said}}}
        for index in range(n)
    ]
    if stream:
        events = [chunk({"content": said}, index=index) for index in range(n)]
        ends = [chunk({}, "stop", index=index) for index in range(n)]
        reply = Reply.of(sse(*events, *ends), headers=SSE)
    else:
        reply = Reply.json({"id": said, "model": said, "choices": choices})
    await ask(reply, body, secrets=(secret,))
    exported = "".join(span.to_json() for span in spans.get_finished_spans()).encode()
    assert b"by name" in exported
    assert b"redacted:KEY" in exported
    assert not [form for form in forms_of(KEY) if form in exported]


@pytest.mark.parametrize(
    "odd",
    [
        {"messages": [7, {"role": "assistant", "content": 5, "tool_calls": [None, {"function": "f"}]}]},
        {"messages": [{"role": "user", "content": [1, {"type": "text", "text": 2}], "tool_calls": 3}]},
        {"modalities": 4, "response_format": "json", "stop": 5, "n": "2", "max_tokens": "x"},
        {"stop": [1], "modalities": [{}], "temperature": "hot"},
    ],
)
async def test_odd_requests_that_no_rule_stops_are_sent(
    spans: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch, odd: Any
) -> None:
    monkeypatch.setenv(CAPTURE, "true")
    completion = await ask(Reply.chat("Hi"), {**BODY, **odd}, rules="off")
    assert completion.text == "Hi"
    assert chat_span(spans)


async def test_costs_little_without_a_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", None)
    monkeypatch.setenv(CAPTURE, "true")

    def unexpected(*_: Any) -> Any:
        raise AssertionError

    for work in ("_of_request", "_of_answer", "input_messages", "output_messages"):
        monkeypatch.setattr(f"httptask.chat.telemetry.spans.{work}", unexpected)
    assert (await ask(Reply.chat("Hi"))).text == "Hi"
