import json
from typing import Any

import pytest

from httptask.chat.models import CALL_FIELDS, Completion, ToolCall
from httptask.chat.response.reader import read_completion
from httptask.chat.strictness import Incomplete
from httptask.http.errors import (
    AnswerFiltered,
    AnswerRefused,
    AnswerTruncated,
    HttpTaskError,
    OutputInvalid,
    ResponseInterrupted,
    ResponseInvalid,
)
from support.chat import QUESTION

JSON_REQUEST = {**QUESTION, "response_format": {"type": "json_object"}}
SCHEMA = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}
SCHEMA_REQUEST = {
    **QUESTION,
    "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}},
}


def answer(message: Any, finish_reason: Any = "stop", **fields: Any) -> dict[str, Any]:
    choice = {"index": 0, "message": message, "finish_reason": finish_reason}
    return {"id": "c-1", "object": "chat.completion", "model": "m-2", "choices": [choice], **fields}


def said(content: Any, finish_reason: Any = "stop", **fields: Any) -> dict[str, Any]:
    return answer({"role": "assistant", "content": content}, finish_reason, **fields)


def call(identifier: str, name: str, arguments: Any) -> dict[str, Any]:
    return {"id": identifier, "type": "function", "function": {"name": name, "arguments": arguments}}


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (said("Hi"), "Hi"),
        (said(""), ""),
        (said(None), None),
        (answer({}), None),
        (said([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]), "ab"),
        (said([{"type": "thinking", "thinking": []}, {"type": "text", "text": "b"}]), "b"),
        (said([{"type": "text", "text": None}, "x", {"type": "text", "text": "b"}]), "xb"),
        (said({"type": "text", "text": "b"}), "b"),
        (said(5), "5"),
        (said(False), None),
        (said({}), None),
        (said([]), None),
        (answer({"role": "assistant", "content": "Hi", "reasoning_content": "hm", "refusal": None}), "Hi"),
        ({"choices": [{"message": {"content": "Hi"}}]}, "Hi"),
        ({"choices": [{"index": "0", "message": {"content": "Hi"}, "logprobs": None}]}, "Hi"),
        (
            {
                "choices": [
                    {"index": 1, "message": {"content": "b"}},
                    {"index": 0, "message": {"content": "a"}},
                ]
            },
            "a",
        ),
        (json.dumps(said("Hi")), "Hi"),
        ("\n\n \r\n" + json.dumps(said("Hi")), "Hi"),
        (said("Hi", error=None), "Hi"),
    ],
)
def test_reads_the_text(body: Any, text: str | None) -> None:
    assert read_completion(body, QUESTION).text == text


def test_reads_everything_a_workflow_uses() -> None:
    usage = {
        "prompt_tokens": 3,
        "completion_tokens": 4,
        "total_tokens": 7,
        "prompt_tokens_details": {"cached_tokens": 2},
        "cost": 0.01,
    }
    completion = read_completion(said("Hi", usage=usage, system_fingerprint=None), QUESTION)
    assert completion.model_dump(exclude={"usage", "warnings", *CALL_FIELDS}, exclude_none=True) == {
        "text": "Hi",
        "tool_calls": [],
        "annotations": [],
        "unavailable": [],
        "finish_reason": "stop",
        "model": "m-2",
        "id": "c-1",
    }
    assert completion.usage is not None
    assert completion.usage.model_dump(exclude_none=True) == {**usage, "cached_tokens": 2}


@pytest.mark.parametrize(
    ("body", "field", "value"),
    [
        (said("Hi", "eos_token"), "finish_reason", "eos_token"),
        (said("Hi", "model_context_window_exceeded"), "finish_reason", "length"),
        (said("Hi", None), "finish_reason", None),
        (said("Hi", ["stop"]), "finish_reason", None),
        (said("Hi", id=17), "id", "17"),
        (said("Hi", id=None, model={}), "model", None),
        (said("Hi", usage=None), "usage", None),
        (said("Hi", usage="n/a"), "usage", None),
        (answer({"content": None, "refusal": "No."}), "refusal", "No."),
        (said([{"type": "refusal", "refusal": "No."}]), "refusal", "No."),
    ],
)
def test_an_odd_field_loses_no_answer(body: Any, field: str, value: Any) -> None:
    assert getattr(read_completion(body, QUESTION), field) == value


