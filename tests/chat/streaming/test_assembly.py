"""What is said of an answer that can't be put together, and what of it is kept."""

from typing import Any

import pytest

from httptask.chat.streaming.assembly import Assembly
from httptask.connections.connection import Connection
from httptask.http.errors import HttpStatusError, HttpTaskError, ResponseInterrupted, ResponseInvalid
from support.chat_streams import call, chunk, dumped
from support.chat_streams import sse as marked

NO_COMPLETION = "the answer is not a chat completion: "
HI, STOP = chunk({"content": "Hi"}), chunk({}, "stop")
PAGE = b"<html>" + b"x" * 300 + b"</html>\n\n"


def sse(*chunks: Any, end: bytes = b"") -> bytes:
    """Events up to the marker, which is nothing of an answer."""
    return marked(*chunks, end=end)


def fed(body: bytes, wanted: int = 1, connection: Connection | None = None) -> Assembly:
    assembly = Assembly(wanted, connection)
    assembly.add(assembly.reader.feed(body))
    assembly.add(assembly.reader.finish(is_whole=True))
    return assembly


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (sse({"choices": "none"}), "the choices of a chunk can't be read"),
        (sse({"choices": ["none"]}), "a choice of a chunk can't be read"),
        (sse({"choices": [{"delta": ["none"]}]}), "a delta of its stream can't be read"),
        (sse(chunk({"content": True})), "the content of a delta can't be read"),
        (sse(chunk({"tool_calls": ["none"]})), "a call of a tool in its stream can't be read"),
        (sse(HI, end=b'data: {"choices\n\n'), "a chunk of its stream is not JSON"),
        (sse(HI, end=b"data:  [1\n\n"), "a chunk of its stream is not JSON"),
    ],
    ids=["choices", "choice", "delta", "content", "call", "object", "list"],
)
def test_what_is_no_chunk(body: bytes, message: str) -> None:
    with pytest.raises(ResponseInvalid) as caught:
        fed(body)
    assert caught.value.message == NO_COMPLETION + message


@pytest.mark.parametrize(
    ("body", "wanted", "ended_by", "message"),
    [
        (sse(HI), 1, "marker", "the stream ended without a finish_reason: the answer was cut"),
        (
            sse(HI, STOP, chunk({"content": "Y"}, index=1)),
            2,
            "marker",
            "the stream ended without a finish_reason for choice 1: the answer was cut",
        ),
        (sse({"choices": []}), 1, "marker", "the stream ended before its first choice"),
        (
            sse(HI, STOP),
            1,
            "close",
            (
                "the stream ended with its connection, without [DONE] or a length: the answer may have been cut, for "
                "a finish_reason can come early: ask without `stream` if the server always ends so"
            ),
        ),
        (
            sse(HI, STOP, end=b"one!\n\ntwo!\n\n"),
            1,
            "length",
            "the stream ended without [DONE]: the answer may have been cut; the server said: one!",
        ),
        (
            sse(HI, STOP, {"message": "reported"}, end=b""),
            1,
            "length",
            "the stream ended without [DONE]: the answer may have been cut; the server said: reported",
        ),
        (
            sse(HI, end=PAGE),
            1,
            "length",
            f"the stream ended without a finish_reason: the answer was cut; the server said: <html>{'x' * 193}…",
        ),
        (
            sse(HI, {"usage": {"total_tokens": 2}}, {"message": "reported"}),
            1,
            "length",
            "the stream ended without a finish_reason: the answer was cut; the server said: reported",
        ),
        (b"oops\n", 1, "close", "the answer broke off: what came of it is not JSON"),
    ],
    ids=["no finish", "choice", "no choice", "connection", "words", "object", "page", "behind usage", "text"],
)
def test_an_answer_that_is_not_whole(body: bytes, wanted: int, ended_by: Any, message: str) -> None:
    assembly = fed(body, wanted)
    with pytest.raises(ResponseInterrupted) as caught:
        assembly.answer(ended_by=ended_by)
    assert caught.value.message == message


def test_a_text_that_is_known_to_be_whole_is_an_answer() -> None:
    assembly = fed(b"oops\n")
    assert assembly.reader.is_document
    assert assembly.answer(ended_by="length") == "oops"
    assert fed(b"caf\xe9\n").answer(ended_by="length") == "caf\ufffd"


