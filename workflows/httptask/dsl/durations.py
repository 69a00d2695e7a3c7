"""Durations of the definition language (dsl-reference.md, Duration)."""

from datetime import timedelta
from typing import Any

from pydantic import TypeAdapter, ValidationError

from httptask.dsl.model import Duration

__all__ = ["seconds_of"]

_ISO_8601 = TypeAdapter(timedelta)


def seconds_of(value: Any) -> float | None:
    """Seconds of a duration in parts or in ISO 8601.

    Returns:
        None when it is not a duration, or a negative one.
    """
    try:
        if not isinstance(value, str):
            return Duration.model_validate(value).total_seconds
        if not value.startswith("P"):  # pydantic would read a clock time as well
            return None
        seconds = _ISO_8601.validate_python(value).total_seconds()
    except ValidationError:
        return None
    return seconds if seconds >= 0 else None
