"""Streamed answers of chat completions, byte by byte as servers send them, and what each amounts to."""

import json
from dataclasses import dataclass, field
from typing import Any, Literal

from httptask.http import errors

__all__ = ["CALLS", "FAILURES", "STREAMS", "Failure", "Streamed", "call", "chunk", "sse"]

DONE = b"data: [DONE]\n\n"
HEAD = {"id": "c-1", "model": "m-1"}
FULL_HEAD = {"id": "c-1", "object": "chat.completion.chunk", "created": 17, "model": "m-1"}
USAGE = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}


@dataclass(frozen=True)
class Streamed:
    """A complete answer.

    Attributes:
        message: what the message of choice 0 has to hold; with `None` for what it must not.
        others: what the body has to hold besides, by dotted path.
        wanted: `n` of the request.
    """

    name: str
    body: bytes
    message: dict[str, Any] = field(default_factory=dict[str, Any])
    finish: str | None = "stop"
    others: dict[str, Any] = field(default_factory=dict[str, Any])
    wanted: int = 1


@dataclass(frozen=True)
class Failure:
    """An answer that is none.

    Attributes:
        end: how it ends: with a length that is complete, or with its connection.
        partial: what had come of the text.
    """

    name: str
    body: bytes
    kind: type[errors.HttpTaskError]
    retryable: bool
    message: str
    end: Literal["length", "close"] = "length"
    partial: str | None = None
    wanted: int = 1


def chunk(
    delta: Any = None, finish: Any = None, /, index: Any = 0, *, fields: Any = None, **choice: Any
) -> dict[str, Any]:
    """A chunk with one choice."""
    head = HEAD | (fields or {})
    return {**head, "choices": [{"index": index, "delta": delta, "finish_reason": finish, **choice}]}


def sse(*chunks: Any, end: bytes = DONE) -> bytes:
    """Events of JSON data."""
    return b"".join(b"data: " + dumped(one) + b"\n\n" for one in chunks) + end