@pytest.mark.parametrize(
    ("event", "kind", "message"),
    [
        (b'data: {"error": {"code": 404, "message": "gone"}}', HttpStatusError, "404: gone"),
        (b'event: error\ndata: {"error": {"code": 404, "message": "gone"}}', HttpStatusError, "404: gone"),
        (b'event: error\ndata: {"code": 404, "message": "gone"}', HttpStatusError, "404: gone"),
        (b'data: [{"error": {"code": 404, "message": "gone"}}]', HttpStatusError, "404: gone"),
        (b'data: {"object": "error", "code": 404, "message": "gone"}', HttpStatusError, "404: gone"),
        (b'data: {"choices": [{"error": {"code": 404, "message": "gone"}}]}', HttpStatusError, "404: gone"),
        (b"event: error\ndata: gone", ResponseInvalid, "gone"),
        (b"event: error\ndata: an error of ours", ResponseInvalid, "an error of ours"),
        (b'data: {"type": "error"}', ResponseInvalid, "no message"),
        (
            b'event: error\ndata: {"error": null}',
            ResponseInvalid,
            "the server answered with an error: no message",
        ),
        (b"event: error\ndata: {}", ResponseInvalid, "no message"),
    ],
    ids=["member", "event", "fields", "list", "object", "choice", "text", "word", "nothing", "null", "empty"],
)
def test_an_error_in_the_stream(event: bytes, kind: type[HttpTaskError], message: str) -> None:
    with pytest.raises(kind) as caught:
        fed(sse(HI, end=event + b"\n\n"))
    assert type(caught.value) is kind
    assert caught.value.message.endswith(message)


@pytest.mark.parametrize(
    "told",
    [{"error": {"code": 418, "message": "tea"}}, {"code": 418, "message": "tea"}],
    ids=["member", "in place of choices"],
)
def test_a_connection_says_which_errors_may_pass(told: dict[str, Any]) -> None:
    for statuses, retryable in ((frozenset({418}), True), (frozenset[int](), False)):
        connection = Connection(name="api", retryable_statuses=statuses)
        with pytest.raises(HttpStatusError, match="418: tea") as caught:
            fed(sse(told), connection=connection).answer(ended_by="marker")
        assert caught.value.retryable is retryable


def test_an_error_tells_what_had_come() -> None:
    usage = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
    head = {"id": "c-1", "model": "m-1"}
    error = ResponseInterrupted("x", details={"status": 200})
    fed(sse(chunk({"content": "Hi"}, fields=head), chunk({}, fields={**head, "usage": usage}))).explain(error)
    assert error.details == {"status": 200, **head, "usage": usage, "partial_text": "Hi"}
    nothing = ResponseInterrupted("x")
    fed(b"").explain(nothing)
    assert nothing.details == {}


def test_of_the_head_the_first_name_counts_and_the_last_of_all_else() -> None:
    first = {
        "id": "1",
        "model": "",
        "created": 1,
        "system_fingerprint": "a",
        "obfuscation": "x",
        "object": "chunk",
    }
    last = {"id": "2", "model": "m", "created": 2, "system_fingerprint": "b", "service_tier": None}
    body = fed(sse(chunk({"content": "Hi"}, fields=first), chunk({}, "stop", fields=last))).answer(
        ended_by="marker"
    )
    del body["choices"]
    assert body == {
        "id": "1",
        "model": "m",
        "created": 1,
        "system_fingerprint": "b",
        "object": "chat.completion",
    }


def test_a_choice_reads_like_one_that_was_not_streamed() -> None:
    pieces = [
        chunk(
            {"role": "tool", "content": "H", "refusal": "n", "mood": "go"},
            logprobs={"content": [1]},
            score=1,
            filters={"a": 1},
        ),
        chunk(
            {"role": "assistant", "content": "i", "refusal": "o", "mood": "od"},
            logprobs={"content": [2]},
            score=2,
            filters={"b": 2},
        ),
        chunk({"function_call": {"name": "f", "arguments": {"x": "é", "y": 1}, "note": "a"}}),
        chunk({"function_call": {"name": "g", "arguments": "!", "note": "b"}}),
        chunk({"audio": {"data": "AQ==", "id": "a"}}),
        chunk({"audio": {"data": "Ag==", "transcript": "t"}}, "stop"),
    ]
    (choice,) = fed(sse(*pieces)).answer(ended_by="marker")["choices"]
    assert choice == {
        "index": 0,
        "message": {
            "role": "tool",
            "content": "Hi",
            "refusal": "no",
            "mood": "good",
            "function_call": {"name": "f", "arguments": '{"x":"é","y":1}!', "note": "ab"},
            "audio": {"data": "AQI=", "id": "a", "transcript": "t"},
        },
        "finish_reason": "stop",
        "logprobs": {"content": [1, 2]},
        "score": 2,
        "filters": {"a": 1, "b": 2},
    }


