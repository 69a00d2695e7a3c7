"""The text of an API document as JSON data, whether it is JSON or YAML."""

import json
import math
import re
from typing import Any, Final

from httptask.diagnostics.cutting import in_one_line
from httptask.json.tree import MAX_DEPTH, UnusableJson, parse
from httptask.json.types import is_array, is_object

__all__ = ["MAX_BYTES", "DocumentInvalid", "read_text"]

MAX_BYTES: Final = 32 * 1024 * 1024
"""Largest document; the largest that are known have some 13 MB."""

_TOO_DEEP: Final = "can't be read: it is nested too deeply"
_ANCHOR_OR_ALIAS: Final = re.compile(r"([&*])(?<![\w&*][&*])(?=([^\s,\[\]{}]{1,64}))")
"""Whatever may be one, and how its name begins (YAML 1.2.2, section 6.9.2): no letter or sign stands before it. The
name is not passed over: behind a text in quotes an alias may be part of what looks like one."""
_ANCHOR: Final = re.compile(r"&(?<![\w&*]&)(?=[^\s,\[\]{}])")
"""The first of these that begins with `&`, found in a fifth of the time: most documents have none."""
_MOST_ANCHORS: Final = 10_000
"""Of different names; more are no document of an API, and their aliases took longer to find than to follow."""
_DEEP_BLOCK: Final = re.compile(r"\n(?: |[-?:][ \t]){1000}")
"""A level of blocks takes a column at least; the parser bounds the levels of brackets itself."""

_CLOSING_LINE: Final = re.compile(r"^(?=[ \t]*[}\]][ \t}\],]*$)", re.MULTILINE)
"""A line of nothing but closing brackets: many documents have it no deeper than the key of what it closes."""


class DocumentInvalid(Exception):
    """A document can't be read at all; the text says why."""


def read_text(data: bytes) -> Any:
    """The JSON data of a document; keys are text, and numbers that JSON does not have are text too.

    Raises:
        DocumentInvalid: it is neither JSON nor YAML, or more than can be read safely.
    """
    if len(data) > MAX_BYTES:
        raise DocumentInvalid(f"has {len(data)} bytes, more than {MAX_BYTES}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentInvalid(f"is not UTF-8 text (byte {error.start})") from None
    start = text.lstrip()[:1]
    if start == "<":
        raise DocumentInvalid("is HTML or XML, no API document")
    return _json(text) if start in ("{", "[") else _yaml(text)


def _json(text: str) -> Any:
    try:
        return parse(text)
    except UnusableJson as error:
        raise DocumentInvalid(f"can't be read: {error}") from None
    except json.JSONDecodeError as error:
        _refuse_unbounded(text)
        try:
            return _yaml(text)  # its own mappings in braces
        except DocumentInvalid:
            place = f"line {error.lineno}, column {error.colno}"
            raise DocumentInvalid(f"is not JSON: {error.msg} ({place})") from None


def _yaml(text: str) -> Any:
    # Megabytes, and of use only to who adds a document.
    import yaml12

    _refuse_unbounded(text)
    try:
        value = _parsed(text)
    except ValueError as error:
        raise DocumentInvalid(f"is neither JSON nor YAML: {in_one_line(str(error))}") from None
    return _plain(value, yaml12.Yaml)


def _parsed(text: str) -> Any:
    """The value of a YAML text; closing brackets may stand as deep as their key, as other parsers take them.

    By the letter they stand deeper (YAML 1.2.2, section 7.4), and this parser takes it so behind a text in quotes.

    Raises:
        ValueError: it is none.
    """
    import yaml12

    try:
        return yaml12.parse_yaml(text)
    except ValueError as error:
        try:
            return yaml12.parse_yaml(_CLOSING_LINE.sub(" ", text))
        except ValueError:
            raise error from None


def _refuse_unbounded(text: str) -> None:
    """Refuse what the parser would follow without a bound: aliases, which may multiply a text, and deep blocks."""
    if (first := _ANCHOR.search(text)) is not None:
        _refuse_aliases(text, first.start())
    if _DEEP_BLOCK.search("\n" + text.replace("\r", "\n")):
        raise DocumentInvalid(_TOO_DEEP)


def _refuse_aliases(text: str, start: int) -> None:
    """Refuse a text with an alias behind a place.

    An alias needs an anchor of the same name before it (section 7.1). Whatever could be either is compared, so that a
    text which only looks like one of them, such as `&nbsp;`, is no reason to refuse a document.
    """
    anchors = set[str]()
    for found in _ANCHOR_OR_ALIAS.finditer(text, start):
        sign, name = found.groups()
        if sign == "&":
            anchors.add(name)
            if len(anchors) > _MOST_ANCHORS:
                raise DocumentInvalid(
                    f"has more than {_MOST_ANCHORS} YAML anchors (`&{name}`): save it as JSON"
                )
        elif name in anchors:
            raise DocumentInvalid(
                f"has YAML aliases (`*{name}`), which may expand without end: save it as JSON"
            )


def _plain(value: Any, tagged: type, level: int = 0) -> Any:
    """What YAML has beyond JSON as JSON: keys that are no text, tagged values, and numbers out of range."""
    if type(value) is str:  # most are
        return value
    if level > MAX_DEPTH:
        raise DocumentInvalid(_TOO_DEEP)
    if is_object(value):
        return {
            key if type(key) is str else _key(key, tagged): _plain(one, tagged, level + 1)
            for key, one in value.items()
        }
    if is_array(value):
        return [_plain(one, tagged, level + 1) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return _plain(value.value, tagged, level + 1) if isinstance(value, tagged) else value  # type: ignore[attr-defined]


def _key(key: Any, tagged: type) -> str:
    plain = _plain(key, tagged)
    return plain if type(plain) is str else json.dumps(plain)
