"""Calls of tools, as they are told apart and go back to the model."""

import json
from typing import Any

import pytest

from httptask.chat.models import ToolCall
from httptask.chat.response.reader import read_completion
from httptask.chat.tools import (
    ToolCallInvalid,
    answer,
    answered_calls,
    follow_up,
    question_so_far,
    read_arguments,
)

BEFORE = [
    {"role": "user", "content": "?"},
    {"role": "assistant", "tool_calls": [{"id": "call_1", "function": {"name": "f"}}]},
    {"role": "tool", "tool_call_id": "call_1", "content": "1"},
]


def called(*ids: Any) -> dict[str, Any]:
    """A message that calls a tool once for each id; `...` stands for one that is not there."""
    calls = [{"id": id_, "type": "function", "function": {"name": "f", "arguments": "{}"}} for id_ in ids]
    return {
        "role": "assistant",
        "tool_calls": [
            {key: value for key, value in call.items() if key != "id" or value is not ...} for call in calls
        ],
    }


def taken_up(message: dict[str, Any], messages: list[Any]) -> tuple[dict[str, Any], list[str]]:
    """The message as it goes back, and the ids of the answers to its calls."""
    body = {"choices": [{"index": 0, "finish_reason": "tool_calls", "message": message}]}
    completion = read_completion(body, {}, include_message=True)
    calls = answered_calls(completion, {"f"}, [{"type": "function", "function": {"name": "f"}}], messages)
    return question_so_far(completion, calls), [answer(call, "1")["tool_call_id"] for call in calls]


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        (["a", "b"], ["a", "b"]),
        ([...], ["call_0"]),
        ([None], ["call_0"]),
        ([""], ["call_0"]),
        ([..., ""], ["call_0", "call_2"]),
        (["a", "a", "a"], ["a", "call_0", "call_2"]),
        (["call_1"], ["call_0"]),
        ([None, "call_0"], ["call_2", "call_0"]),
        ([7], ["7"]),
    ],
)
def test_each_call_has_an_id_of_its_own(ids: list[Any], expected: list[str]) -> None:
    message, answers = taken_up(called(*ids), BEFORE)
    assert [call["id"] for call in message["tool_calls"]] == answers == expected


@pytest.mark.parametrize(
    "messages", [[], ["?"], [{"tool_calls": "?"}], [{"tool_calls": ["?", {"id": 1}, {}]}]]
)
def test_messages_may_be_anything(messages: list[Any]) -> None:
    assert taken_up(called(None), messages)[1] == ["call_0"]


@pytest.mark.parametrize(
    ("message", "calls"),
    [
        (
            {"tool_calls": [{"function": {"name": "f", "arguments": {"x": 1}}, "signature": "s"}]},
            [{"function": {"name": "f", "arguments": '{"x":1}'}, "signature": "s"}],
        ),
        (
            {"tool_calls": [{"id": None, "function": {"name": "f", "thought": "t"}}]},
            [{"function": {"name": "f", "arguments": "{}", "thought": "t"}}],
        ),
        (
            {"function_call": {"name": "f", "arguments": "{}"}},
            [{"function": {"name": "f", "arguments": "{}"}}],
        ),
    ],
    ids=["parsed", "no arguments", "deprecated"],
)
def test_calls_go_back_in_the_apis_form(message: dict[str, Any], calls: list[Any]) -> None:
    sent, _ = taken_up({"role": "assistant", **message}, [])
    assert sent == {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "call_0", "type": "function", **call} for call in calls],
    }


def test_a_call_of_a_custom_tool_keeps_its_form() -> None:
    call = {"id": "a", "type": "custom", "custom": {"name": "f", "input": "select 1"}}
    assert taken_up({"role": "assistant", "tool_calls": [call]}, [])[0]["tool_calls"] == [call]


