"""Durations of the definition language (dsl-reference.md, Duration)."""

import re
from datetime import timedelta
from typing import Any

from pydantic import TypeAdapter, ValidationError

from httptask.dsl.model import Duration

__all__ = ["meant_duration", "seconds_of"]

_OTHER_FORM = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)", re.IGNORECASE)
_UNITS = {
    "PT{}S": ("", "s", "sec", "secs", "second", "seconds"),
    "PT{}M": ("m", "min", "mins", "minute", "minutes"),
    "PT{}H": ("h", "hour", "hours"),
    "P{}D": ("d", "day", "days"),
}
"""How people write durations elsewhere; a number is of seconds."""
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


def meant_duration(value: Any) -> str | None:
    """The ISO 8601 duration that a number, or a text such as `30s`, stands for; None where that can't be known."""
    found = _OTHER_FORM.fullmatch(str(value).strip()) if not isinstance(value, bool) else None
    if found is None:
        iso = value.strip().upper() if isinstance(value, str) else None
        return iso if iso is not None and seconds_of(iso) is not None else None
    number, unit = found[1], found[2].lower()
    if unit in ("ms", "millis", "milliseconds"):
        return f"PT{float(number) / 1000:g}S"
    return next((form.format(number) for form, units in _UNITS.items() if unit in units), None)
