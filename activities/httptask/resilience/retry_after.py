"""How long a server asks its clients to wait, wherever it says so."""

import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from httptask.json.types import is_array, is_number, is_object

__all__ = ["duration", "retry_after"]

_NUMBER = re.compile(r"[0-9]{1,15}(\.[0-9]{1,20})?")
_DURATION = re.compile(r"(?:[0-9]{1,15}(?:\.[0-9]{1,12})?(?:ns|us|µs|μs|ms|s|m|h|d))+")
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ns|us|µs|μs|ms|s|m|h|d)")
_SECONDS = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "μs": 1e-6,
    "ms": 1e-3,
    "s": 1,
    "m": 60,
    "h": 3600,
    "d": 86400,
}
_IN_WORDS = re.compile(
    r"\b(?:(?:try again|retry)\b[^.\n]{0,40}?\b(?:in|after)|wait(?: for)?) (?:about |approximately |at least )?"
    r"(?P<number>[0-9]+(?:\.[0-9]+)?) ?(?P<unit>[a-z]+)"
    r"(?P<rest>(?:[0-9.]+[a-z]+)*)",
    re.IGNORECASE,
)
_WORDS = {"millisecond": "ms", "second": "s", "sec": "s", "minute": "m", "min": "m", "hour": "h", "day": "d"}
_LONGEST = 200
"""Characters of a header that are looked at."""
_YEAR = 366 * 86400
_UNIX_SECONDS = range(10**9, 10**11)
_RESET = re.compile(r"(?:^|-)(?:ratelimit|rate-limit)-.*reset")
_NAMES_IN_ERROR = {
    "retry_after": 1,
    "retryAfter": 1,
    "retry_after_seconds": 1,
    "retryAfterSeconds": 1,
    "retry_after_ms": 1e-3,
    "retryAfterMs": 1e-3,
}
"""Where an error tells the wait, and the seconds of its unit."""
_POLICY = re.compile(r"\br(?:emaining)?=([0-9]+)[^\"]*?\b(?:t|reset)=([0-9]+)")
"""An item of `RateLimit`, in drafts of the IETF: `"default";r=0;t=30`, once `limit=9, remaining=0, reset=30`."""


def retry_after(
    headers: Mapping[str, str],
    body: Any = None,
    *,
    status: int = HTTPStatus.TOO_MANY_REQUESTS,
    now: datetime | None = None,
) -> float | None:
    """Reads the wait in seconds, or None when there is none that can be believed.

    `retry-after-ms` (milliseconds; OpenAI and Azure send it) is finer and goes first, then `Retry-After` (RFC 9110,
    section 10.2.3): seconds, here also with a fraction, or a date. Then what the body says (Google's `retryDelay`,
    Telegram's and Discord's `retry_after`), when a limit is whole again of which nothing remains (`RateLimit-Reset`,
    `x-ratelimit-reset-*`, `anthropic-ratelimit-*-reset`), and at last the words of the error.

    A number of years is a Unix time, or not believed. Dates count from the response's own `Date`, so that a wrong
    clock on either side does no harm.

    Args:
        headers: the response's headers, names in lower case.
        body: its parsed content, or None.
        status: of the response; only 429 says that some limit is reached where the headers do not say which.
        now: what a date counts from when the response has no `Date`; the present by default.
    """
    since = _date(headers.get("date")) or now or datetime.now(UTC)
    if (wait := _in_header(headers, since)) is not None:
        return wait
    for error in _errors(body):
        if (wait := _in_error(error, since)) is not None:
            return wait
    if (wait := _until_reset(headers, status, since)) is not None:
        return wait
    return next((wait for text in _texts(body) if (wait := _in_words(text)) is not None), None)


def duration(text: str) -> float | None:
    """Seconds of a number, or of a duration as Go and Google write it: `6m0s`, `20ms`, `34.07s`."""
    text = text.strip()[:60]
    if _NUMBER.fullmatch(text):
        return float(text)
    if not _DURATION.fullmatch(text):
        return None
    return round(math.fsum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text)), 9)


