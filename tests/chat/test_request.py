from pathlib import Path
from typing import Any

import pytest

from httptask.chat.models import ChatRequest
from httptask.chat.request import check_body, to_http_request
from httptask.http.models import JsonBody, Limits, SecretReference

HELLO = {"role": "user", "content": "Hello"}


def body(*messages: Any, **fields: Any) -> dict[str, Any]:
    return {"model": "m", "messages": list(messages) or [HELLO], **fields}


def schema_format(schema: Any) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}


@pytest.mark.parametrize(
    "request_body",
    [
        body(),
        body({"role": "developer", "content": "Be brief."}, HELLO),
        body({"role": "system", "content": ""}),
        body({"role": "user", "content": [{"type": "text", "text": "a"}], "name": "Ann"}),
        body({"role": "user", "content": [{"type": "video_url", "video_url": {"url": "https://a"}}]}),
        body({"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]}),
        body({"role": "assistant", "function_call": {"name": "f", "arguments": "{}"}}),
        body({"role": "assistant", "refusal": "No."}),
        body({"role": "assistant", "audio": {"id": "a"}}),
        body({"role": "tool", "content": "4", "tool_call_id": "1"}),
        body({"role": "function", "content": None, "name": "f"}),
        body(stream=False),
        body(stream=None),
        body(chat_template_kwargs={"thinking": False}, temperature=3, n=2),
        body(response_format={"type": "text"}),
        body(response_format={"type": "json_object"}),
        body(response_format={"type": "grammar", "grammar": "root ::= x"}),
        body(response_format=schema_format({"type": "object"})),
        body(response_format={"type": "json_schema", "json_schema": {"name": "any"}}),
        body(response_format=schema_format({"$schema": "http://json-schema.org/draft-07/schema#"})),
    ],
)
def test_accepts(request_body: dict[str, Any]) -> None:
    assert check_body(request_body) == []


@pytest.mark.parametrize(
    ("request_body", "pointer", "message"),
    [
        ({"messages": [HELLO]}, "/model", "`model` is missing"),
        ({"model": " ", "messages": [HELLO]}, "/model", "`model` is empty"),
        ({"model": None, "messages": [HELLO]}, "/model", "`model` is null, not text"),
        ({"model": 4.1, "messages": [HELLO]}, "/model", "`model` is a number, not text"),
        ({"model": True, "messages": [HELLO]}, "/model", "`model` is a boolean, not text"),
        ({"model": "m"}, "/messages", "`messages` is missing"),
        ({"model": "m", "messages": []}, "/messages", "`messages` is empty"),
        ({"model": "m", "messages": "Hello"}, "/messages", "`messages` is text, not a list"),
        ({"model": "m", "messages": HELLO}, "/messages", "`messages` is an object, not a list"),
        (body("Hello"), "/messages/0", "a message is an object, not text"),
        (body(HELLO, {"content": "x"}), "/messages/1/role", "`role` is missing"),
        (body({"role": "usr", "content": "x"}), "/messages/0/role", 'unknown role "usr"'),
        (body({"role": ["user"], "content": "x"}), "/messages/0/role", "unknown role a list"),
        (body({"role": "user"}), "/messages/0/content", "`content` of the user message is missing"),
        (
            body({"role": "user", "content": None}),
            "/messages/0/content",
            "`content` of the user message is missing",
        ),
        (body({"role": "user", "content": 7}), "/messages/0/content", "`content` is a number, not text"),
        (body({"role": "user", "content": []}), "/messages/0/content", "`content` is an empty list"),
        (
            body({"role": "user", "content": ["x"]}),
            "/messages/0/content/0",
            "a content part is an object with a `type`",
        ),
        (
            body({"role": "user", "content": [{"type": "text"}]}),
            "/messages/0/content/0/text",
            "a text part needs `text` as text",
        ),
        (body({"role": "assistant"}), "/messages/0/content", "`content` of the assistant message is missing"),
        (
            body({"role": "assistant", "tool_calls": None}),
            "/messages/0/content",
            "`content` of the assistant message is missing",
        ),
        (
            body({"role": "tool", "content": "4"}),
            "/messages/0/tool_call_id",
            "a tool message needs `tool_call_id` as text",
        ),
        (
            body({"role": "function", "name": "f"}),
            "/messages/0/content",
            "`content` of the function message is missing",
        ),
        (
            body({"role": "function", "content": "4"}),
            "/messages/0/name",
            "a function message needs `name` as text",
        ),
        (body(stream=True), "/stream", "streamed answers are not supported by this version of httptask"),
        (body(response_format="json"), "/response_format", "`response_format` is text, not an object"),
        (body(response_format={}), "/response_format/type", "`response_format` needs a `type`"),
        (
            body(response_format={"type": "json_schema"}),
            "/response_format/json_schema",
            "`json_schema` needs an object with `name` and `schema`",
        ),
        (
            body(response_format={"type": "json_schema", "json_schema": {"schema": {}}}),
            "/response_format/json_schema/name",
            "`json_schema` needs a `name`",
        ),
    ],
)
def test_refuses(request_body: dict[str, Any], pointer: str, message: str) -> None:
    [fault] = check_body(request_body)
    assert (fault.pointer, fault.message) == (pointer, message)
    assert fault.hint


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "objet"},
        {"properties": {"a/b": {"pattern": "("}}},
        {"$ref": "#/$defs/none"},
        {"$ref": "https://example.com/schema.json"},
        ["object"],
    ],
)
def test_refuses_a_schema_no_answer_could_be_checked_against(schema: Any) -> None:
    [fault] = check_body(body(response_format=schema_format(schema)))
    assert fault.pointer == "/response_format/json_schema/schema"
    assert "\n" not in fault.message


