"""Tests for a key's existence: `.a == null`, `.a?`, `.a // 0`, `if .a then`, `has("a")`, `.a | values`."""

from collections.abc import Sequence
from typing import Final

from httptask.dsl.expressions.lexer import Token
from httptask.dsl.expressions.paths import string_value

__all__ = ["is_tested", "key_of_has"]

_ALTERNATIVES: Final = frozenset({"//", "//=", "?"})
_COMPARISONS: Final = frozenset({"==", "!="})
_LOGIC: Final = frozenset({"and", "or"})
_ABOUT_NULL: Final = frozenset({"not", "nulls", "type", "values"})


def is_tested(tokens: Sequence[Token], start: int, end: int) -> bool:
    """Whether an expression asks if what stands between two tokens is there at all.

    Args:
        tokens: the expression.
        start: index of its first token.
        end: index of the first token behind it.
    """
    if any(token.text == "?" for token in tokens[start:end]):
        return True
    while _text(tokens, start - 1) == "(" and _text(tokens, end) == ")":
        start, end = start - 1, end + 1
    before, behind = _text(tokens, start - 1), _text(tokens, end)
    if behind in _ALTERNATIVES or behind in _LOGIC or before in _LOGIC:
        return True
    if behind in _COMPARISONS and _text(tokens, end + 1) == "null":
        return True
    if before in _COMPARISONS and _text(tokens, start - 2) == "null":
        return True
    return (before in ("if", "elif") and behind == "then") or (
        behind == "|" and _text(tokens, end + 1) in _ABOUT_NULL
    )


def key_of_has(tokens: Sequence[Token], at: int) -> str | None:
    """The key that `has("key")` at a token asks for."""
    argument = tokens[at + 2 : at + 3]
    if _text(tokens, at) != "has" or not argument or argument[0].kind != "string":
        return None
    return string_value(argument[0].text)


def _text(tokens: Sequence[Token], at: int) -> str:
    return tokens[at].text if 0 <= at < len(tokens) else ""
