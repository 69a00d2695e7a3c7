"""Plain scalars as the YAML 1.2 core schema reads them (YAML 1.2.2, section 10.3.2).

`yes`, `on`, `012` and dates are what they look like in JSON's eyes: text, text, 12 and text.
"""

import math
import re
from typing import Final

from httptask.diagnostics.words import Kind, kind_of

__all__ = ["NotJsonError", "not_text", "read_plain", "read_text"]

_NULL: Final = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEAN: Final = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER: Final = re.compile(r"[-+]?[0-9]+")
_BASED: Final = re.compile(r"0o(?P<octal>[0-7]+)|0x(?P<hexadecimal>[0-9a-fA-F]+)")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE: Final = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_MAX_DIGITS: Final = 400


class NotJsonError(ValueError):
    """A scalar that JSON can't hold."""


def read_plain(text: str) -> str | int | float | bool | None:
    """The value of an unquoted scalar.

    Raises:
        NotJsonError: for infinities, not-a-number and numbers out of range.
    """
    if text in _NULL:
        return None
    if text in _BOOLEAN:
        return _BOOLEAN[text]
    if len(text) > _MAX_DIGITS and _FLOAT.fullmatch(text):
        raise NotJsonError(f"a number of {len(text)} characters")
    if _INTEGER.fullmatch(text):
        return int(text)
    if based := _BASED.fullmatch(text):
        return int(text, base=8 if based["octal"] else 16)
    if _FLOAT.fullmatch(text):
        number = float(text)
        if math.isfinite(number):
            return number
        raise NotJsonError(f"`{text}`, a number out of range")
    if _NOT_FINITE.fullmatch(text):
        raise NotJsonError(f"`{text}`")
    return read_text(text)


def read_text(text: str) -> str:
    r"""Text with JSON's surrogate pairs (`\ud83d\ude00`) joined.

    Raises:
        NotJsonError: for half a pair, which UTF-8 can't hold.
    """
    if text.isascii():
        return text
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise NotJsonError("half of a surrogate pair") from None


def not_text(text: str) -> str | None:
    """What an unquoted scalar is to YAML if it isn't text."""
    try:
        value = read_plain(text)
    except NotJsonError:
        return Kind.NUMBER
    return None if isinstance(value, str) else kind_of(value)
