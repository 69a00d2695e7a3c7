import base64
from typing import Any

import pytest

from httptask.http.content import read_content, read_leniently
from httptask.http.errors import ResponseInvalid
from httptask.http.json_tree import MAX_DEPTH
from httptask.http.redaction import Redactor

JSON = "application/json"
CLEAN = Redactor({})


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": 1}', {"a": 1}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b'\n\n\r\n {"a": 1} \n', {"a": 1}),
        (b'"text"', "text"),
        (b"null", None),
        (b"  ", None),
        (b"9007199254740993", 9007199254740993),
        (b"1.0", 1.0),
        (b"1e3", 1000.0),
        (b"-0.0", 0.0),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b'"cut \\ud83d"', "cut \ufffd"),
        (b'{"\\uDE00": ["\\uDE00"]}', {"\ufffd": ["\ufffd"]}),
        (b'"\\u0000"', "\0"),
        ('"é"'.encode(), "é"),
    ],
)
def test_json(body: bytes, value: Any) -> None:
    content = read_content(body, JSON, CLEAN)
    assert (content.value, content.kind) == (value, "json")


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": 1',
        b"{'a': 1}",
        b'{"a": 1}{"b": 2}',
        b"<html></html>",
        b'"\xff"',
        '"é"'.encode("latin-1"),
        b'"tab\tin text"',
    ],
)
def test_what_claims_to_be_json_and_is_not(body: bytes) -> None:
    with pytest.raises(ResponseInvalid, match="claims to be JSON"):
        read_content(body, JSON, CLEAN)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'{"a": 1e400}', "a number is out of range"),
        (b"[-1e400]", "a number is out of range"),
        (b"1e999", "a number is out of range"),
        (b"9" * 5000, "a number is out of range"),
        (b"NaN", "NaN is not JSON"),
        (b"[Infinity]", "Infinity is not JSON"),
        (b'{"a": -Infinity}', "-Infinity is not JSON"),
        (nested(MAX_DEPTH + 2), "it is nested too deeply"),
        (nested(100_000), "it is nested too deeply"),
    ],
)
def test_json_that_nothing_could_hold(body: bytes, why: str) -> None:
    with pytest.raises(ResponseInvalid, match=f"the response can't be read as JSON: {why}"):
        read_content(body, JSON, CLEAN)


def test_the_deepest_json_accepted() -> None:
    assert read_content(nested(MAX_DEPTH), JSON, CLEAN).kind == "json"


@pytest.mark.parametrize(
    ("content_type", "body", "value", "kind"),
    [
        ("application/json; charset=utf-8", b"{}", {}, "json"),
        ("Application/Problem+JSON", b"{}", {}, "json"),
        ("application/vnd.api+json", b"[1]", [1], "json"),
        ("text/plain", "é".encode(), "é", "text"),
        ("text/plain; charset=iso-8859-1", "é".encode("latin-1"), "é", "text"),
        ('text/html; charset="windows-1252"', b"\x80", "€", "text"),
        ("text/plain", b"caf\xe9", "caf\ufffd", "text"),
        ("text/event-stream", b"data: 1\n\n", "data: 1\n\n", "text"),
        ("application/xml", b"<a/>", "<a/>", "text"),
        ("image/svg+xml", b"<svg/>", "<svg/>", "text"),
        ("application/x-ndjson", b"{}\n{}", "{}\n{}", "text"),
        ("image/png", b"\x89PNG", "iVBORw==", "base64"),
        ("application/octet-stream", b"text", "dGV4dA==", "base64"),
        ("", b"plain", "plain", "text"),
        ("", b"\xff\xfe", "//4=", "base64"),
        (";;;", b"x", "eA==", "base64"),
        (JSON, b"", None, "none"),
        ("", b"", None, "none"),
    ],
)
def test_media_types(content_type: str, body: bytes, value: Any, kind: str) -> None:
    content = read_content(body, content_type, CLEAN)
    assert (content.value, content.kind) == (value, kind)


@pytest.mark.parametrize(
    "charset", ["klingon", "idna", "unicode_escape", "utf-7", "hex", "us-ascii", "utf-8"]
)
def test_a_charset_that_is_none_or_not_the_bodys(charset: str) -> None:
    with pytest.raises(ResponseInvalid, match="charset"):
        read_content(b"\xff\xfe\x00\x80", f"text/plain; charset={charset}", CLEAN)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"error": "x"}', {"error": "x"}),
        (b'{"error": "cut', '{"error": "cut'),
        (b"oops \xff", "oops \ufffd"),
        (b"[1e999]", "[1e999]"),
        (b" ", None),
        (b"", None),
    ],
)
def test_an_errors_body_is_always_readable(body: bytes, value: Any) -> None:
    assert read_leniently(body, CLEAN).value == value


def test_binary_content_is_clean_before_it_is_encoded() -> None:
    content = read_content(b"\xff sentinel-1", "image/png", Redactor({"sentinel-1": "KEY"}))
    assert base64.b64decode(content.value) == b"\xff [redacted:KEY]"