def dumped(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def said(text: str) -> dict[str, Any]:
    return chunk({"content": text})


def call(index: Any = None, /, name: Any = None, arguments: Any = None, **fields: Any) -> dict[str, Any]:
    """A delta with one call of a tool; what is None is not there."""
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    parts = {"index": index, **fields, "function": function or None}
    return chunk({"tool_calls": [{key: value for key, value in parts.items() if value is not None}]})


def called(*calls: tuple[str | None, str, str]) -> dict[str, Any]:
    """The finished calls of a message."""
    found = [
        {"id": id_, "type": "function", "function": {"name": name, "arguments": arguments}}
        for id_, name, arguments in calls
    ]
    return {"tool_calls": found, "content": None}


ROLE = chunk({"role": "assistant", "content": "", "refusal": None})
STOP = chunk({}, "stop")
CALLS = chunk({}, "tool_calls")
COUNTS = {**HEAD, "choices": [], "usage": USAGE}
HI = sse(ROLE, said("H"), said("i"), STOP)
ANSWER = {"id": "c-1", "choices": [{"index": 0, "message": {"content": "Hi"}, "finish_reason": "stop"}]}
TEXT = {"content": "Hi", "role": "assistant", "refusal": None}


def _lines(separator: bytes) -> bytes:
    return HI.replace(b"\n", separator)


OPENAI = [
    Streamed("text", sse({**FULL_HEAD, **ROLE}, {**FULL_HEAD, **said("Hi")}, {**FULL_HEAD, **STOP}), TEXT, others={"id": "c-1", "model": "m-1", "object": "chat.completion", "created": 17}),
    Streamed("usage", sse(ROLE, said("Hi"), STOP, COUNTS), TEXT, others={"usage": USAGE}),
    Streamed(
        "usage null until its chunk",
        sse(chunk({"content": "Hi"}, fields={"usage": None}), chunk({}, "stop", fields={"usage": None}), COUNTS),
        TEXT,
        others={"usage": USAGE},
    ),
    Streamed("obfuscation", sse(chunk({"content": "Hi"}, fields={"obfuscation": "xY"}), STOP), TEXT, others={"obfuscation": None}),
    Streamed(
        "two choices",
        sse(said("H"), chunk({"content": "Yo"}, index=1), said("i"), chunk({}, "length", index=1), STOP),
        TEXT,
        others={"choices.1.message.content": "Yo", "choices.1.finish_reason": "length", "choices.1.index": 1},
        wanted=2,
    ),
    Streamed("refusal", sse(ROLE, chunk({"refusal": "I "}), chunk({"refusal": "can't"}), STOP), {"refusal": "I can't", "content": None}),
    Streamed("nothing said", sse(ROLE, STOP), {"content": ""}),
    Streamed("length", sse(said("Hi"), chunk({}, "length")), TEXT, "length"),
    Streamed("content filter", sse(said("Hi"), chunk({}, "content_filter")), TEXT, "content_filter"),
    Streamed(
        "log probabilities",
        sse(
            chunk({"content": "H"}, logprobs={"content": [{"token": "H", "logprob": -1}], "refusal": None}),
            chunk({"content": "i"}, logprobs={"content": [{"token": "i", "logprob": -9999.0}]}),
            chunk({}, "stop", logprobs=None),
        ),
        TEXT,
        others={"choices.0.logprobs": {"content": [{"token": "H", "logprob": -1}, {"token": "i", "logprob": -9999.0}]}},
    ),
    Streamed(
        "audio, each piece encoded",
        sse(
            chunk({"audio": {"id": "a-1", "transcript": "H"}}),
            chunk({"audio": {"data": "AQ=="}}),
            chunk({"audio": {"data": "AgM=", "transcript": "i"}}),
            chunk({"audio": {"expires_at": 99}}, "stop"),
        ),
        {"audio": {"id": "a-1", "transcript": "Hi", "data": "AQID", "expires_at": 99}, "content": None},
    ),
    Streamed("audio, one encoding cut up", sse(chunk({"audio": {"data": "AQ"}}), chunk({"audio": {"data": "ID"}}), STOP), {"audio": {"data": "AQID"}}),
    Streamed("annotations", sse(said("Hi"), chunk({"annotations": [{"type": "url_citation"}]}), STOP), {"annotations": [{"type": "url_citation"}]}),
    Streamed("function", sse(chunk({"function_call": {"name": "f", "arguments": ""}}), chunk({"function_call": {"arguments": "{}"}}), chunk({}, "function_call")), {"function_call": {"name": "f", "arguments": "{}"}, "content": None}, "function_call"),
    Streamed(
        "custom tool",
        sse(
            chunk({"tool_calls": [{"index": 0, "id": "t", "type": "custom", "custom": {"name": "sql", "input": "select"}}]}),
            chunk({"tool_calls": [{"index": 0, "custom": {"input": " 1"}}]}),
            CALLS,
        ),
        {"tool_calls": [{"id": "t", "type": "custom", "custom": {"name": "sql", "input": "select 1"}}]},
        "tool_calls",
    ),
]  # fmt: skip

TOOLS = [
    Streamed("call in fragments", sse(ROLE, call(0, "f", "", id="a", type="function"), call(0, None, '{"x"'), call(0, None, ":1}"), CALLS), called(("a", "f", '{"x":1}')), "tool_calls"),
    Streamed("parallel calls", sse(call(0, "f", "{", id="a"), call(1, "g", "[", id="b"), call(0, None, "}"), call(1, None, "]"), CALLS), called(("a", "f", "{}"), ("b", "g", "[]")), "tool_calls"),
    Streamed("indexes out of order", sse(call(1, "g", "2", id="b"), call(0, "f", "1", id="a"), CALLS), called(("a", "f", "1"), ("b", "g", "2")), "tool_calls"),
    Streamed("indexes from 1", sse(call(1, "f", "1", id="a"), call(2, "g", "2", id="b"), CALLS), called(("a", "f", "1"), ("b", "g", "2")), "tool_calls"),
    Streamed("no index but ids (Gemini)", sse(call(None, "f", "1", id="a"), call(None, "g", "2", id="b"), CALLS), called(("a", "f", "1"), ("b", "g", "2")), "tool_calls"),
    Streamed("no index, fragments by id", sse(call(None, "f", "1", id="a"), call(None, "g", "2", id="b"), call(None, None, "3", id="a"), CALLS), called(("a", "f", "13"), ("b", "g", "2")), "tool_calls"),
    Streamed("neither index nor id", sse(call(None, "f", "{}"), call(None, "f", "[]"), CALLS), called((None, "f", "{}"), (None, "f", "[]")), "tool_calls"),
    Streamed("fragments with neither", sse(call(None, "f", '{"x"', id="a"), call(None, None, ":1}"), CALLS), called(("a", "f", '{"x":1}')), "tool_calls"),
    Streamed("all at index 0", sse(call(0, "f", "1", id="a"), call(0, "g", "2", id="b"), call(0, None, "3"), CALLS), called(("a", "f", "1"), ("b", "g", "23")), "tool_calls"),
    Streamed("at index 0 without ids", sse(call(0, "f", "{}"), call(0, "g", "[]"), CALLS), called((None, "f", "{}"), (None, "g", "[]")), "tool_calls"),
    Streamed("id and name in each delta", sse(call(0, "f", "{", id="a"), call(0, "f", "}", id="a"), CALLS), called(("a", "f", "{}")), "tool_calls"),
    Streamed("one id for two calls", sse(call(0, "f", "1", id="a"), call(1, "g", "2", id="a"), CALLS), called(("a", "f", "1"), ("a", "g", "2")), "tool_calls"),
    Streamed("id after the name", sse(call(0, "f", ""), call(0, None, "{}", id="a"), CALLS), called(("a", "f", "{}")), "tool_calls"),
    Streamed("index as text", sse(call("0", "f", "{", id="a"), call("0", None, "}"), CALLS), called(("a", "f", "{}")), "tool_calls"),
    Streamed("parsed arguments", sse(call(0, "f", {"x": 1}, id="a"), CALLS), called(("a", "f", '{"x":1}')), "tool_calls"),
    Streamed("arguments that are not JSON", sse(call(0, "f", '{"x', id="a"), CALLS), called(("a", "f", '{"x')), "tool_calls"),
    Streamed("no arguments", sse(call(0, "f", None, id="a"), CALLS), called(("a", "f", "")), "tool_calls"),
    Streamed("stop with calls (LiteLLM)", sse(call(0, "f", "{}", id="a"), STOP), called(("a", "f", "{}"))),
    Streamed("text and calls", sse(said("Hi"), call(0, "f", "{}", id="a"), CALLS), {**called(("a", "f", "{}")), "content": "Hi"}, "tool_calls"),
    Streamed("nulls in calls", sse(chunk({"tool_calls": None}), chunk({"tool_calls": [None, {"index": 0, "id": "a", "type": None, "function": {"name": "f", "arguments": None}}]}), chunk({"tool_calls": [{"index": 0, "id": None, "function": {"name": None, "arguments": "{}"}}]}), CALLS), called(("a", "f", "{}")), "tool_calls"),
    Streamed(
        "signature of a thought (Gemini)",
        sse(call(0, "f", "{}", id="a", extra_content={"google": {"thought_signature": "s"}}), CALLS),
        {"tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}, "extra_content": {"google": {"thought_signature": "s"}}}]},
        "tool_calls",
    ),
]  # fmt: skip

SERVERS = [
    Streamed(
        "Azure: filters, and a choice without a delta",
        sse(
            {**HEAD, "id": "", "model": "", "choices": [], "prompt_filter_results": [{"prompt_index": 0}]},
            ROLE,
            said("Hi"),
            STOP,
            {**HEAD, "choices": [{"index": 0, "finish_reason": None, "content_filter_results": {"hate": {}}}]},
        ),
        TEXT,
        others={"id": "c-1", "model": "m-1", "prompt_filter_results": [{"prompt_index": 0}]},
    ),
    Streamed("llama-server: choice 1 comes first", sse(chunk({"content": "Yo"}, index=1), said("Hi"), STOP, chunk({}, "stop", index=1)), TEXT, others={"choices.1.message.content": "Yo"}, wanted=2),
    Streamed("llama-cpp-python: deltas full of null", sse(chunk({"role": "assistant", "content": None, "tool_calls": None, "function_call": None}), chunk({"role": None, "content": "Hi", "tool_calls": None, "function_call": None}), chunk({"role": None, "content": None}, "stop")), TEXT),
    Streamed("transformers: no marker, no null", sse({**HEAD, "choices": [{"index": 0, "delta": {"content": "Hi"}}]}, chunk({}, "stop", fields={"usage": USAGE}), end=b""), TEXT, others={"usage": USAGE}),
    Streamed("LiteLLM: usage beside a choice", sse(said("Hi"), STOP, {**COUNTS, "choices": [{"index": 0, "delta": {}, "finish_reason": None}]}), TEXT, others={"usage": USAGE}),
    Streamed("n is ignored", sse(said("Hi"), STOP), TEXT, wanted=2),
    Streamed("vLLM: usage in every chunk", sse(chunk({"content": "Hi"}, fields={"usage": {"total_tokens": 6}}), chunk({}, "stop", fields={"usage": USAGE})), TEXT, others={"usage": USAGE}),
    Streamed("vLLM: reasoning, token ids", sse(chunk({"reasoning": "h"}, token_ids=[1]), chunk({"reasoning": "m"}, token_ids=[2, 3]), said("Hi"), chunk({}, "stop", stop_reason=9)), {**TEXT, "reasoning": "hm"}, others={"choices.0.token_ids": [1, 2, 3], "choices.0.stop_reason": 9}),
    Streamed("DeepSeek: signs of life, reasoning", b": keep-alive\n\n\n" + sse(chunk({"role": "assistant", "content": None, "reasoning_content": "h"}), chunk({"content": None, "reasoning_content": "m"}), end=b": keep-alive\n\n") + sse(chunk({"content": "Hi", "reasoning_content": None}), chunk({"content": ""}, "stop")), {**TEXT, "reasoning_content": "hm"}),
    Streamed(
        "OpenRouter: comments, details of reasoning",
        b": OPENROUTER PROCESSING\n\n"
        + sse(
            chunk({"reasoning_details": [{"type": "reasoning.text", "index": 0, "text": "h", "format": "x"}]}, fields={"provider": "P"}),
            chunk({"reasoning_details": [{"type": "reasoning.text", "index": 0, "text": "m", "format": "x"}]}),
            chunk({"content": "Hi"}),
            chunk({"reasoning_details": [{"type": "reasoning.encrypted", "index": 0, "data": "s"}]}, "stop", native_finish_reason="STOP"),
        ),
        {**TEXT, "reasoning_details": [{"type": "reasoning.text", "index": 0, "text": "hm", "format": "x"}, {"type": "reasoning.encrypted", "index": 0, "data": "s"}]},
        others={"provider": "P", "choices.0.native_finish_reason": "STOP"},
    ),
    Streamed(
        "Mistral: parts",
        sse(
            chunk({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "h"}]}]}),
            chunk({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "m"}]}]}),
            said("H"),
            said("i"),
            chunk({"content": ""}, "stop"),
        ),
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "h"}, {"type": "text", "text": "m"}]}, {"type": "text", "text": "Hi"}]},
    ),
    Streamed("Groq: usage in a field of its own", sse(said("Hi"), chunk({}, "stop", fields={"x_groq": {"usage": USAGE}})), TEXT, others={"usage": USAGE}),
    Streamed("Moonshot: usage in the choice", sse(said("Hi"), chunk({}, "stop", usage=USAGE)), TEXT, others={"usage": USAGE}),
    Streamed("Perplexity: the message so far, besides", sse(chunk({"content": "H"}, message={"content": "H"}), chunk({"content": "i"}, "stop", message={"content": "Hi"}, fields={"citations": ["u"]})), TEXT, others={"citations": ["u"]}),
    Streamed("the message so far, alone", sse({**HEAD, "choices": [{"index": 0, "message": {"content": "H"}}]}, {**HEAD, "choices": [{"index": 0, "message": {"content": "Hi"}, "finish_reason": "stop"}]}), TEXT),
    Streamed("one event with all of it", sse(ANSWER), TEXT),
    Streamed("One-API: empty finish reasons", sse(chunk({"content": "H"}, ""), chunk({"content": "i"}, ""), chunk({}, "stop")), TEXT),
    Streamed("an end of another name", sse(said("Hi"), chunk({}, "eos_token")), TEXT, "eos_token"),
    Streamed("no index of the choice", sse({**HEAD, "choices": [{"delta": {"content": "Hi"}}]}, {**HEAD, "choices": [{"delta": {}, "finish_reason": "stop"}]}), TEXT),
    Streamed("end beside the last text (Ollama)", sse(said("H"), chunk({"content": "i"}, "stop")), TEXT),
    Streamed("no finish on the marker, but before", sse(said("Hi"), STOP, end=b""), TEXT),
    Streamed("error: null", sse(chunk({"content": "Hi"}, fields={"error": None}), STOP), TEXT),
    Streamed("fields nobody knows", sse(chunk({"content": "Hi", "mood": "go", "list": [1], "map": {"a": "x"}, "n": 1}), chunk({"mood": "od", "list": [2], "map": {"a": "y", "b": 2}, "n": 2}), STOP), {**TEXT, "mood": "good", "list": [1, 2], "map": {"a": "xy", "b": 2}, "n": 2}),
]  # fmt: skip

