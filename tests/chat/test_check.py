"""What the table can't show: levels, what is not known yet, rules of a connection's own."""

from pathlib import Path
from typing import Any

import pytest

from httptask.chat.check import check_body, require_sendable
from httptask.chat.models import ChatRequest
from httptask.chat.strictness import Level
from httptask.http.errors import RequestInvalid
from httptask.http.models import SecretReference
from support.chat_rows import HELLO, function

DOUBTFUL = {"model": "m", "messages": [HELLO], "extra": 1}
WRONG = {"model": "m", "messages": [HELLO], "temperature": 3, "extra": 1}


def outline(body: dict[str, Any], level: Level) -> list[tuple[str, str]]:
    return [(fault.pointer, fault.severity) for fault in check_body(body, level=level)]


def test_levels() -> None:
    assert outline(WRONG, "strict") == [("/temperature", "error"), ("/extra", "warning")]
    assert outline(WRONG, "warn") == [("/temperature", "warning"), ("/extra", "warning")]
    assert outline(WRONG, "off") == []


@pytest.mark.parametrize("level", ["off", "warn", "strict"])
def test_a_request_without_its_question_is_refused_at_every_level(level: Level) -> None:
    assert outline({}, level) == [("/model", "error"), ("/messages", "error")]


@pytest.mark.parametrize("level", ["off", "warn", "strict"])
def test_a_schema_that_no_answer_could_be_held_to_is_refused_at_every_level(level: Level) -> None:
    asked = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "objet"}}}
    assert outline({**DOUBTFUL, "response_format": asked}, level)[-1] == (
        "/response_format/json_schema/schema",
        "error",
    )


def test_a_schema_reads_no_file_of_the_worker(tmp_path: Path) -> None:
    file = tmp_path / "schema.json"
    file.write_text('{"type": "object"}')
    asked = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"$ref": file.as_uri()}}}
    [fault] = check_body({"model": "m", "messages": [HELLO], "response_format": asked})
    assert fault.pointer == "/response_format/json_schema/schema"


def test_finds_all_faults_at_once() -> None:
    faults = check_body(
        {
            "messages": [{"role": "usr"}, {"role": "user"}],
            "top_logprobs": 30,
            "response_format": {"type": None},
        }
    )
    assert [fault.pointer for fault in faults] == [
        "/model",
        "/messages/0/role",
        "/messages/1/content",
        "/top_logprobs",
        "/response_format/type",
        "/top_logprobs",
    ]


def test_hints_say_what_to_write() -> None:
    body = {"model": "m", "messages": [{"role": "usr"}], "temprature": 1, "service_tier": "atuo", "stop": 1}
    assert {fault.pointer: fault.hint for fault in check_body(body)} == {
        "/messages/0/role": "did you mean `user`?",
        "/temprature": "did you mean `temperature`?",
        "/service_tier": "did you mean `auto`?",
        "/stop": "write text or a list of 1 to 4 items",
    }


class Expression:
    pass


UNKNOWN = Expression()
CALLS = {"role": "assistant", "tool_calls": [{"id": UNKNOWN, "type": "function", "function": UNKNOWN}]}


