"""What a type alone does not say of a field."""

from dataclasses import dataclass
from typing import Any, Final

from httptask.connections.providers import ProviderName

__all__ = ["ABSENT", "FIRST_REVISION", "REVISION", "About", "AnyOther", "Length", "Matches", "Own", "Range"]

FIRST_REVISION: Final = "2025-04-29"
"""The revision of the API's description that most fields are in."""
REVISION: Final = "2026-08-21"
"""The revision that the newer fields were taken from."""
ABSENT: Final = object()


@dataclass(frozen=True, slots=True)
class About:
    """A field in words.

    Attributes:
        text: what it is for, in one sentence.
        default: what the server takes when the field is absent.
        since: revision of the API's description in which it appeared.
        deprecated: what to use instead, "" for nothing; None for a field that stays.
        hint: what to write, where the type does not say enough.
    """

    text: str
    default: Any = ABSENT
    since: str = FIRST_REVISION
    deprecated: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Range:
    """Least and greatest number."""

    least: float | None = None
    greatest: float | None = None


@dataclass(frozen=True, slots=True)
class Length:
    """Fewest and most characters, items or entries."""

    fewest: int = 0
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Matches:
    """A regular expression that the whole text, or each key of a map, matches; and the same in words."""

    pattern: str
    words: str


@dataclass(frozen=True, slots=True)
class AnyOther:
    """The listed values are those that the API has by now: there were fewer before, and more may have come since."""


@dataclass(frozen=True, slots=True)
class Own:
    """Values, or types of parts, that the servers of a provider take and the API does not."""

    provider: ProviderName
    values: tuple[str, ...]