@pytest.mark.parametrize(
    ("count", "read"),
    [
        *((5, 5), (5.0, 5), ("5", 5), ("five", None), (True, None), (None, None), (1.5, None)),
        *((-5, None), (10**9, 10**9), (10**9 + 1, None), pytest.param(10**400, None, id="endless")),
    ],
)
def test_reads_token_counts(count: Any, read: int | None) -> None:
    usage = read_completion(said("Hi", usage={"prompt_tokens": count}), QUESTION).usage
    assert usage is not None
    assert usage.prompt_tokens == read


@pytest.mark.parametrize(
    ("told", "total"),
    [
        ((10, 5, 15), 15),
        ((10, 5, None), 15),
        ((10, 5, 0), 15),
        ((10, 5, -15), 15),
        ((10, 5, 12), 15),
        ((10, 5, 100), 100),
        ((8, None, 8), 8),
        ((10, -5, 5), None),
        ((10, None, None), None),
        ((None, None, 20), 20),
        ((0, 0, 0), None),
        ((0, None, 0), None),
        ((0, 5, 5), 5),
    ],
)
def test_a_total_is_never_below_its_counts(told: tuple[int | None, ...], total: int | None) -> None:
    names = ("prompt_tokens", "completion_tokens", "total_tokens")
    usage = read_completion(said("Hi", usage=dict(zip(names, told, strict=True))), QUESTION).usage
    assert usage is not None
    assert usage.total_tokens == total


@pytest.mark.parametrize(
    ("message", "calls"),
    [
        ({"tool_calls": None}, []),
        ({"tool_calls": [call("1", "f", "{}")]}, [ToolCall(id="1", name="f", arguments="{}")]),
        (
            {"tool_calls": [call("b", "g", '{"x": '), call("a", "f", "")]},
            [ToolCall(id="b", name="g", arguments='{"x": '), ToolCall(id="a", name="f", arguments="")],
        ),
        ({"tool_calls": [call("1", "f", {"x": "é"})]}, [ToolCall(id="1", name="f", arguments='{"x":"é"}')]),
        ({"tool_calls": [{"function": {"name": "f"}}]}, [ToolCall(name="f")]),
        (
            {"tool_calls": [{"id": "1", "name": "f", "arguments": {}}]},
            [ToolCall(id="1", name="f", arguments="{}")],
        ),
        (
            {"tool_calls": [{"id": "1", "type": "custom", "custom": {"name": "sql", "input": "select 1"}}]},
            [ToolCall(id="1", type="custom", name="sql", arguments="select 1")],
        ),
        (
            {"tool_calls": [{**call("1", "f", "{}"), "index": 0, "extra_content": {"sign": "x"}}]},
            [
                ToolCall.model_validate(
                    {"id": "1", "name": "f", "arguments": "{}", "index": 0, "extra_content": {"sign": "x"}}
                )
            ],
        ),
        ({"function_call": {"name": "f", "arguments": "{}"}}, [ToolCall(name="f", arguments="{}")]),
    ],
)
@pytest.mark.parametrize("finish_reason", ["tool_calls", "stop"])
def test_reads_tool_calls(message: Any, calls: list[ToolCall], finish_reason: str) -> None:
    completion = read_completion(
        answer({"role": "assistant", "content": None, **message}, finish_reason), QUESTION
    )
    assert completion.tool_calls == calls


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ([said("Hi")], "it is not a JSON object"),
        ("<html>Bad gateway</html>", 'it is not JSON from line 1, column 1 on: "<html>Bad gateway</html>"'),
        ("data: {}\n\nx", r'it is not JSON from line 1, column 1 on: "data: {}\n\nx"'),
        ('{"choices": [', "it is JSON that is cut at line 1, column 14"),
        ("7", "it is not a JSON object"),
        ({}, "/choices is missing"),
        ({"choices": [], "detail": "n was 0"}, "/choices can't be read"),
        ({"choices": None}, "/choices can't be read"),
        ({"choices": []}, "/choices can't be read"),
        ({"choices": ["Hi"]}, "/choices/0 can't be read"),
        ({"choices": [{"text": 7}]}, "/choices/0/message is missing"),
        ({"choices": [{"delta": {"content": "Hi"}}]}, "/choices/0/message is missing"),
        ({"choices": [{"message": None}]}, "/choices/0/message can't be read"),
        (answer({"content": {"text": "Hi"}}), "/choices/0/message/content can't be read"),
        (answer({"content": True}), "/choices/0/message/content can't be read"),
        (answer({"tool_calls": ["f"]}), "/choices/0/message/tool_calls/0 can't be read"),
    ],
)
def test_refuses_what_is_not_a_completion(body: Any, problem: str) -> None:
    with pytest.raises(ResponseInvalid) as caught:
        read_completion(body, QUESTION)
    assert caught.value.message == f"the answer is not a chat completion: {problem}"
    assert not caught.value.retryable