@pytest.mark.parametrize(
    ("delta", "message"),
    [
        ({"audio": {"id": "a", "transcript": "t"}}, {"audio": {"id": "a", "transcript": "t"}}),
        ({"function_call": {"name": "f"}}, {"function_call": {"name": "f", "arguments": ""}}),
        ({"function_call": {"arguments": "1"}}, {"function_call": {"name": None, "arguments": "1"}}),
    ],
    ids=["audio without data", "name alone", "arguments alone"],
)
def test_half_of_an_object_is_kept(delta: dict[str, Any], message: dict[str, Any]) -> None:
    (choice,) = fed(sse(chunk(delta), STOP)).answer(ended_by="marker")["choices"]
    assert choice["message"] == {"role": "assistant", "content": None, "refusal": None, **message}


def test_a_whole_message_takes_the_place_of_its_pieces() -> None:
    pieces = [
        chunk({"content": [{"type": "text", "text": "H"}], "refusal": "n", "mood": {"a": 1}}),
        chunk({"function_call": {"name": "f", "arguments": "1"}, "audio": {"id": "a", "data": "AQ=="}}),
    ]
    whole = {
        "content": "Hi",
        "refusal": "no",
        "mood": {"b": 2},
        "function_call": {"name": "g", "arguments": "2"},
        "audio": {"data": "Ag=="},
    }
    last = {"choices": [{"index": 0, "message": whole, "finish_reason": "stop"}]}
    (choice,) = fed(sse(*pieces, last)).answer(ended_by="marker")["choices"]
    assert choice["message"] == {"role": "assistant", **whole}


def test_a_whole_message_leaves_what_it_does_not_hold() -> None:
    said = {"function_call": {"name": "f", "arguments": "1"}, "audio": {"id": "a", "data": "AQ=="}}
    last = {"choices": [{"index": 0, "message": {"refusal": "no"}, "finish_reason": "stop"}]}
    (choice,) = fed(sse(chunk(said), last)).answer(ended_by="marker")["choices"]
    assert choice["message"] == {"role": "assistant", "content": None, "refusal": "no", **said}


def test_calls_of_a_whole_message_stand_in_the_order_of_their_indexes() -> None:
    calls: list[Any] = [
        {"index": index, "id": str(index), "type": "function", "function": {}} for index in (1, 0)
    ]
    last = {"message": {"tool_calls": calls, "content": "Hi"}, "finish_reason": "tool_calls"}
    body = sse(call(0, "f", "{}", id="a"), {"choices": [last]})
    (choice,) = fed(body).answer(ended_by="marker")["choices"]
    assert [one["id"] for one in choice["message"]["tool_calls"]] == ["0", "1"]
    assert choice["message"]["content"] == "Hi"
    last["message"] = {"tool_calls": calls[0], "content": "Hi"}  # without its list
    (choice,) = fed(sse(call(0, "f", "{}", id="a"), {"choices": [last]})).answer(ended_by="marker")["choices"]
    assert [one["id"] for one in choice["message"]["tool_calls"]] == ["1"]


@pytest.mark.parametrize(
    ("pieces", "calls"),
    [
        ([("f", '{"x"'), ("f", ":1}")], [("f", '{"x":1}')]),
        ([("f", "{}"), ("f", "")], [("f", "{}")]),
        ([("f", "{}"), ("f", None)], [("f", "{}")]),
        ([("f", "{}"), ("f", "[]")], [("f", "{}"), ("f", "[]")]),
        ([("f", "{}"), ("g", "")], [("f", "{}"), ("g", "")]),
        ([("f", "{"), ("g", "[]")], [("f", "{"), ("g", "[]")]),
        ([(None, "1"), ("f", "2")], [("f", "12")]),
        ([("f", "{}"), (None, "[]")], [("f", "{}[]")]),
    ],
    ids=["repeated", "no more", "nothing more", "again", "other name", "other, cut", "name later", "no name"],
)
def test_calls_without_ids_are_told_apart_by_name_and_arguments(pieces: Any, calls: Any) -> None:
    body = sse(*(call(0, name, arguments) for name, arguments in pieces), chunk({}, "tool_calls"))
    (choice,) = fed(body).answer(ended_by="marker")["choices"]
    read = [one["function"] for one in choice["message"]["tool_calls"]]
    assert [(one["name"], one["arguments"]) for one in read] == calls


