"""Static paths: the keys that follow a value as far as they are written out."""

import json
from collections.abc import Sequence

from httptask.dsl.expressions.lexer import Token

__all__ = ["Path", "static_path", "string_value"]

Path = tuple[str, ...]


def static_path(tokens: Sequence[Token], at: int) -> tuple[Path, int]:
    """The keys that begin at a token, in any of the forms `.a`, `."a"`, `["a"]`, `.["a"]`.

    Returns:
        The keys, and the index of the first token behind them.
    """
    path: list[str] = []
    while True:
        key, length = _key(tokens, at)
        if key is None:
            return tuple(path), at
        path.append(key)
        at += length
        if tokens[at : at + 1] and tokens[at].text == "?":
            at += 1


def _key(tokens: Sequence[Token], at: int) -> tuple[str | None, int]:
    """One key and how many tokens it takes; no key where something else stands."""
    ahead = tokens[at : at + 4]
    if not ahead:
        return None, 0
    if ahead[0].kind == "field":
        return ahead[0].text[1:], 1
    dots = 1 if ahead[0].text == "." else 0
    rest = ahead[dots:]
    if dots and rest and rest[0].kind == "string":
        return string_value(rest[0].text), 2
    if len(rest) > 2 and rest[0].text == "[" and rest[1].kind == "string" and rest[2].text == "]":
        return string_value(rest[1].text), 3 + dots
    return None, 0


def string_value(literal: str) -> str:
    """The text that a string literal without interpolation stands for."""
    try:
        return str(json.loads(literal, strict=False))
    except ValueError:  # an escape that jq will refuse
        return literal[1:-1]
