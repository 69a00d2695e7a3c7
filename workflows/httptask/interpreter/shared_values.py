"""Values that several places of a run's state share: written once, and shared again when they are read."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any, Final

from pydantic import SerializationInfo, ValidationInfo

from httptask.json.types import is_array, is_object

__all__ = ["SharedValues", "find_value", "place_value"]

_WORTH_SHARING: Final = 64
"""Characters of JSON. What is shorter stands where it belongs, in a list of its own that tells it from a place."""


class SharedValues:
    """The values of one state; where each stands is a number."""

    def __init__(self, kept: Sequence[Any] = ()) -> None:
        """Begin with none, or with those that were kept."""
        self.kept = list(kept)
        self._by_identity: dict[int, int] = {}
        self._by_digest: dict[bytes, int] = {}

    def place(self, value: Any) -> int | list[Any]:
        """Where a value stands: the same place for the same one, and for what equals it to the letter."""
        if not (is_object(value) or is_array(value) or isinstance(value, str)):
            return [value]
        if id(value) in self._by_identity:
            return self._by_identity[id(value)]
        text = json.dumps(value)
        if len(text) < _WORTH_SHARING:
            return [value]
        place = self._by_digest.setdefault(hashlib.sha256(text.encode()).digest(), len(self.kept))
        if place == len(self.kept):
            self.kept.append(value)
        self._by_identity[id(value)] = place
        return place

    def find(self, place: int | list[Any]) -> Any:
        """The value that stands there."""
        return self.kept[place] if isinstance(place, int) else place[0]


def place_value(value: Any, info: SerializationInfo) -> Any:
    """Serialize a value as its place, where the state is to be continued."""
    return info.context.place(value) if isinstance(info.context, SharedValues) else value


def find_value(value: Any, info: ValidationInfo) -> Any:
    """Validate a place as its value, where a state is continued."""
    return info.context.find(value) if isinstance(info.context, SharedValues) else value