BYTES = [
    Streamed("CRLF", _lines(b"\r\n"), TEXT),
    Streamed("CR", _lines(b"\r"), TEXT),
    Streamed("byte order mark", b"\xef\xbb\xbf" + HI, TEXT),
    Streamed("blank lines first", b"\n\r\n\n\n" + HI, TEXT),
    Streamed("no space after the colon", HI.replace(b"data: ", b"data:"), TEXT),
    Streamed("one line break behind each event", _lines(b"\n").replace(b"\n\n", b"\n"), TEXT),
    Streamed("data in lines", sse(said("Hi")).replace(b',"choices"', b',\ndata: "choices"').replace(DONE, b"") + sse(STOP), TEXT),
    Streamed("separators of other standards", sse(said("a\u2028b\u0085c\u000b"), STOP), {"content": "a\u2028b\u0085c\u000b"}),
    Streamed("characters of many bytes", sse(said("é€"), said("😀"), STOP), {"content": "é€😀"}),
    Streamed("escaped characters", sse(said("§"), STOP).replace("§".encode(), b"\\u00e9\\ud83d\\ude00"), {"content": "é😀"}),
    Streamed("half of a pair", sse(said("§"), STOP).replace("§".encode(), b"a\\ud83d"), {"content": "a\ufffd"}),
    Streamed("spaces around the marker", sse(said("Hi"), STOP, end=b"data:  [DONE] \n\n"), TEXT),
    Streamed("events behind the marker", HI + sse(said("never")), TEXT),
    Streamed("pings, empty data, other fields", b"retry: 3\nid: 7\n\nevent: ping\ndata: {}\n\ndata\n\ndata:\n\nevent: ping\ndata: pong\n\n" + HI, TEXT),
    Streamed("named events", HI.replace(b"data: {", b"event: chunk\nid: 1\ndata: {"), TEXT),
    Streamed("plain JSON", dumped(ANSWER), {"content": "Hi"}),
    Streamed("plain JSON behind blank lines", b"\n \r\n\n" + json.dumps(ANSWER, indent=1).encode(), {"content": "Hi"}),
    Streamed("plain JSON without a finish reason", dumped({"choices": [{"message": {"content": "Hi"}}]}), {"content": "Hi"}, None),
    Streamed("a chunk per line", b"\n".join(dumped(one) for one in (said("H"), said("i"), STOP)) + b"\n", TEXT),
]  # fmt: skip

