"""Values of a request that are not known yet, such as expressions of a definition that is being loaded."""

from collections.abc import Callable
from enum import Enum
from typing import Any, Final

from httptask.json.types import is_array, is_object

__all__ = ["UNKNOWN", "IsUnknown", "has_unknown", "with_unknown"]

IsUnknown = Callable[[Any], bool]


class _Unknown(Enum):
    UNKNOWN = "unknown"


UNKNOWN: Final = _Unknown.UNKNOWN
"""Stands where a value is not known: no rule is applied to it."""


def with_unknown(value: Any, is_unknown: IsUnknown) -> Any:
    """The same tree with `UNKNOWN` in the place of each value that is not known."""
    if is_unknown(value):
        return UNKNOWN
    if is_object(value):
        return {key: with_unknown(item, is_unknown) for key, item in value.items()}
    return [with_unknown(item, is_unknown) for item in value] if is_array(value) else value


def has_unknown(value: Any) -> bool:
    """Whether any part of a tree is not known."""
    if value is UNKNOWN:
        return True
    children = value.values() if is_object(value) else value if is_array(value) else ()
    return any(has_unknown(child) for child in children)
