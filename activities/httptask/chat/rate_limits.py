"""What is left of a server's rate limits, as the `x-ratelimit-*` headers of its answers tell."""

import re
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict

from httptask.resilience.retry_after import duration

__all__ = ["RateLimit", "RateLimits", "read_rate_limits"]

_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_LONGEST_RESET = 366 * 86400
"""Seconds; more is a date, whose distance depends on clocks that need not agree."""


class RateLimit(BaseModel):
    """One limit; None where the server does not tell."""

    model_config = ConfigDict(frozen=True)

    limit: int | None = None
    remaining: int | None = None
    reset_seconds: float | None = None
    """Until the limit is whole again, from when the answer came."""


class RateLimits(BaseModel):
    """The limits of an answer."""

    model_config = ConfigDict(frozen=True)

    requests: RateLimit | None = None
    tokens: RateLimit | None = None


def read_rate_limits(headers: Mapping[str, str]) -> RateLimits | None:
    """The limits that headers tell, None if they tell none.

    Azure sends -1, and 0 for a limit, where it does not know; both count as not told.

    Args:
        headers: names in lower case.
    """
    limits = RateLimits(requests=_read(headers, "requests"), tokens=_read(headers, "tokens"))
    return None if limits.requests is None and limits.tokens is None else limits


def _read(headers: Mapping[str, str], unit: str) -> RateLimit | None:
    found = RateLimit(
        limit=_whole(headers.get(f"x-ratelimit-limit-{unit}", "")) or None,
        remaining=_whole(headers.get(f"x-ratelimit-remaining-{unit}", "")),
        reset_seconds=_seconds(headers.get(f"x-ratelimit-reset-{unit}", "")),
    )
    return None if found == RateLimit() else found


def _whole(text: str) -> int | None:
    text = text.strip()
    return int(float(text)) if len(text) <= 15 and _NUMBER.fullmatch(text) else None


def _seconds(text: str) -> float | None:
    seconds = duration(text) if text else None
    return seconds if seconds is not None and seconds <= _LONGEST_RESET else None
