import time
from typing import Any

import pytest

from httptask.chat.models import asks_for_json
from httptask.chat.response.structured_output import read_structured

OBJECT = {"type": "json_object"}


def schema_format(schema: Any) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        ('\n\n  {"a": 1}\n', {"a": 1}),
        ('```json\n{"a": 1}\n```', {"a": 1}),
        ('```JSON\r\n{"a": 1}\r\n```\r\n', {"a": 1}),
        ('```\n{"a": 1}```', {"a": 1}),
        ('Here it is:\n\n```json\n{\n  "a": 1\n}\n```\nAnything else?', {"a": 1}),
        ('```json\n{"a": "```"}\n```', {"a": "```"}),
        ('```json\n{"a": "x\u2028y"}\n```', {"a": "x\u2028y"}),
        ('~~~json\n{"a": 1}\n~~~', {"a": 1}),
        ('~~~\n{"a": "```"}\n~~~', {"a": "```"}),
        ('\ufeff{"a": 1}', {"a": 1}),
        ('<think>\nPerhaps {"a": 2}?\n</think>\n\n{"a": 1}', {"a": 1}),
        ('<think>```json\n{"a": 2}\n```</think>\n```json\n{"a": 1}\n```', {"a": 1}),
        ('It was in the template.\n</think>{"a": "</think>"}', {"a": "</think>"}),
        ('{"a": "<think>x</think>"}', {"a": "<think>x</think>"}),
        ('{"a": "caf\\u00e9 \\ud83d\\ude00"}', {"a": "café 😀"}),
        ('{"a": "cut \\ud83d"}', {"a": "cut \ufffd"}),
        ('{"a": 123456789012345678901234567890}', {"a": 123456789012345678901234567890}),
    ],
)
def test_reads(text: str, value: Any) -> None:
    output = read_structured(text, OBJECT)
    assert (output.value, output.faults) == (value, ())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the answer has no text"),
        (" \n", "the answer has no text"),
        ('{"a": ', "not JSON: Expecting value at line 1 column 7"),
        ('{"a": 1} {"a": 2}', "not JSON: Extra data at line 1 column 10"),
        ('```json\n{"a": 1}\n```\n```json\n{"a": 2}\n```', "not JSON: Expecting value at line 1 column 1"),
        ("```json\nnothing\n```", "not JSON: Expecting value at line 1 column 1"),
        ('{"a": NaN}', "NaN is not JSON"),
        ('{"a": 1e999}', "a number is out of range"),
        ('{"a": ' + "1" * 5000 + "}", "a number is out of range"),
        ('<think>{"a": 1}', "not JSON: Expecting value at line 1 column 1"),
        ('<think>{"a": 1}</think>', "the answer has no text behind what the model thought (</think>)"),
        ('```json\n{"a": 1}\n~~~', "not JSON: Expecting value at line 1 column 1"),
        ("[1]", "the answer is JSON but not an object"),
        ('{"a":' * 200 + "1" + "}" * 200, "it is nested too deeply"),
        ('{"a":' * 100_000, "it is nested too deeply"),
    ],
)
def test_refuses(text: str, message: str) -> None:
    assert [fault.message for fault in read_structured(text, OBJECT).faults] == [message]


@pytest.mark.parametrize(
    ("reasoning", "message"),
    [
        ("hm", "the answer has no text, only reasoning"),
        ("[1]", "the answer has no text, only reasoning"),
        (
            '```json\n{"a": 1}\n```',
            "the answer has no text; its reasoning is the JSON that was asked for, which",
        ),
        (" ", "the answer has no text"),
    ],
)
def test_says_what_stands_in_place_of_a_text(reasoning: str, message: str) -> None:
    faults = read_structured("", OBJECT, reasoning=reasoning).faults
    assert [fault.message.partition(" the server")[0] for fault in faults] == [message]


@pytest.mark.parametrize(
    ("schema", "text", "faults"),
    [
        ({"type": "object", "required": ["a"]}, '{"a": 1}', []),
        ({"type": "integer"}, "12", []),
        (None, "[1]", []),
        ({"type": "object", "required": ["a"]}, "{}", [("", '"a" is a required property')]),
        (
            {"properties": {"a": {"items": {"type": "integer"}}, "b/c": {"enum": ["x"]}}},
            '{"a": [1, "2"], "b/c": "y"}',
            [("/a/1", '"2" is not of type "integer"'), ("/b~1c", '"y" is not one of "x"')],
        ),
        (
            {"$ref": "#/$defs/n", "$defs": {"n": {"minimum": 3}}},
            "2",
            [("", "2 is less than the minimum of 3")],
        ),
    ],
)
def test_checks_against_the_schema(schema: Any, text: str, faults: list[tuple[str, str]]) -> None:
    found = read_structured(text, schema_format(schema)).faults
    assert sorted((fault.pointer, fault.message) for fault in found) == faults


def test_reports_a_bounded_number_of_short_faults() -> None:
    items = ",".join(f'"{"x" * 1000}"' for _ in range(100))
    faults = read_structured(f"[{items}]", schema_format({"items": {"type": "integer"}})).faults
    assert len(faults) == 8
    assert all(len(fault.message) <= 200 for fault in faults)


@pytest.mark.parametrize(
    "text",
    [
        "```json\n" * 100_000,
        "</think>" * 100_000,
        "<think>" * 100_000,
        "\n" * 1_000_000,
        " " * 1_000_000,
        "```" + " " * 1_000_000,
    ],
)
def test_hostile_text_takes_linear_time(text: str) -> None:
    started = time.process_time()
    assert read_structured(text, OBJECT).faults
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("response_format", "asks"),
    [
        (None, False),
        ("json_object", False),
        ({"type": "text"}, False),
        ({"type": "grammar"}, False),
        ({"type": "json_object"}, True),
        ({"type": "json_schema"}, True),
    ],
)
def test_knows_who_asks_for_json(response_format: Any, asks: bool) -> None:
    assert asks_for_json({"response_format": response_format}) is asks
