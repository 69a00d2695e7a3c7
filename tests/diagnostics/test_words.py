from typing import Any

import pytest

from httptask.diagnostics.words import described, kind_of, name_of, quoted
from httptask.dsl.loader import load_text

VALUES: dict[str, tuple[Any, str, str, str]] = {
    "null": (None, "null", "null", "null"),
    "true": (True, "true", "true", "true"),
    "number": (1.5, "a number", "a number (1.5)", "1.5"),
    "text": ("a\n b", "text", "text (`a b`)", "`a b`"),
    "empty": (" ", "text", "empty text", '`""`'),
    "long": ("x" * 200, "text", f"text (`{'x' * 39}…`)", f"`{'x' * 79}…`"),
    "list": ([1], "a list", "a list", "a list"),
    "object": ({"a": 1}, "an object", "an object", "an object"),
}


@pytest.mark.parametrize(("value", "kind", "description", "quote"), VALUES.values(), ids=VALUES)
def test_each_value_has_its_words(value: Any, kind: str, description: str, quote: str) -> None:
    assert (kind_of(value), described(value), quoted(value)) == (kind, description, quote)


def test_items_are_counted_from_one() -> None:
    assert name_of(("do", 0)) == "item 1 of `do`"
    assert name_of(("do", 0, "check")) == "`check`"


@pytest.mark.parametrize(
    ("value", "words"), [("abc", "text (`abc`)"), ("1.5", "a number (1.5)"), ("[1]", "a list")]
)
def test_the_language_and_the_chat_request_say_the_same(value: str, words: str) -> None:
    """A definition has faults of both kinds in one output."""
    task = f"call: chatCompletion, with: {{ model: m, messages: [], stream: {value}, maxTurns: {value} }}"
    text = f"document: {{ dsl: '1.0.3', namespace: n, name: n, version: 1.0.0 }}\ndo: [{{ a: {{ {task} }} }}]"

    told = {report.message for report in load_text(text, "x.yaml").reports}

    assert told >= {f"`maxTurns` is {words}, not a whole number", f"`stream` is {words}, not true or false"}