@pytest.mark.parametrize("body", [None, "", " \r\n\n"])
def test_an_empty_answer_is_asked_for_again(body: Any) -> None:
    with pytest.raises(ResponseInterrupted, match="the answer is empty") as caught:
        read_completion(body, QUESTION)
    assert caught.value.retryable


def test_an_excerpt_of_a_strange_answer_is_bounded() -> None:
    with pytest.raises(ResponseInvalid) as caught:
        read_completion("é" * 10_000, QUESTION)
    assert len(caught.value.details["body_excerpt"].encode()) == 2048


@pytest.mark.parametrize("told", ["error", "insufficient_system_resource", "network_error"])
def test_a_generation_that_broke_off_is_not_a_success(told: str) -> None:
    with pytest.raises(ResponseInterrupted, match=told) as caught:
        read_completion(said("Half an ans", told, usage={"total_tokens": 7}), QUESTION)
    assert caught.value.retryable
    assert caught.value.details["usage"]["total_tokens"] == 7
    assert "Half an ans" in caught.value.details["body_excerpt"]


@pytest.mark.parametrize("request_body", [JSON_REQUEST, SCHEMA_REQUEST])
def test_parses_structured_output(request_body: dict[str, Any]) -> None:
    completion = read_completion(said('```json\n{"n": 1}\n```'), request_body)
    assert completion.json_ == {"n": 1}
    assert completion.text == '```json\n{"n": 1}\n```'


def test_json_that_nobody_asked_for_stays_text() -> None:
    assert read_completion(said('{"n": 1}'), QUESTION).json_ is None


@pytest.mark.parametrize(
    "message",
    [{"content": None, "refusal": "No."}, {"content": None, "tool_calls": [call("1", "f", "{}")]}],
)
def test_a_refusal_or_a_tool_call_takes_the_place_of_json(message: Any) -> None:
    assert read_completion(answer(message), SCHEMA_REQUEST).json_ is None


@pytest.mark.parametrize(
    ("text", "value"), [("Let me look.", None), ('{"n": "1"}', None), ('{"n": 1}', {"n": 1})]
)
def test_text_beside_tool_calls_is_json_or_no_fault(text: str, value: Any) -> None:
    completion = read_completion(
        answer({"content": text, "tool_calls": [call("1", "f", "{}")]}), SCHEMA_REQUEST
    )
    assert (completion.text, completion.json_, len(completion.tool_calls)) == (text, value, 1)


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        (said("Sure!"), [{"pointer": "", "message": "not JSON: Expecting value at line 1 column 1"}]),
        (said(None), [{"pointer": "", "message": "the answer has no text"}]),
        (said('{"n": "1"}'), [{"pointer": "/n", "message": '"1" is not of type "integer"'}]),
    ],
)
def test_output_of_another_form_is_an_error_with_all_a_reask_needs(body: Any, errors: Any) -> None:
    body["usage"] = {"total_tokens": 7}
    with pytest.raises(OutputInvalid) as caught:
        read_completion(body, SCHEMA_REQUEST)
    details = caught.value.details
    assert not caught.value.retryable
    assert errors[0]["message"] in caught.value.message
    assert details["errors"] == errors
    assert details["text"] == (body["choices"][0]["message"]["content"] or "")
    assert (details["finish_reason"], details["usage"]["total_tokens"], details["id"]) == ("stop", 7, "c-1")


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
def test_json_that_a_server_took_for_a_thought_is_told(field: str) -> None:
    with pytest.raises(
        OutputInvalid, match="no text; its reasoning is the JSON that was asked for"
    ) as caught:
        read_completion(answer({"content": None, field: '{"n": 1}'}), SCHEMA_REQUEST)
    assert (caught.value.details["text"], caught.value.details["reasoning"]) == ("", '{"n": 1}')