THREE = {"content": "one two 3"}
EARLY = [
    Streamed("a finish with every piece (Gemini through gateways)", sse(chunk({"role": "assistant", "content": ""}, "stop"), *(chunk({"content": word}, "stop") for word in ("one ", "two ", "3"))), THREE),
    Streamed("a finish with every piece, and no marker", sse(*(chunk({"content": word}, "stop") for word in ("one ", "two ", "3")), end=b""), THREE),
    Streamed("a finish with the first piece alone", sse(chunk({"role": "assistant"}, "stop"), said("one "), said("two "), said("3")), THREE),
    Streamed("a finish behind each step (gateways that call tools)", sse(said("one "), STOP, COUNTS, said("two "), STOP, COUNTS, said("3"), STOP, COUNTS), THREE),
    Streamed("a finish behind each step, and no marker", sse(said("one "), STOP, said("two "), STOP, said("3"), STOP, end=b""), THREE),
    Streamed("a finish before anything", sse(STOP, STOP, said("one "), said("two 3"), STOP), THREE),
    Streamed("a finish with a thought", sse(chunk({"reasoning_content": "h"}, "stop"), chunk({"reasoning_content": "m"}, "stop"), said("Hi"), STOP), {**TEXT, "reasoning_content": "hm"}),
    Streamed("no finish in words (KoboldCpp)", sse(chunk({"content": "one "}, "null"), chunk({"content": "two "}, "None"), chunk({"content": "3"}, "null"), STOP), THREE),
    Streamed("a finish with the name of a call", sse(chunk(call(0, "f", "", id="a")["choices"][0]["delta"], "tool_calls"), call(0, None, '{"x"'), call(0, None, ":1}"), CALLS), called(("a", "f", '{"x":1}')), "tool_calls"),
    Streamed("a finish between a name and its arguments", sse(call(0, "f", "", id="a"), CALLS, call(0, None, '{"x":1}'), CALLS), called(("a", "f", '{"x":1}')), "tool_calls"),
    Streamed("a finish between a function and its arguments", sse(chunk({"function_call": {"name": "f", "arguments": ""}}), STOP, chunk({"function_call": {"arguments": "{}"}})), {"function_call": {"name": "f", "arguments": "{}"}}),
    Streamed("a finish with every piece of one choice of two", sse(chunk({"content": "Yo"}, index=1), chunk({"content": "H"}, "stop"), chunk({}, "stop", index=1), chunk({"content": "i"}, "stop")), TEXT, others={"choices.1.message.content": "Yo"}, wanted=2),
]  # fmt: skip

