"""Values of secrets that are spelled out over several texts: pieces of one, or events of a stream."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from httptask.json.tree import parse_piece
from httptask.json.types import is_array, is_object
from httptask.secrets.redaction import Redactor

__all__ = ["PieceRedactor", "redacted_together"]

_Place = tuple[str | int | None, ...]
"""Keys and indices that lead to a text; None for any index, and `_INSIDE` for what a text says that is JSON."""
_INSIDE = -1
_BEGINS = frozenset('"[{')


class PieceRedactor:
    """Takes the values out of a text that comes in pieces; a value may be spelled out over several of them.

    What it gives is, put together, the whole text without the values. Of each piece it holds back what may be the
    beginning of a value.

    Args:
        redactor: knows the values.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._held = ""

    def feed(self, piece: str) -> str:
        """One more piece; what can be shown by now."""
        text = self._held + piece
        end = self._redactor.settled(text)
        self._held = text[end:]
        return self._redactor.text(text[:end])

    def finish(self) -> str:
        """What was held back, when nothing follows it."""
        rest, self._held = self._held, ""
        return self._redactor.text(rest)


def redacted_together(values: Sequence[Any], redactor: Redactor) -> list[Any]:
    """JSON values without the values of secrets, of which each may hold a piece.

    Whoever puts them together takes the texts at one place, or all in a list there, so these are read as one text.
    """
    texts: dict[_Place, str] = {
        (index, *place): text for index, value in enumerate(values) for place, text in _texts(value)
    }
    for together in (_same, _in_same_lists):
        groups: dict[_Place, list[_Place]] = {}
        for place in texts:
            groups.setdefault(together(place[1:]), []).append(place)
        for places in groups.values():
            texts.update(zip(places, redactor.pieces([texts[place] for place in places]), strict=True))
    return [_filled(value, texts, (index,)) for index, value in enumerate(values)]


def _same(place: _Place) -> _Place:
    return place


def _in_same_lists(place: _Place) -> _Place:
    return tuple(None if isinstance(step, int) else step for step in place)


def _texts(value: Any, place: _Place = ()) -> Iterator[tuple[_Place, str]]:
    if isinstance(value, str):
        yield place, value
        yield from _texts(_json_of(value), (*place, _INSIDE))
    elif is_array(value):
        for index, item in enumerate(value):
            yield from _texts(item, (*place, index))
    elif is_object(value):
        for key, item in value.items():
            yield from _texts(item, (*place, key))


def _filled(value: Any, texts: dict[_Place, str], place: _Place) -> Any:
    if isinstance(value, str):
        inner = _json_of(value)
        filled = _filled(inner, texts, (*place, _INSIDE))
        return texts[place] if filled == inner else json.dumps(filled, ensure_ascii=False)
    if is_array(value):
        return [_filled(item, texts, (*place, index)) for index, item in enumerate(value)]
    if is_object(value):
        return {key: _filled(item, texts, (*place, key)) for key, item in value.items()}
    return value


def _json_of(text: str) -> Any:
    """What a text says that is JSON itself, with texts in it perhaps."""
    if text[:1] not in _BEGINS:
        return None
    try:
        return parse_piece(text)
    except ValueError:
        return None
