"""Static paths: the keys that follow a value as far as they are written out, and tests for whether they exist."""

import json
from collections.abc import Sequence
from typing import Final, NamedTuple

from httptask.dsl.expressions.lexer import Token

__all__ = [
    "ASSIGNMENTS",
    "ITEM",
    "Path",
    "Reading",
    "follow_pipes",
    "is_tested",
    "key_of_has",
    "static_path",
    "string_value",
]

ITEM: Final = None
"""Stands in a path for an item of a list, whichever it is: `[0]`, `[]`, `map(…)`."""

ASSIGNMENTS: Final = frozenset({"=", "|=", "+=", "-=", "*=", "/=", "%=", "//="})
_BEGIN_OPERANDS: Final = frozenset({"|", ",", ";", ":", "if", "then", "elif", "else"})
"""What binds no tighter than a pipe: a path behind it is all of what it is piped from."""
_ALTERNATIVES: Final = frozenset({"//", "//=", "?"})
_COMPARISONS: Final = frozenset({"==", "!="})
_LOGIC: Final = frozenset({"and", "or"})
_ABOUT_NULL: Final = frozenset({"not", "nulls", "type", "values"})

Path = tuple[str | None, ...]


class Reading(NamedTuple):
    """One place where an expression reads a variable or its input: `$tasks.extract.json[0] | .text`.

    Attributes:
        variable: name of the variable, without `$`; None for the input.
        path: the keys and items written out behind it, `("extract", "json", ITEM)`.
        piped: those that its value is piped into, `("text",)`; others may read the same value.
        offset: where it begins in the text that holds the expression.
        tested: whether what is read itself is asked for being there: `.a // 0`, and not `(.a + 1) // 0`.
    """

    variable: str | None
    path: Path
    piped: Path
    offset: int
    tested: bool = False

    @property
    def keys(self) -> list[str]:
        """The keys among what it reads, items left out."""
        return [key for key in self.path + self.piped if key is not None]

    def assigned(self) -> "Reading":
        """What is certainly there where the path is assigned to, which makes its keys: the task it names."""
        return self._replace(path=self.path[:1] if self.variable == "tasks" else (), piped=())


def static_path(tokens: Sequence[Token], at: int) -> tuple[Path, int]:
    """The keys and items that begin at a token: `.a`, `."a"`, `["a"]`, `.["a"]`, `[0]`, `[]`, `.[0]`.

    Returns:
        The path, and the index of the first token behind it.
    """
    path: list[str | None] = []
    while True:
        step, length = _step(tokens, at)
        if not length:
            return tuple(path), at
        path.append(step)
        at += length
        if _text(tokens, at) == "?":
            at += 1


def follow_pipes(tokens: Sequence[Token], start: int, end: int) -> tuple[Path, int]:
    """What is read of a path's value by the paths it is piped into: `| .a`, `| map(.a)`.

    Args:
        tokens: the expression.
        start: index of the path's first token.
        end: index of the first token behind it.

    Returns:
        The path, and the index of the first token behind it.
    """
    path: Path = ()
    if start and tokens[start - 1].kind != "open" and tokens[start - 1].text not in _BEGIN_OPERANDS:
        return path, end
    while _text(tokens, end) == "|":
        mapped = _text(tokens, end + 1) == "map" and _text(tokens, end + 2) == "("
        more, behind = static_path(tokens, end + (3 if mapped else 1))
        if not more:
            break
        path, end = (*path, *((ITEM,) if mapped else ()), *more), behind
        if mapped:
            break
    return path, end


def is_tested(tokens: Sequence[Token], start: int, end: int) -> bool:
    """Whether an expression asks if what stands between two tokens is there at all: `.a == null`, `.a?`, `.a // 0`.

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


def _step(tokens: Sequence[Token], at: int) -> tuple[str | None, int]:
    """One key or item and how many tokens it takes; none where something else stands."""
    dots = int(_text(tokens, at) == ".")
    ahead = tokens[at + dots : at + dots + 4]
    match [token.text if token.kind in ("open", "close", "operator") else token.kind for token in ahead]:
        case ["field", *_] if not dots:
            return ahead[0].text[1:], 1
        case ["string", *_] if dots:
            return string_value(ahead[0].text), 2
        case ["[", "string", "]", *_]:
            return string_value(ahead[1].text), 3 + dots
        case ["[", "]", *_]:
            return ITEM, 2 + dots
        case ["[", "number", "]", *_]:
            return ITEM, 3 + dots
        case ["[", "-", "number", "]"]:
            return ITEM, 4 + dots
        case _:
            return None, 0


def _text(tokens: Sequence[Token], at: int) -> str:
    return tokens[at].text if 0 <= at < len(tokens) else ""


def string_value(literal: str) -> str:
    """The text that a string literal without interpolation stands for."""
    try:
        return str(json.loads(literal, strict=False))
    except ValueError:  # an escape that jq will refuse
        return literal[1:-1]
