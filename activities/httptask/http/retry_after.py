"""How long a server asks its clients to wait."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

__all__ = ["retry_after"]

_NUMBER = re.compile(r"[0-9]{1,15}(\.[0-9]{1,9})?")


def retry_after(headers: Mapping[str, str], *, now: datetime | None = None) -> float | None:
    """Reads the wait in seconds, or None when there is none that can be believed.

    `retry-after-ms` (milliseconds; OpenAI and Azure send it) is finer and goes first, then `Retry-After`
    (RFC 9110, section 10.2.3): seconds, here also with a fraction, or a date. A date counts from the
    response's own `Date`, so that a wrong clock on either side does no harm.

    Args:
        headers: the response's headers, names in lower case.
        now: what a date counts from when the response has no `Date`; the present by default.
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("retry-after")
    seconds = _number(value)
    if seconds is not None:
        return seconds
    until = _date(value)
    if until is None:
        return None
    since = _date(headers.get("date")) or now or datetime.now(UTC)
    return max(0.0, (until - since).total_seconds())


def _number(text: str | None) -> float | None:
    if text is None or not _NUMBER.fullmatch(text.strip()):
        return None
    number = float(text)
    return number if math.isfinite(number) else None


def _date(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        date = parsedate_to_datetime(text)
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