def test_a_schema_reads_no_file_of_the_worker(tmp_path: Path) -> None:
    file = tmp_path / "schema.json"
    file.write_text('{"type": "object"}')
    [fault] = check_body(body(response_format=schema_format({"$ref": file.as_uri()})))
    assert fault.pointer == "/response_format/json_schema/schema"


def test_finds_all_faults_at_once() -> None:
    faults = check_body(
        {"messages": [{"role": "usr"}, {"role": "user"}], "stream": True, "response_format": {"type": None}}
    )
    assert [fault.pointer for fault in faults] == [
        "/model",
        "/messages/0/role",
        "/messages/1/content",
        "/stream",
        "/response_format/type",
    ]


@pytest.mark.parametrize(
    "request_body",
    [
        {"model": "${ .m }", "messages": "${ .messages }"},
        body("${ .message }"),
        body({"role": "${ .role }"}),
        body({"role": "user", "content": "${ .text }"}),
        body(
            {
                "role": "user",
                "content": ["${ .part }", {"type": "${ .kind }"}, {"type": "text", "text": "${ .t }"}],
            }
        ),
        body({"role": "tool", "content": "4", "tool_call_id": "${ .id }"}),
        body(response_format="${ .format }"),
        body(response_format={"type": "${ .type }"}),
        body(response_format={"type": "json_schema", "json_schema": "${ .schema }"}),
        body(
            response_format={
                "type": "json_schema",
                "json_schema": {"name": "${ .name }", "schema": "${ .s }"},
            }
        ),
        body(
            response_format=schema_format(
                {"properties": {"a": {"enum": ["x", "${ .y }"]}}, "type": "${ .t }"}
            )
        ),
    ],
)
def test_applies_no_rule_to_what_is_not_known_yet(request_body: dict[str, Any]) -> None:
    class Expression:
        pass

    def compiled(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: compiled(item) for key, item in value.items()}
        if isinstance(value, list):
            return [compiled(item) for item in value]
        return Expression() if isinstance(value, str) and value.startswith("${") else value

    assert check_body(compiled(request_body), lambda value: isinstance(value, Expression)) == []


def test_becomes_a_post_to_its_connection() -> None:
    http = to_http_request(
        ChatRequest(
            body=body(),
            connection="local",
            secrets=(SecretReference(pointer="/messages/0/content", offset=3, name="CODE", field="word"),),
            limits=Limits(total=9),
            idempotency_key="key-1",
        )
    )
    assert (http.method, http.url, http.connection) == ("POST", "/chat/completions", "local")
    assert http.headers == {"Accept": "application/json"}
    assert http.body == JsonBody(value=body())
    assert http.secrets == (
        SecretReference(pointer="/body/value/messages/0/content", offset=3, name="CODE", field="word"),
    )
    assert (http.limits.total, http.idempotency_key) == (9, "key-1")
