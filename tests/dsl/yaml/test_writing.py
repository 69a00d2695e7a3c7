"""What is written is read again as the same data, and looks as a person would write it."""

import random
from typing import Any

import pytest

from httptask.dsl.yaml import read_yaml
from httptask.dsl.yaml.writing import write_lines

PIECES = [
    "a", "B9", " ", "  ", "\n", "\n\n", "\t", ":", ": ", "#", " #", "-", "- ", "?", "{", "}", "[", "]", ",", "&", "*", "!",
    "|", ">", "'", '"', "%", "@", "`", "\\", "${ .x }", "$${", "null", "true", "12", "1e3", "0x1F", "~", "ü", "\U0001f600",
    "\u2028", "\x85", "\x7f", "\ufeff", "\r\n", "\0", "---", "...", "<<", "=", "https://a.example/b?c=d", "no",
]  # fmt: skip


def value(source: random.Random, depth: int = 0) -> Any:
    kind = source.randrange(8 if depth < 3 else 5)
    if kind == 5 or kind == 6:
        return {text(source): value(source, depth + 1) for _ in range(source.randrange(4))}
    if kind == 7:
        return [value(source, depth + 1) for _ in range(source.randrange(4))]
    if kind == 4:
        return source.choice([None, True, False, 0, -7, 2.5, 1e22, 12345678901234567890])
    return text(source)


def text(source: random.Random) -> str:
    return "".join(source.choices(PIECES, k=source.randrange(6)))


def test_any_data_are_read_as_they_were() -> None:
    source = random.Random(13)
    for _ in range(1500):
        data = {text(source): value(source), "last": [value(source)]}
        step, list_indent = source.choice([(2, 2), (4, 0), (2, 0), (3, 4)])
        written = "\n".join(write_lines(data, step=step, list_indent=list_indent))
        document = read_yaml(written)
        assert (document.faults, document.data) == ((), data), written


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        ({"a": {"b": ["x", {"c": 1, "d": {}}]}}, ["a:", "  b:", "    - x", "    - c: 1", "      d: {}"]),
        ({"a": "line 1\nline 2\n"}, ["a: |", "  line 1", "  line 2"]),
        ({"a": "line 1\n\nline 3"}, ["a: |-", "  line 1", "", "  line 3"]),
        ({"a": "12", "b": "no", "c": "null", "d": ""}, ['a: "12"', "b: no", 'c: "null"', 'd: ""']),
        ({"u": "https://a.example/?b=c", "e": "${ $secrets.A }"}, ["u: https://a.example/?b=c", "e: ${ $secrets.A }"]),
        ({"q": 'say "hi"', "a b": "x: y"}, ["q: 'say \"hi\"'", '"a b": "x: y"']),
    ],
    ids=["nested", "text that ends", "text with a gap", "what looks like no text", "plain", "quoted"],
)  # fmt: skip
def test_looks_as_it_is_written_by_hand(data: Any, lines: list[str]) -> None:
    assert write_lines(data) == lines
