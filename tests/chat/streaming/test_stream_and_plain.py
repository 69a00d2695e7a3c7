"""An answer that is streamed reads like the same answer that is not, however its server writes it."""

import json
from collections.abc import Sequence
from itertools import product
from typing import Any

import pytest

from httptask.chat.models import Completion, ToolCall
from httptask.chat.response.reader import read_completion
from httptask.chat.streaming.assembly import Assembly
from httptask.http.errors import HttpTaskError, ResponseInterrupted, ResponseInvalid
from support.chat import QUESTION
from support.chat_streams import chunk, sse


def put_together(pieces: Sequence[Any], wanted: int = 1) -> Any:
    assembly = Assembly(wanted)
    assembly.add(assembly.reader.feed(sse(*pieces, end=b"")))
    assembly.add(assembly.reader.finish(is_whole=True))
    return assembly.answer(ended_by="marker")


def both(pieces: Sequence[Any], plain: Any, wanted: int = 1) -> Completion:
    """What both of them are."""
    request = {**QUESTION, "n": wanted}
    streamed, whole = (read_completion(body, request) for body in (put_together(pieces, wanted), plain))
    assert streamed == whole
    return whole


def deltas(*deltas: Any, finish: str = "stop") -> list[Any]:
    return [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas] + [
        {"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]}
    ]


def message(finish: str = "stop", **fields: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "message": {"role": "assistant", **fields}, "finish_reason": finish}]}


def function(arguments: Any = "{}") -> dict[str, Any]:
    return {"name": "f", "arguments": arguments}


def test_choices_with_only_text() -> None:
    pieces = [{"choices": [{"index": 0, "text": text, "delta": None}]} for text in ("H", "i")]
    last = {"choices": [{"index": 0, "text": "", "finish_reason": "stop"}]}
    plain = {"choices": [{"index": 0, "text": "Hi", "message": None, "finish_reason": "stop"}]}
    assert both([*pieces, last], plain).text == "Hi"


def test_text_beside_a_message_is_kept() -> None:
    pieces = [{"choices": [{"index": 0, "text": "Hi", "delta": {"content": "Hi"}, "finish_reason": "stop"}]}]
    plain = {"choices": [{"index": 0, "text": "Hi", "message": {"content": "Hi"}, "finish_reason": "stop"}]}
    completion = both(pieces, plain)
    assert completion.text == "Hi"
    assert completion.extra is not None
    assert completion.extra.choice == {"text": "Hi"}


@pytest.mark.parametrize(
    ("tool_calls", "read"),
    [
        ([{"id": 7, "function": function()}], [ToolCall(id="7", name="f", arguments="{}")]),
        ([{"id": 0, "function": function()}], [ToolCall(id="0", name="f", arguments="{}")]),
        ({"id": "a", "function": function()}, [ToolCall(id="a", name="f", arguments="{}")]),
        ([None, {"id": "a", "function": function()}], [ToolCall(id="a", name="f", arguments="{}")]),
        ([], []),
    ],
)
def test_calls_of_tools(tool_calls: Any, read: list[ToolCall]) -> None:
    completion = both(deltas({"tool_calls": tool_calls}), message(content=None, tool_calls=tool_calls))
    assert completion.tool_calls == read


def test_a_custom_call_needs_no_type() -> None:
    calls = [{"id": "a", "custom": {"name": "sql", "input": "select 1"}}]
    (call,) = both(deltas({"tool_calls": calls}), message(tool_calls=calls)).tool_calls
    assert (call.type, call.name, call.arguments) == ("custom", "sql", "select 1")


@pytest.mark.parametrize("field", ["usage", "x_groq"])
def test_usage_elsewhere_is_found(field: str) -> None:
    usage = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
    pieces, plain = deltas({"content": "Hi"}), message(content="Hi")
    for last in (pieces[-1], plain):
        if field == "usage":
            last["choices"][0]["usage"] = usage
        else:
            last[field] = {"usage": usage}
    read = both(pieces, plain).usage
    assert read is not None
    assert read.total_tokens == 7


def test_a_numeric_id_tells_calls_apart() -> None:
    calls = [{"id": id_, "function": function(str(id_))} for id_ in (7, 8)]
    pieces = deltas({"tool_calls": calls[:1]}, {"tool_calls": calls[1:]})
    assert [call.arguments for call in both(pieces, message(tool_calls=calls)).tool_calls] == ["7", "8"]


@pytest.mark.parametrize("called", [{}, {"name": None, "arguments": ""}])
def test_a_function_call_that_says_nothing_is_none(called: Any) -> None:
    completion = both(
        deltas({"content": "Hi", "function_call": called}), message(content="Hi", function_call=called)
    )
    assert (completion.text, completion.tool_calls) == ("Hi", [])