@pytest.mark.parametrize(
    ("told", "meant", "reason"),
    [
        ("length", "length", "cut off at the token limit"),
        ("content_filter", "content_filter", "content filter"),
        ("model_context_window_exceeded", "length", "cut off at the .*exceeded"),
        ("sensitive", "content_filter", "content filter .*sensitive"),
    ],
    ids=["length", "filter", "context window", "sensitive"],
)
def test_cut_output_is_never_taken_for_whole(told: str, meant: str, reason: str) -> None:
    request = {
        **QUESTION,
        "response_format": {"type": "json_schema", "json_schema": {"schema": {"type": "integer"}}},
    }
    with pytest.raises(OutputInvalid, match=reason) as caught:
        read_completion(said("12", told), request)
    assert caught.value.details["finish_reason"] == meant


REFUSAL = answer({"content": None, "refusal": "No."})
OUTCOMES: list[tuple[Any, Any, Incomplete | None, type[OutputInvalid] | None]] = [
    (said("Hi", "length"), QUESTION, None, None),
    (said("Hi", "length"), QUESTION, "value", None),
    (said("Hi", "length"), QUESTION, "error", AnswerTruncated),
    (said("Hi", "content_filter"), QUESTION, "error", AnswerFiltered),
    (REFUSAL, QUESTION, "error", AnswerRefused),
    (REFUSAL, QUESTION, None, None),
    (said("{}", "length"), JSON_REQUEST, None, AnswerTruncated),
    (said("{}", "content_filter"), JSON_REQUEST, None, AnswerFiltered),
    (said("{}", "length"), JSON_REQUEST, "value", None),
    (REFUSAL, JSON_REQUEST, None, None),
    (REFUSAL, JSON_REQUEST, "error", AnswerRefused),
    (said("{}"), JSON_REQUEST, "error", None),
]


@pytest.mark.parametrize(("body", "request_body", "incomplete", "error"), OUTCOMES)
def test_what_is_less_than_an_answer_is_what_the_author_says(
    body: Any, request_body: Any, incomplete: Incomplete | None, error: type[OutputInvalid] | None
) -> None:
    if error is None:
        completion = read_completion(body, request_body, incomplete=incomplete)
        assert completion.json_ == ({} if completion.finish_reason == "stop" and completion.text else None)
    else:
        with pytest.raises(OutputInvalid) as caught:
            read_completion(body, request_body, incomplete=incomplete)
        assert type(caught.value) is error
        assert not caught.value.retryable
        assert caught.value.details["id"] == "c-1"


def test_the_text_for_a_reask_is_bounded() -> None:
    with pytest.raises(OutputInvalid) as caught:
        read_completion(said("é" * 10_000), JSON_REQUEST)
    assert len(caught.value.details["text"].encode()) == 4096


@pytest.mark.parametrize(("n", "included"), [(2, True), (1, False), (None, False), ("2", False)])
def test_choices_are_included_when_several_are_asked_for(n: Any, included: bool) -> None:
    body = said("Hi", reasoning="kept")
    assert read_completion(body, {**QUESTION, "n": n}).choices == (body["choices"] if included else None)


def test_the_whole_answer_is_included_on_request() -> None:
    body = said("Hi", system_fingerprint="fp", vendor={"x": 1})
    assert read_completion(body, QUESTION, include_response=True).response == body


def test_a_completion_survives_its_journey_as_json() -> None:
    completion = read_completion(said('{"n": 1}'), SCHEMA_REQUEST)
    wire = completion.model_dump_json()
    assert json.loads(wire)["json"] == {"n": 1}
    assert Completion.model_validate_json(wire) == completion


def test_hostile_answers_raise_only_our_errors() -> None:
    pieces: list[Any] = [None, True, 0, -1, 1.5, "", "x", [], {}, [None], [{}], {"error": {}}, "\ud800"]
    refused: list[HttpTaskError] = []
    for message in pieces:
        for outer in pieces:
            bodies = [
                answer(message),
                answer({"content": message}),
                said("x", message, usage=outer, error=outer),
            ]
            for body in [*bodies, {"choices": message, "error": outer}, message]:
                try:
                    read_completion(body, SCHEMA_REQUEST)
                except HttpTaskError as error:
                    refused.append(error)
    assert refused