def _in_header(headers: Mapping[str, str], since: datetime) -> float | None:
    for name in ("retry-after-ms", "x-ms-retry-after-ms"):
        if (milliseconds := _number(headers.get(name))) is not None:
            return _believed(milliseconds / 1000, since)
    return _wait(headers.get("retry-after"), since)


def _wait(value: Any, since: datetime) -> float | None:
    """Seconds from now: of a number, a duration, or a date."""
    if is_number(value):
        value = repr(value)
    if not isinstance(value, str):
        return None
    told = [seconds for part in value[:_LONGEST].split(",") if (seconds := duration(part)) is not None]
    if told and len(told) == value.count(",") + 1:  # a header that came several times says each
        return _believed(max(told), since)
    until = _date(value)
    return None if until is None else _believed(max(0.0, (until - since).total_seconds()), since)


def _believed(seconds: float, since: datetime) -> float | None:
    if seconds >= _UNIX_SECONDS.stop:
        seconds /= 1000  # OpenRouter's are in milliseconds
    if _UNIX_SECONDS.start <= seconds < _UNIX_SECONDS.stop:
        seconds = max(0.0, seconds - since.timestamp())
    return seconds if seconds <= _YEAR else None


def _errors(body: Any) -> Iterator[Mapping[str, Any]]:
    """The objects of a body in which an error may be described, the outermost first."""
    if is_array(body):
        body = body[0] if body else None  # Gemini's compatible API sends a list of one
    if is_object(body):
        yield body
        for name in ("error", "parameters", "metadata"):
            yield from _errors(body.get(name))


def _in_error(error: Mapping[str, Any], since: datetime) -> float | None:
    details = error.get("details")
    for detail in details if is_array(details) else ():
        delay = detail.get("retryDelay") if is_object(detail) else None  # google.rpc.RetryInfo
        delay = delay.get("seconds") if is_object(delay) else delay
        if delay is not None and (wait := _wait(delay, since)) is not None:
            return wait
    for name, unit in _NAMES_IN_ERROR.items():
        if (wait := _wait(error.get(name), since)) is not None:
            return wait * unit
    within = error.get("headers")  # those of the provider behind OpenRouter
    if not is_object(within):
        return None
    headers = {name.lower(): str(value) for name, value in within.items()}
    wait = _in_header(headers, since)
    return _until_reset(headers, 0, since) if wait is None else wait


def _until_reset(headers: Mapping[str, str], status: int, since: datetime) -> float | None:
    """How long until all limits are whole again of which nothing remains."""
    waits: dict[bool, list[float]] = {True: [], False: []}
    for name, value in headers.items():
        if _RESET.search(name) and (wait := _wait(value, since)) is not None:
            remaining = _number(headers.get(name.replace("reset", "remaining")))
            if remaining is None or remaining == 0:
                waits[remaining == 0].append(wait)
    for remaining, seconds in _POLICY.findall(headers.get("ratelimit", "")):
        if int(remaining) == 0:
            waits[True].append(float(seconds))
    found = waits[True] or (waits[False] if status == HTTPStatus.TOO_MANY_REQUESTS else [])
    return max(found, default=None)


def _texts(body: Any) -> Iterator[str]:
    """The sentences of a body that may tell a wait."""
    told = [error.get(name) for error in _errors(body) for name in ("message", "error", "detail", "msg")]
    yield from (text for text in [body, *told] if isinstance(text, str) and not text.lstrip().startswith("<"))


def _in_words(text: str) -> float | None:
    """The wait of `Please try again in 7m12.5s` and `Please retry after 26 seconds`."""
    found = _IN_WORDS.search(text[:2000])
    if found is None:
        return None
    unit = found["unit"].lower()
    seconds = duration(found["number"] + _WORDS.get(unit.removesuffix("s") or unit, unit) + found["rest"])
    return seconds if seconds is not None and seconds <= _YEAR else None


def _number(text: str | None) -> float | None:
    if text is None or not _NUMBER.fullmatch(text.strip()):
        return None
    return float(text)


def _date(text: str | None) -> datetime | None:
    """An HTTP date, or one of RFC 3339 as Anthropic's headers have it."""
    if text is None:
        return None
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            date = read(text.strip())
            return date.replace(tzinfo=UTC) if date.tzinfo is None else date
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None