@pytest.mark.parametrize(
    "fields",
    [
        {"model": UNKNOWN, "messages": UNKNOWN},
        {"messages": [UNKNOWN]},
        {"messages": [{"role": UNKNOWN}]},
        {"messages": [{"role": "user", "content": UNKNOWN}]},
        {
            "messages": [
                {"role": "user", "content": [UNKNOWN, {"type": UNKNOWN}, {"type": "text", "text": UNKNOWN}]}
            ]
        },
        {"messages": [{"role": "tool", "content": "4", "tool_call_id": UNKNOWN}]},
        {"messages": [CALLS, {"role": "tool", "content": "4", "tool_call_id": "1"}]},
        {"messages": [{"role": "assistant", "tool_calls": UNKNOWN}]},
        {"messages": [{"role": "assistant", "content": UNKNOWN}]},
        {
            "messages": [
                {
                    "role": "assistant",
                    "tool_calls": [
                        {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
                    ],
                },
                UNKNOWN,
            ]
        },
        {
            "temperature": UNKNOWN,
            "n": UNKNOWN,
            "stop": UNKNOWN,
            "stream": UNKNOWN,
            "metadata": {"a": UNKNOWN},
        },
        {"top_logprobs": 3, "logprobs": UNKNOWN},
        {"stream_options": {}, "stream": UNKNOWN},
        {"stream_options": UNKNOWN, "stream": True},
        {"modalities": UNKNOWN, "audio": {"voice": UNKNOWN, "format": UNKNOWN}},
        {"modalities": [UNKNOWN], "audio": UNKNOWN},
        {"modalities": ["audio"], "audio": UNKNOWN},
        {"tools": UNKNOWN, "tool_choice": "required", "parallel_tool_calls": True},
        {"tools": [UNKNOWN], "tool_choice": function()},
        {"tools": [function("f")], "tool_choice": UNKNOWN},
        {"tools": [function("f")], "tool_choice": {"type": "function", "function": {"name": UNKNOWN}}},
        {"functions": UNKNOWN, "function_call": {"name": "f"}},
        {"prediction": {"type": "content", "content": UNKNOWN}, "n": UNKNOWN},
        {"model": "o3", "temperature": UNKNOWN},
        {"model": "gpt-5.1", "temperature": 0, "reasoning_effort": UNKNOWN},
        {"response_format": UNKNOWN},
        {"response_format": {"type": UNKNOWN}},
        {"response_format": {"type": "json_object"}, "messages": [{"role": "user", "content": UNKNOWN}]},
        {"response_format": {"type": "json_schema", "json_schema": UNKNOWN}},
        {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": UNKNOWN, "schema": {"type": UNKNOWN}},
            }
        },
        {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "a", "schema": {"enum": ["x", UNKNOWN], "type": "objet"}},
            }
        },
    ],
)
def test_applies_no_rule_to_what_is_not_known_yet(fields: dict[str, Any]) -> None:
    body = {"model": "m", "messages": [HELLO], **fields}
    assert check_body(body, lambda value: isinstance(value, Expression)) == []


def test_rules_of_ones_own_replace_those_for_the_models_they_name() -> None:
    body = {"model": "openai/o3", "messages": [HELLO], "temperature": 0, "stop": "x"}

    def broken(own: dict[str, Any]) -> list[str]:
        return [fault.pointer for fault in check_body(body, model_rules=own)]

    assert broken({}) == ["/temperature", "/stop"]
    assert broken({"o4*": {}}) == ["/temperature", "/stop"]
    assert broken({"o3*": {"temperature": [1]}}) == ["/temperature"]
    assert broken({"openai/*": {}}) == []
    assert broken({"O3": {"temperature": [0, 1]}}) == []
    [fault] = check_body(body, model_rules={"o3": {"temperature": [0.5, True]}})
    assert fault.message == "`temperature` is 0: openai/o3 takes `0.5`, `true` only"


def test_nothing_is_asked_of_what_a_secret_fills() -> None:
    secret = (SecretReference(pointer="/user", name="WHO"),)
    body = {"model": "m", "messages": [HELLO], "safety_identifier": "s" * 65}
    assert require_sendable(ChatRequest(body={**DOUBTFUL, "user": ""}, secrets=secret))[0].pointer == "/extra"
    with pytest.raises(RequestInvalid):
        require_sendable(ChatRequest(body=body))
    secret = (SecretReference(pointer="/safety_identifier", name="WHO"),)
    assert require_sendable(ChatRequest(body=body, secrets=secret)) == []


def test_an_error_lists_errors_and_no_warnings() -> None:
    with pytest.raises(RequestInvalid) as caught:
        require_sendable(ChatRequest(body=WRONG))
    assert caught.value.details["faults"] == [
        {
            "pointer": "/temperature",
            "message": "`temperature` is 3, above 2",
            "hint": "write a number, 0 to 2",
            "code": "range",
            "severity": "error",
        }
    ]


def test_what_is_told_is_bounded() -> None:
    body = {"model": "m", "messages": [{"role": "usr"}] * 10_000, "metadata": {"k" * 1_000_000: 1}}
    with pytest.raises(RequestInvalid) as caught:
        require_sendable(ChatRequest(body=body))
    assert caught.value.message.endswith("(and 10001 more)")
    assert caught.value.details["count"] == 10_002
    assert len(str(caught.value.details)) < 20_000

    extra = {f"{index}{'x' * 100_000}": 1 for index in range(100)}
    warnings = require_sendable(ChatRequest(body={"model": "m", "messages": [HELLO], **extra}))
    assert len(str(warnings)) < 50_000