@pytest.mark.parametrize(
    ("message", "call"),
    [
        ({"tool_calls": {"id": "a", "function": {"name": "f", "arguments": "{}"}}}, {}),
        ({"tool_calls": [None, {"id": "a", "function": {"name": "f", "arguments": "{}"}}]}, {}),
        ({"tool_calls": [{"id": "a", "name": "f", "arguments": "{}", "signature": "s"}]}, {"signature": "s"}),
        ({"tool_calls": [{"id": "a", "name": "f", "function": "f"}]}, {}),
    ],
    ids=["no list", "null in it", "flat", "function of another type"],
)
def test_calls_of_other_forms_go_back_in_the_apis(message: dict[str, Any], call: dict[str, Any]) -> None:
    sent, _ = taken_up({"role": "assistant", **message}, [])
    whole = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}, **call}
    assert sent["tool_calls"] == [whole]


NONE_GIVEN = [None, "", "  \n", "null", " null ", "[]", "{}"]
NO_OBJECT = {
    '{"room": "ha': "are not JSON: .*; you wrote: ",
    "nonsense": "are not JSON: ",
    '{"a": NaN}': "NaN is not JSON",
    '{"a": 1}{"a": 2}': "are several JSON objects, one behind the other; make a call for each; you wrote: ",
    '{"a": 1}\n{"a": 2}': "several JSON objects",
    '{"a": 1} and more': "are not JSON: ",
    "[1]": "JSON, but not an object",
    '"x"': "JSON, but not an object",
    "7": "JSON, but not an object",
}


@pytest.mark.parametrize("arguments", [*NONE_GIVEN, *NO_OBJECT, {"a": 1}, '{"a": 1}', ' {"a": "\u00e9"}'])
def test_arguments_go_back_as_a_json_object(arguments: Any) -> None:
    call = {"id": "a", "function": {"name": "f", "arguments": arguments}}
    sent, _ = taken_up({"role": "assistant", "tool_calls": [call]}, [])
    text = sent["tool_calls"][0]["function"]["arguments"]
    is_object = arguments not in [*NONE_GIVEN, *NO_OBJECT]
    assert bool(json.loads(text)) is is_object
    assert text == arguments or not isinstance(arguments, str) or text == "{}"


def test_a_call_goes_back_with_a_name() -> None:
    sent, _ = taken_up(
        {"role": "assistant", "tool_calls": [{"id": "a", "function": {"arguments": "{}"}}]}, []
    )
    assert sent["tool_calls"][0]["function"]["name"] == "unnamed"


@pytest.mark.parametrize("arguments", NONE_GIVEN)
def test_arguments_that_say_nothing_are_none(arguments: str | None) -> None:
    assert read_arguments(ToolCall(name="f", arguments=arguments), [F]) == {}


@pytest.mark.parametrize(("arguments", "message"), NO_OBJECT.items())
def test_a_model_is_told_what_is_wrong_with_its_arguments(arguments: str, message: str) -> None:
    with pytest.raises(ToolCallInvalid, match=message) as caught:
        read_arguments(ToolCall(name="f", arguments=arguments), [F])
    assert str(caught.value).endswith(arguments)


def test_long_arguments_are_not_repeated_whole() -> None:
    with pytest.raises(ToolCallInvalid) as caught:
        read_arguments(ToolCall(name="f", arguments="x" * 10_000), [F])
    assert len(str(caught.value)) < 700


F = {"type": "function", "function": {"name": "f"}}


@pytest.mark.parametrize(
    ("choice", "then"),
    [
        ("auto", "auto"),
        ("none", "none"),
        ("required", "auto"),
        ("any", "auto"),
        (F, "auto"),
        ({"type": "custom", "custom": {"name": "f"}}, "auto"),
        *(
            (
                {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": [F]}},
                {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [F]}},
            )
            for mode in ("auto", "required")
        ),
    ],
)
def test_no_call_is_forced_once_calls_were_answered(choice: Any, then: Any) -> None:
    body = {"model": "m", "messages": [1], "tool_choice": choice}
    assert follow_up(body, [2, 3]) == {"model": "m", "messages": [1, 2, 3], "tool_choice": then}
    assert body == {"model": "m", "messages": [1], "tool_choice": choice}


def test_no_choice_is_made_where_there_was_none() -> None:
    assert follow_up({"messages": []}, []) == {"messages": []}