@pytest.mark.parametrize(
    "fields",
    [
        {"refusal": {"why": "x"}},
        {"reasoning": {"effort": "low"}},
        {"reasoning_content": ["hm"]},
        {"annotations": {"type": "url_citation"}},
        {"audio": "loud"},
        {"tool_calls": "none"},
        {"function_call": "auto"},
    ],
)
def test_a_known_field_of_another_type_is_kept(fields: dict[str, Any]) -> None:
    completion = both(deltas({"content": "Hi"}, fields), message(content="Hi", **fields))
    assert completion.text == "Hi"
    assert completion.extra is not None
    assert completion.extra.message == fields


@pytest.mark.parametrize("fields", [{"usage": "n/a"}, {"id": {"a": 1}}, {"model": ["m"]}])
def test_so_is_one_of_the_answer(fields: dict[str, Any]) -> None:
    pieces = [{**piece, **fields} for piece in deltas({"content": "Hi"})]
    completion = both(pieces, {**message(content="Hi"), **fields})
    assert completion.extra is not None
    assert completion.extra.answer == fields


def test_so_is_one_of_the_choice() -> None:
    fields = {"logprobs": [1]}
    pieces = deltas({"content": "Hi"})
    pieces[0]["choices"][0] |= fields
    plain = message(content="Hi")
    plain["choices"][0] |= fields
    completion = both(pieces, plain)
    assert completion.extra is not None
    assert completion.extra.choice == fields


def test_choices_beyond_those_asked_for() -> None:
    beyond = {"index": 1, "message": {"role": "assistant", "content": "Yo"}, "finish_reason": None}
    plain = message(content="Hi")
    plain["choices"].append(beyond)
    pieces = [
        chunk({"content": "Yo"}, index=1, fields={"id": None, "model": None}),
        *deltas({"content": "Hi"}),
    ]
    streamed, whole = (read_completion(body, QUESTION) for body in (put_together(pieces), plain))
    assert [completion.text for completion in (streamed, whole)] == ["Hi", "Hi"]
    for completion in (streamed, whole):
        assert completion.choices is not None
        assert [choice["message"]["content"] for choice in completion.choices] == ["Hi", "Yo"]


@pytest.mark.parametrize("told", ["error", "network_error", "insufficient_system_resource", "abort"])
def test_a_choice_that_broke_off_is_no_answer(told: str) -> None:
    plain = message(content="Hi")
    plain["choices"].append({"index": 1, "message": {"content": "Y"}, "finish_reason": told})
    refused: list[HttpTaskError] = []
    for read in (
        lambda: put_together([*deltas({"content": "Hi"}), chunk({"content": "Y"}, told, index=1)], 2),
        lambda: read_completion(plain, {**QUESTION, "n": 2}),
    ):
        with pytest.raises(ResponseInterrupted, match=f'finish_reason "{told}"') as caught:
            read()
        refused.append(caught.value)
    assert all(error.retryable for error in refused)


@pytest.mark.parametrize("calls", [["f"], [7]])
def test_a_call_that_is_no_object_is_no_answer(calls: Any) -> None:
    with pytest.raises(ResponseInvalid, match="call"):
        put_together(deltas({"tool_calls": calls}))
    with pytest.raises(ResponseInvalid, match="tool_calls"):
        read_completion(message(tool_calls=calls), QUESTION)


def escaped(*texts: str) -> list[bytes]:
    """Events in which characters stand as escapes, halves of pairs each by itself."""
    return [b'data: {"choices": [{"index": 0, "delta": %b}]}\n\n' % text.encode() for text in texts]


def read_bytes(events: Sequence[bytes]) -> Any:
    assembly = Assembly()
    for event in [*events, sse(deltas()[-1], end=b"")]:
        assembly.add(assembly.reader.feed(event))
        assert assembly.text.encode() is not None  # it can be told at any time
    return assembly.answer(ended_by="marker")["choices"][0]["message"]


def test_halves_of_a_character_over_two_deltas_are_joined() -> None:
    assert read_bytes(escaped(r'{"content": "a\ud83d"}', r'{"content": "\ude00b"}'))["content"] == "a😀b"
    call = r'{"tool_calls": [{"index": 0, "id": "a", "function": {"name": "f", "arguments": "%s"}}]}'
    message = read_bytes(escaped(call % r"{\"x\": \"\ud83d", call % r"\ude00\"}"))
    assert message["tool_calls"][0]["function"]["arguments"] == '{"x": "😀"}'
    assert read_bytes(escaped(r'{"reasoning": "\ud83d"}', r'{"reasoning": "\ude00"}'))["reasoning"] == "😀"


@pytest.mark.parametrize("half", [r"\ud83d", r"\ude00"])
def test_half_of_a_character_that_stays_alone_is_replaced(half: str) -> None:
    assert read_bytes(escaped(f'{{"content": "a{half}"}}'))["content"] == "a\ufffd"


