"""Calls of tools, as they are told apart and go back to the model."""

from typing import Any

import pytest

from httptask.chat.response import read_completion
from httptask.chat.tools import answer, answered_calls, follow_up, question_so_far

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