def test_a_call_keeps_its_type_and_what_else_it_has() -> None:
    pieces = [
        call(0, "f", "1", id="a", type="builtin_function", note="x"),
        call(0, None, "2", id="b", note="y"),
    ]
    (choice,) = fed(sse(*pieces, chunk({}, "tool_calls"))).answer(ended_by="marker")["choices"]
    function = {"name": "f", "arguments": "12"}
    assert choice["message"]["tool_calls"] == [
        {"id": "a", "type": "builtin_function", "note": "xy", "function": function}
    ]


def test_a_single_call_may_stand_without_its_list() -> None:
    one = {"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    body = sse(chunk({"tool_calls": one}), chunk({}, "tool_calls"))
    (choice,) = fed(body).answer(ended_by="marker")["choices"]
    assert choice["message"]["tool_calls"] == [{key: one[key] for key in ("id", "type", "function")}]


def test_words_of_the_server_count_until_the_model_goes_on() -> None:
    reported, same = {"message": "reported"}, {"choices": [{"message": {"content": "Hi"}}]}
    with pytest.raises(ResponseInterrupted, match="reported"):
        fed(sse(HI, STOP, reported, same)).answer(ended_by="length")
    with pytest.raises(ResponseInterrupted, match="reported"):
        fed(sse(HI, STOP, reported, STOP)).answer(ended_by="length")
    for more in (chunk({"content": "!"}), {"choices": [{"message": {"content": "Hi!"}}]}):
        (choice,) = fed(sse(HI, STOP, reported, more)).answer(ended_by="length")["choices"]
        assert choice["message"]["content"] == "Hi!"


def test_a_single_chunk_is_no_whole_answer() -> None:
    alone = {"object": "chat.completion.chunk", "choices": [{"message": {"content": "Hi"}}]}
    assembly = fed(dumped(alone))
    assert not assembly.reader.is_document
    with pytest.raises(ResponseInterrupted, match="without a finish_reason"):
        assembly.answer(ended_by="length")
    whole = fed(dumped({**alone, "object": "chat.completion"}))
    assert whole.answer(ended_by="length")["choices"] == alone["choices"]


def test_of_a_list_only_the_chunks_count() -> None:
    (choice,) = fed(sse(["Hi", 1, HI, None, STOP])).answer(ended_by="length")["choices"]
    assert (choice["message"]["content"], choice["finish_reason"]) == ("Hi", "stop")


def test_a_chunk_per_line_whose_last_one_is_cut() -> None:
    half, rest = (
        rb'{"choices": [{"delta": {"content": "\ud83d"}}]}',
        rb'{"choices": [{"delta": {"content": "\ude00"}}]}',
    )
    assembly = fed(half + b"\n" + rest + b"\n" + dumped(STOP)[:-3])
    assert assembly.text == "😀"
    with pytest.raises(ResponseInterrupted, match="without a finish_reason"):
        assembly.answer(ended_by="length")


def test_choices_without_an_index_are_told_apart_by_their_place() -> None:
    both = {"choices": [{"delta": {"content": "A"}}, {"delta": {"content": "B"}}]}
    ends: dict[str, Any] = {
        "choices": [{"delta": {}, "finish_reason": "stop"}, {"delta": {}, "finish_reason": "length"}]
    }
    choices = fed(sse(both, ends), 2).answer(ended_by="marker")["choices"]
    assert [(one["index"], one["message"]["content"], one["finish_reason"]) for one in choices] == [
        (0, "A", "stop"),
        (1, "B", "length"),
    ]


@pytest.mark.parametrize(
    ("pieces", "begun"),
    [
        ([chunk({"role": "assistant", "content": ""})], False),
        ([chunk({"role": "assistant", "reasoning": ""}), STOP], False),
        ([chunk({"tool_calls": [None]}), chunk({"function_call": {}}), chunk({"audio": {}})], False),
        ([HI], True),
        ([chunk({"reasoning": "h"})], True),
        ([chunk({"tool_calls": [{"index": 0}]})], True),
        ([chunk({"function_call": {"name": "f"}})], True),
        ([chunk({"audio": {"id": "a"}})], True),
        ([chunk({"content": ""}), chunk({"content": "Y"}, index=1)], True),
        ([{"choices": [{"message": {"role": "assistant", "content": "Hi"}}]}], True),
        ([HI, {"choices": [{"message": {"content": "Hi"}}]}], True),
    ],
    ids=[
        "role",
        "no thought",
        "nothing",
        "text",
        "thought",
        "call",
        "function",
        "audio",
        "other choice",
        "message",
        "same message",
    ],
)
def test_when_the_model_has_begun(pieces: list[Any], begun: bool) -> None:
    assembly = Assembly()
    assembly.add(assembly.reader.feed(sse(*pieces)))
    assert assembly.begun is begun