@pytest.mark.parametrize(
    ("whole", "read"),
    [
        ({"content": ""}, {"content": "Hi"}),
        ({"content": None, "tool_calls": []}, {"content": "Hi", "mood": "good"}),
        ({"content": "Hi there"}, {"content": "Hi there", "mood": "good"}),
        ({"mood": "bad"}, {"content": "Hi", "mood": "bad"}),
        (
            {"tool_calls": [{"id": "b", "type": "function", "function": function()}]},
            {"content": "Hi", "tool_calls": [{"id": "b", "type": "function", "function": function()}]},
        ),
    ],
)
def test_a_whole_message_behind_deltas_replaces_only_what_it_holds(whole: Any, read: Any) -> None:
    pieces = deltas({"content": "H", "mood": "good"}, {"content": "i"})
    last = {"choices": [{"index": 0, "message": whole, "finish_reason": "stop"}]}
    for pieces_of_it in ([*pieces[:-1], last], [*pieces, last]):
        message = put_together(pieces_of_it)["choices"][0]["message"]
        assert {key: message.get(key) for key in read} == read


def test_calls_of_a_whole_message_are_told_apart_without_index() -> None:
    calls = [{"id": "a", "function": function(arguments)} for arguments in ("1", "2")]
    last = {"choices": [{"index": 0, "message": {"tool_calls": calls}, "finish_reason": "tool_calls"}]}
    assert [call.arguments for call in both([last], message("tool_calls", tool_calls=calls)).tool_calls] == [
        "1",
        "2",
    ]


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("max_tokens", "length"),
        ("MAX_TOKENS", "length"),
        ("FinishReason.MAX_TOKENS", "length"),
        ("FINISH_REASON_SAFETY", "content_filter"),
        ("model_length", "length"),
        ("model_context_window_exceeded", "length"),
        ("sensitive", "content_filter"),
        ("guardrail_intervened", "content_filter"),
        ("SAFETY", "content_filter"),
        ("content_filter: RECITATION", "content_filter"),
        ("STOP", "stop"),
    ],
)
def test_a_finish_reason_of_another_name(told: str, meant: str) -> None:
    completion = both(deltas({"content": "Hi"}, finish=told), message(told, content="Hi"))
    assert completion.finish_reason == meant
    assert completion.extra is not None
    assert completion.extra.choice == {"finish_reason": told}


@pytest.mark.parametrize("told", ["eos_token", "end_turn", "stop", "tool_calls"])
def test_other_finish_reasons_are_kept(told: str) -> None:
    completion = both(deltas({"content": "Hi"}, finish=told), message(told, content="Hi"))
    assert (completion.finish_reason, completion.extra) == (told, None)


@pytest.mark.parametrize("told", ["null", "None", "", None, False])
def test_what_is_no_finish_reason(told: Any) -> None:
    assert read_completion(message(told, content="Hi"), QUESTION).finish_reason is None
    with pytest.raises(ResponseInterrupted, match="without a finish_reason"):
        put_together(deltas({"content": "Hi"}, finish=told))


ODD: list[Any] = [None, True, 0, 1.5, "", "x", [], {}, [None], [{}], [[]], {"a": {}}, "\ud800", [{"id": 1, "function": {"name": {}}}]]  # fmt: skip
PLACES = {
    "delta": ["content", "role", "tool_calls", "function_call", "audio", "refusal", "reasoning", "mood"],
    "choice": ["delta", "message", "finish_reason", "index", "logprobs", "text", "usage", "error"],
    "chunk": ["choices", "usage", "id", "model", "error", "object"],
}


@pytest.mark.parametrize(
    ("place", "field"), [(place, field) for place, fields in PLACES.items() for field in fields]
)
def test_odd_pieces_raise_only_our_errors(place: str, field: str) -> None:
    for odd, then in product(ODD, ODD):
        pieces = [
            {
                "choices": [
                    {"index": 0, "delta": {"content": "H", **_at("delta", place, field, value)}}
                    | _at("choice", place, field, value)
                ],
                **_at("chunk", place, field, value),
            }
            for value in (odd, then)
        ]
        body = b"".join(b"data: %b\n\n" % json.dumps(piece).encode() for piece in [*pieces, deltas()[0]])
        assembly = Assembly()
        try:
            assembly.add(assembly.reader.feed(body))
            completion = read_completion(assembly.answer(ended_by="marker"), QUESTION, include_message=True)
            assert completion.model_dump_json()
        except HttpTaskError as error:
            assembly.explain(error)
            json.dumps(error.details, ensure_ascii=False).encode()


def _at(here: str, place: str, field: str, value: Any) -> dict[str, Any]:
    return {field: value} if here == place else {}
