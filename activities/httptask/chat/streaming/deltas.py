"""Putting together what a stream sends in pieces: texts grow, lists grow, objects are merged."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any

from httptask.json.types import is_array, is_object

__all__ = ["SAID_ONCE", "extend", "index_of", "joined_base64", "merge", "same_type"]

SAID_ONCE = frozenset({"format", "id", "name", "role", "type"})
"""Texts that are no pieces: servers repeat them with each delta."""

Same = Callable[[dict[str, Any], dict[str, Any]], bool]


def index_of(value: Any) -> int | None:
    """An index, which some servers write as text; None where there is none."""
    if isinstance(value, str) and value.isdecimal() and len(value) < 10:
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def merge(into: dict[str, Any], delta: dict[str, Any]) -> None:
    """Adds the pieces of an object to it; null says nothing."""
    for key, piece in delta.items():
        if piece is None:
            continue
        before = into.get(key)
        if isinstance(piece, str) and isinstance(before, str):
            into[key] = before or piece if key in SAID_ONCE else before + piece
        elif is_object(piece) and is_object(before):
            merge(before, piece)
        elif is_array(piece) and is_array(before):
            extend(before, piece)
        else:
            into[key] = piece


def _same_index(first: dict[str, Any], second: dict[str, Any]) -> bool:
    """Whether two items of lists are pieces of one: they have the same index, and no two types."""
    index = index_of(second.get("index"))
    return index is not None and index == index_of(first.get("index")) and same_type(first, second)


def same_type(first: dict[str, Any], second: dict[str, Any]) -> bool:
    """Whether two items of lists are of the same type."""
    return first.get("type") == second.get("type")


def extend(into: list[Any], items: Sequence[Any], same: Same = _same_index) -> None:
    """Adds items to a list; one that is a piece of the last item is merged into it."""
    for item in items:
        last = into[-1] if into else None
        if is_object(item) and is_object(last) and same(last, item):
            merge(last, item)
        else:
            into.append(item)


def joined_base64(pieces: Sequence[str]) -> str:
    """The base64 of all data, whose pieces were encoded each by itself or were cut out of a whole."""
    try:
        data = [base64.b64decode(piece, validate=True) for piece in pieces]
    except (binascii.Error, ValueError):
        return "".join(pieces)
    return base64.b64encode(b"".join(data)).decode("ascii")
