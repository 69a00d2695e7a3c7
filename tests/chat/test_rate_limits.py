import pytest

from httptask.chat.models import RateLimit, RateLimits
from httptask.chat.response.reader import read_rate_limits

SECONDS = [
    ("1s", 1.0),
    ("6m0s", 360.0),
    ("20ms", 0.02),
    ("1h2m3.5s", 3723.5),
    ("500µs", 0.0005),
    ("1d", 86400.0),
    ("8.64s", 8.64),
    ("59", 59.0),
    ("0.5", 0.5),
    ("0", 0.0),
    ("0s", 0.0),
    (" 7 ", 7.0),
    ("-1", None),
    ("", None),
    ("soon", None),
    ("1s later", None),
    ("1750000000", None),
    ("2026-11-26T02:07:14Z", None),
    ("9" * 400, None),
    ("nan", None),
]


@pytest.mark.parametrize(("text", "seconds"), SECONDS)
def test_resets(text: str, seconds: float | None) -> None:
    limits = read_rate_limits({"x-ratelimit-reset-tokens": text})
    expected = None if seconds is None else RateLimits(tokens=RateLimit(reset_seconds=seconds))
    assert limits == expected


@pytest.mark.parametrize(
    ("limit", "remaining", "expected"),
    [
        ("60", "59", RateLimit(limit=60, remaining=59)),
        ("60", "0", RateLimit(limit=60, remaining=0)),
        ("0", "-1", None),
        ("-1", "5", RateLimit(remaining=5)),
        ("150000.0", "149984.0", RateLimit(limit=150_000, remaining=149_984)),
        ("many", "1e3", None),
    ],
)
def test_counts(limit: str, remaining: str, expected: RateLimit | None) -> None:
    headers = {"x-ratelimit-limit-requests": limit, "x-ratelimit-remaining-requests": remaining}
    assert read_rate_limits(headers) == (None if expected is None else RateLimits(requests=expected))


def test_none() -> None:
    assert read_rate_limits({"x-request-id": "r"}) is None