STREAMS = OPENAI + TOOLS + SERVERS + BYTES + EARLY

_RETRY, _FINAL = True, False
_NO_FINISH = "ended without a finish_reason"
FAILURES = [
    Failure("marker without a finish reason", sse(said("Hi")), errors.ResponseInterrupted, _RETRY, _NO_FINISH, partial="Hi"),
    Failure("no finish reason, no marker", sse(said("H"), said("i"), end=b""), errors.ResponseInterrupted, _RETRY, _NO_FINISH, partial="Hi"),
    Failure("finish reason of false", sse(said("Hi"), chunk({}, False)), errors.ResponseInterrupted, _RETRY, _NO_FINISH, partial="Hi"),
    Failure("one choice without a finish reason (LiteLLM)", sse(said("Hi"), chunk({"content": "Y"}, index=1), STOP), errors.ResponseInterrupted, _RETRY, "finish_reason for choice 1", partial="Hi", wanted=2),
    Failure("one of two choices, and the connection ends", sse(said("Hi"), STOP, end=b""), errors.ResponseInterrupted, _RETRY, "without .DONE. or a length", "close", partial="Hi", wanted=2),
    Failure("a finish alone, and the connection ends", sse(said("Hi"), STOP, COUNTS, end=b""), errors.ResponseInterrupted, _RETRY, "ask without `stream` if the server always ends so", "close", partial="Hi"),
    Failure("marker alone (llama-cpp-python)", DONE, errors.ResponseInterrupted, _RETRY, "before its first choice"),
    Failure("nothing", b"", errors.ResponseInterrupted, _RETRY, "before its first choice"),
    Failure("blank lines until the connection ends (DeepSeek)", b"\n" * 20, errors.ResponseInterrupted, _RETRY, "before its first choice", "close"),
    Failure("signs of life alone", b": keep-alive\n\n" * 3, errors.ResponseInterrupted, _RETRY, "before its first choice"),
    Failure("no choices (n of 0)", sse({**HEAD, "choices": []}, COUNTS), errors.ResponseInterrupted, _RETRY, "before its first choice"),
    Failure("end inside the last event", sse(said("Hi"), STOP, end=b"")[:-3], errors.ResponseInterrupted, _RETRY, "inside of its last event", partial="Hi"),
    Failure("error in a choice (OpenRouter)", sse(said("Hi"), {**HEAD, "error": {"code": 502, "message": "gone"}, "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}]}), errors.HttpStatusError, _RETRY, "502: gone", partial="Hi"),
    Failure("error of a choice", sse(said("Hi"), chunk({}, "error", error={"code": 429, "message": "slow"})), errors.RateLimited, _RETRY, "429: slow", partial="Hi"),
    Failure("finish reason error", sse(said("Hi"), chunk({}, "error")), errors.ResponseInterrupted, _RETRY, 'finish_reason "error"', partial="Hi"),
    Failure("error, then a clean end (llama-server)", sse(said("Hi"), {"error": {"code": 500, "message": "oops", "type": "server_error"}}, end=b""), errors.HttpStatusError, _RETRY, "500: oops", partial="Hi"),
    Failure("event: error", sse(said("Hi"), end=b'event: error\ndata: {"message": "bad key", "code": "invalid_api_key"}\n\n'), errors.Unauthorized, _FINAL, "401: bad key", partial="Hi"),
    Failure("event: error, as text", sse(said("Hi"), end=b"event: error\ndata: out of memory\n\n"), errors.ResponseInvalid, _FINAL, "out of memory", partial="Hi"),
    Failure("event: error, nested", sse(end=b'event: error\ndata: {"error": {"type": "overloaded_error", "message": "busy"}}\n\n'), errors.HttpStatusError, _RETRY, "529: busy"),
    Failure("flat error (vLLM)", sse(said("Hi"), {"object": "error", "message": "too long", "type": "BadRequestError", "code": 400}), errors.HttpStatusError, _FINAL, "400: too long", partial="Hi"),
    Failure("nested error (Mistral)", sse({"object": "error", "message": {"detail": [{"msg": "extra fields"}]}}), errors.ResponseInvalid, _FINAL, "extra fields"),
    Failure("no quota", sse({"error": {"code": "insufficient_quota", "message": "pay"}}), errors.QuotaExhausted, _FINAL, "pay"),
    Failure("error in a list (Gemini)", sse([{"error": {"code": 503, "message": "busy"}}]), errors.HttpStatusError, _RETRY, "503: busy"),
    Failure("error as plain JSON", dumped({"error": {"code": 429, "message": "slow"}}), errors.RateLimited, _RETRY, "429: slow"),
    Failure("detail as plain JSON (FastAPI)", dumped({"detail": "Not Found"}), errors.ResponseInvalid, _FINAL, "Not Found"),
    Failure("detail as an event", sse({"detail": "Not Found"}), errors.ResponseInvalid, _FINAL, "Not Found"),
    Failure("plain JSON without choices", dumped({"choices": []}), errors.ResponseInvalid, _FINAL, "/choices can't be read"),
    Failure("page of a proxy", b"<html><body>502</body></html>", errors.ResponseInvalid, _FINAL, "it is not JSON from line 1, column 1 on"),
    Failure("plain text", b"Internal Server Error", errors.ResponseInvalid, _FINAL, "it is not JSON from line 1, column 1 on"),
    Failure("plain text, and the connection ends", b"Internal Server Error", errors.ResponseInterrupted, _RETRY, "broke off", "close"),
    Failure("plain JSON, cut", dumped(ANSWER)[:-9], errors.ResponseInterrupted, _RETRY, "broke off", "close"),
    Failure("text in place of a chunk", sse(said("Hi"), end=b"data: Internal Server Error\n\n"), errors.ResponseInterrupted, _RETRY, "the server said: Internal Server Error", partial="Hi"),
    Failure("a chunk that is not JSON", sse(said("Hi"), end=b'data: {"choices": [\n\n') + sse(STOP), errors.ResponseInvalid, _FINAL, "not JSON", partial="Hi"),
    Failure("choices that are no list", sse(said("Hi"), {**HEAD, "choices": {}}), errors.ResponseInvalid, _FINAL, "choices of a chunk", partial="Hi"),
    Failure("a choice that is no object", sse({**HEAD, "choices": ["Hi"]}), errors.ResponseInvalid, _FINAL, "a choice of a chunk"),
    Failure("a delta that is no object", sse(said("Hi"), chunk("Hi")), errors.ResponseInvalid, _FINAL, "a delta", partial="Hi"),
    Failure("content that is true", sse(said("Hi"), chunk({"content": True})), errors.ResponseInvalid, _FINAL, "content of a delta", partial="Hi"),
]  # fmt: skip
