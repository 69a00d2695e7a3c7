"""Data as YAML in block style, as a person would write it."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from httptask.dsl.yaml.scalars import not_text
from httptask.dsl.yaml.syntax import quoted
from httptask.json.types import is_array, is_object

__all__ = ["write_flow", "write_lines"]

_KEY: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$.-]*")
_PLAIN: Final = re.compile(r"[A-Za-z0-9_/$](?:[A-Za-z0-9 _/$.@%+=~,?&();!'*{}\[\]-]|:(?! |$))*(?<! )")
_PLAIN_IN_FLOW: Final = re.compile(r"[A-Za-z0-9_/$](?:[A-Za-z0-9 _/$.@%+=~-]*[A-Za-z0-9_/$.@%+=~-])?")
_UNSEEN: Final = re.compile(
    "[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
"""What can't stand in YAML as it is, or would not be seen."""


def write_lines(value: Any, *, step: int = 2, list_indent: int = 2) -> list[str]:
    """The lines of a mapping or list, which `read_yaml` reads to the same data again.

    Args:
        value: JSON data, not empty.
        step: columns by which what is in a mapping is indented.
        list_indent: the same for the items of a list in a mapping.
    """
    return list(_Writer(step, list_indent).lines(value))


def write_flow(value: Any) -> str:
    """A value in flow style, on one line: `{ id: 7, tags: [a, b] }`."""
    if is_object(value):
        members = ", ".join(f"{_key(key)}: {write_flow(member)}" for key, member in value.items())
        return f"{{ {members} }}" if members else "{}"
    if is_array(value):
        return f"[{', '.join(map(write_flow, value))}]"
    if isinstance(value, str) and _PLAIN_IN_FLOW.fullmatch(value) and not_text(value) is None:
        return value
    return json.dumps(value) if not isinstance(value, str) else _text(value)


class _Writer:
    def __init__(self, step: int, list_indent: int) -> None:
        self.step = step
        self.list_indent = list_indent

    def lines(self, value: Mapping[str, Any] | Sequence[Any]) -> Iterator[str]:
        if is_object(value):
            for key, item in value.items():
                yield from self.entry(f"{_key(key)}:", item)
        else:
            for item in value:
                yield from self.item(item)

    def entry(self, head: str, value: Any) -> Iterator[str]:
        if value and (is_object(value) or is_array(value)):
            yield head
            indent = self.step if is_object(value) else self.list_indent
            yield from _indented(self.lines(value), indent)
        else:
            yield from self.scalar(head, value)

    def item(self, value: Any) -> Iterator[str]:
        if value and (is_object(value) or is_array(value)):
            first, *rest = self.lines(value)
            yield f"- {first}"
            yield from _indented(rest, 2)
        else:
            yield from self.scalar("-", value)

    def scalar(self, head: str, value: Any) -> Iterator[str]:
        if isinstance(value, str) and _is_block(value):
            yield f"{head} {'|' if value.endswith(chr(10)) else '|-'}"
            yield from _indented(value.removesuffix("\n").split("\n"), self.step)
        else:
            yield f"{head} {_scalar(value)}"


def _indented(lines: Iterator[str] | Sequence[str], by: int) -> Iterator[str]:
    yield from (" " * by + line if line else "" for line in lines)


def _is_block(text: str) -> bool:
    """Whether a text of several lines reads the same as a literal block."""
    if "\n" not in text.removesuffix("\n") or text.endswith("\n\n") or _UNSEEN.search(text):
        return False
    return text[0] not in " \t\n" and not any(line and not line.strip() for line in text.split("\n"))


def _key(key: str) -> str:
    return key if _KEY.fullmatch(key) and not_text(key) is None else _text(key)


def _scalar(value: Any) -> str:
    if not isinstance(value, str):
        return json.dumps(value)
    if _PLAIN.fullmatch(value) and not_text(value) is None:
        return value
    return _text(value)


def _text(text: str) -> str:
    if "\n" not in text and "\t" not in text and _UNSEEN.search(text) is None:
        return quoted(text)
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))
