"""Texts of documents as JSON data, and which are refused before they are parsed."""

import re
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from httptask.openapi.text import DocumentInvalid, read_text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"openapi": "3.1.0"}', {"openapi": "3.1.0"}),
        ("\ufeffopenapi: 3.1.0", {"openapi": "3.1.0"}),
        ("{openapi: 3.1.0, tags: [a]}", {"openapi": "3.1.0", "tags": ["a"]}),
        ("responses:\n  200: fine\n  default: 1", {"responses": {"200": "fine", "default": 1}}),
        ("on: no\nat: 2020-01-01\nyes: =", {"on": "no", "at": "2020-01-01", "yes": "="}),
        ("a: 1e999\nb: .nan", {"a": "inf", "b": "nan"}),
        ("a: !thing 1\nb: !!binary aGk=", {"a": "1", "b": "aGk="}),
        ("true: 1\n2.5: 2", {"true": 1, "2.5": 2}),
        ("a: 1\n---\nb: 2", {"a": 1}),
        ('a:\n  b: {\n    "c": ["d"\n  ]\n  }\ne: 1', {"a": {"b": {"c": ["d"]}}, "e": 1}),
    ],
    ids=[
        "JSON",
        "byte order mark",
        "YAML in braces",
        "statuses as numbers",
        "words of YAML 1.1",
        "numbers out of range",
        "tags",
        "keys that are no text",
        "several documents",
        "brackets closed no deeper than their key",
    ],
)
def test_text_is_read_as_json_data(text: str, value: Any) -> None:
    assert read_text(text.encode()) == value


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"<!doctype html>", "is HTML or XML, no API document"),
        (b'{"a": 1,, }', "is not JSON: Expecting property name enclosed in double quotes (line 1, column 9)"),
        (b"a: [", "is neither JSON nor YAML: YAML parse error: while parsing"),
        (b"a: \xff", "is not UTF-8 text (byte 3)"),
        (b'{"a": NaN}', "can't be read: NaN is not JSON"),
        (b"- " * 150 + b"a", "can't be read: it is nested too deeply"),
    ],
    ids=["HTML", "broken JSON", "broken YAML", "another charset", "no number", "deep"],
)
def test_what_cannot_be_read_is_told(data: bytes, message: str) -> None:
    with pytest.raises(DocumentInvalid) as refused:
        read_text(data)
    assert str(refused.value).startswith(message)


@pytest.mark.parametrize(
    "text",
    [
        "a: &x 1\nb: *x",
        "a: &x: 1\nb: *x:",
        "a: &*) 1\nb: **)",
        "a: &\u00e9 1\nb: *\u00e9",
        "{a: &x 1,b: *x}",
        '{"a":&x 1,"b":*x}',
        '{"a":&x 1,"b *c":*x}',
        '{"a":&x 1,"b &c":*x}',
        "a: &x 1\n*x : b",
        "a: &x\n  b: 1\nc:\n  <<: *x",
    ],
)
def test_aliases_are_refused_unparsed(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("yaml12.parse_yaml", pytest.fail)
    with pytest.raises(DocumentInvalid, match="has YAML aliases"):
        read_text(text.encode())


def test_anchors_without_bound_are_refused_unparsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("yaml12.parse_yaml", pytest.fail)
    with pytest.raises(DocumentInvalid, match="has more than 10000 YAML anchors"):
        read_text(b"a:\n" + b"".join(b"- &x%d 1\n" % number for number in range(10_001)))


@pytest.mark.parametrize(
    "text",
    [
        "a: 'x &nbsp; *x &quot; **bold** *'",
        "a: '*x &x'",
        "a: |\n  &anchor is no *alias",
        "a: b&c=d *c",
        "a: '!@#$%^&*): it' # **",
    ],
)
def test_what_only_looks_like_an_alias_is_read(text: str) -> None:
    assert list(read_text(text.encode())) == ["a"]


def test_deep_blocks_are_refused_unparsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("yaml12.parse_yaml", pytest.fail)
    with pytest.raises(DocumentInvalid, match="nested too deeply"):
        read_text(b"a: 1\nb:\n" + b" " * 1001 + b"c: 2")


@pytest.mark.parametrize(
    ("sign", "most"),
    [("&nbsp;", 2), ("&", 0.5)],
    ids=["signs that look like anchors", "signs that do not"],
)
def test_refusing_takes_no_time(sign: str, most: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more than to go through the words of the same text takes, of which it is a part on any machine."""
    line = (
        f"    description: 'Terms {sign} conditions, see [here](https://example.com/?a=1&b=2) or *there*'\n"
    )
    text = "a:\n" + line * 35_000
    monkeypatch.setattr("yaml12.parse_yaml", lambda _: {})
    assert len(text) > 3_000_000

    def words() -> None:
        assert sum(1 for _ in re.finditer(r"\S+", text)) == 280_001

    assert processor_time(partial(read_text, text.encode())) < most * processor_time(words)


def processor_time(work: Callable[[], Any]) -> float:
    """Seconds of the quickest of three times."""
    taken: list[float] = []
    for _ in range(3):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return min(taken)
