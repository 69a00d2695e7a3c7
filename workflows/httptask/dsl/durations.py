"""Durations of the definition language (dsl-reference.md, Duration)."""

from datetime import timedelta
from typing import Any

from pydantic import TypeAdapter, ValidationError

from httptask.dsl.model import Duration

__all__ = ["seconds_of"]

_ISO_8601 = TypeAdapter(timedelta)
_LONGEST = 100 * 365.25 * 24 * 60 * 60
"""Seconds; timers end at what 64 bits and `timedelta` can count."""


def seconds_of(value: Any) -> float | None:
    """Seconds of a duration in parts or in ISO 8601.

    Returns:
        None when it is not a duration, a negative one, or one longer than a century.
    """
    try:
        if not isinstance(value, str):
            seconds = Duration.model_validate(value).total_seconds
        elif value.startswith("P"):  # pydantic would read a clock time as well
            seconds = _ISO_8601.validate_python(value).total_seconds()
        else:
            return None
    except (OverflowError, ValidationError):
        return None
    return seconds if 0 <= seconds <= _LONGEST else None
