"""Where each value of a definition stands in its text."""

from dataclasses import dataclass, field
from typing import NamedTuple

__all__ = ["Place", "Positions", "Spot"]


class Place(NamedTuple):
    """Line and column, counted from 1; columns count code points, as editors do."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Spot:
    """One value in the text.

    Attributes:
        value: where the value begins.
        key: where its key begins; None for items of a list.
        source: the text that spells a scalar, quotes included; None for mappings and lists.
        content: the scalar that it spells; None for mappings and lists.
    """

    value: Place
    key: Place | None = None
    source: str | None = None
    content: str | None = None


@dataclass(slots=True)
class Positions:
    """Spots by JSON Pointer."""

    spots: dict[str, Spot] = field(default_factory=dict[str, Spot])

    def key(self, pointer: str) -> Place:
        """Where the key of a value stands, or the value itself when it has none."""
        spot = self._nearest(pointer)
        return spot.key or spot.value

    def value(self, pointer: str, offset: int | None = None) -> Place:
        """Where a value stands; `offset` points into a scalar's content.

        Text that YAML spells differently from its content (escapes, folding) has no exact inner place: its
        beginning is given. Of a value that isn't there, the key of what is around it is given.
        """
        spot = self.spots.get(pointer)
        if spot is None:
            return self.key(pointer)
        inner = None if offset is None else _inner_place(spot, offset)
        return inner or spot.value

    def _nearest(self, pointer: str) -> Spot:
        """The spot of a pointer, or of its nearest ancestor: what an alias repeats stands at the alias."""
        while pointer and pointer not in self.spots:
            pointer = pointer.rpartition("/")[0]
        return self.spots.get(pointer, Spot(Place(1, 1)))


def _inner_place(spot: Spot, offset: int) -> Place | None:
    if spot.source is None or spot.content is None:
        return None
    for quotes in (0, 1):
        if spot.source[quotes : len(spot.source) - quotes] == spot.content and "\n" not in spot.content:
            return Place(spot.value.line, spot.value.column + quotes + offset)
    return _place_in_block(spot, spot.source, spot.content, offset)


def _place_in_block(spot: Spot, source: str, content: str, offset: int) -> Place | None:
    """A literal block (`|`) repeats its content line by line, indented."""
    if not source.startswith("|"):
        return None
    begun = content[:offset].rpartition("\n")[2]
    number = content[:offset].count("\n")
    line = content.split("\n")[number]
    source_lines = source.split("\n")
    if number + 1 >= len(source_lines) or not source_lines[number + 1].rstrip("\r").endswith(line):
        return None
    indentation = len(source_lines[number + 1].rstrip("\r")) - len(line)
    return Place(spot.value.line + 1 + number, indentation + len(begun) + 1)
