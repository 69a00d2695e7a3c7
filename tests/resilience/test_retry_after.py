import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from httptask.resilience.retry_after import retry_after

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
UNIX = str(int(NOW.timestamp()) + 30)
DATE = "Mon, 23 Nov 2026 11:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": " 2 "}, 2.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "86400"}, 86400.0),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "9"}, 9.0),
        ({"retry-after": "Mon, 23 Nov 2026 11:00:30 GMT", "date": DATE}, 30.0),
        ({"retry-after": "Mon, 23 Nov 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Monday, 23-Nov-26 11:00:30 GMT", "date": DATE}, 30.0),
        ({"retry-after": "Mon Nov 23 11:00:30 2026", "date": DATE}, 30.0),
        ({"retry-after": "Mon, 23 Nov 2026 13:00:30 +0200", "date": DATE}, 30.0),
        ({"retry-after": "2026-11-23T13:00:30+02:00", "date": DATE}, 30.0),
        ({"retry-after": "Mon, 23 Nov 2026 10:00:00 GMT", "date": DATE}, 0.0),
        ({"retry-after": "Mon, 23 Nov 2026 12:00:30 GMT", "date": "yesterday"}, 30.0),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "1e3"}, None),
        ({"retry-after": "9" * 400}, None),
        ({"retry-after": "٣"}, None),
        ({"retry-after": "2, 3"}, 3.0),  # the header came twice
        ({"retry-after": "2, soon"}, None),
        ({"retry-after": "Sat, 23 Nov 2099 11:00:30 GMT", "date": DATE}, None),
        ({"x-ms-retry-after-ms": "250"}, 0.25),
        ({"retry-after": ""}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Mon, 99 Nov 2026 99:00:30 GMT"}, None),
        ({"retry-after": UNIX}, 30.0),
        ({"retry-after": f"{UNIX}000"}, 30.0),
        ({"retry-after-ms": f"{UNIX}000"}, 30.0),
        ({"retry-after": "1000000000"}, 0.0),  # it has passed: the usual wait
        ({"retry-after": "99999999"}, None),
        ({"retry-after": "5000000000"}, None),
        ({"retry-after": "31622400"}, 31622400.0),  # 366 days are the most that is believed
        ({"retry-after": "31622401"}, None),
        ({"retry-after": "12s"}, 12.0),
        ({"retry-after": "2026-11-23T12:00:30Z"}, 30.0),
        ({"retry-after": "soon", "ratelimit-reset": "5"}, 5.0),
        ({"retry-after": "2", "ratelimit-reset": "5"}, 2.0),
    ],
)
def test_forms(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, now=NOW) == seconds


@pytest.mark.parametrize(
    ("headers", "limited", "other"),
    [
        ({"x-ratelimit-reset-requests": "6m0s"}, 360.0, None),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "6m0s"}, 360.0, 360.0),
        ({"x-ratelimit-remaining-requests": "9", "x-ratelimit-reset-requests": "6m0s"}, None, None),
        # Groq: the day's requests are left, the minute's tokens are not.
        (
            {
                "x-ratelimit-remaining-requests": "14370",
                "x-ratelimit-reset-requests": "2m59.56s",
                "x-ratelimit-remaining-tokens": "0",
                "x-ratelimit-reset-tokens": "7.66s",
            },
            7.66,
            7.66,
        ),
        # Azure: whole seconds, and -1 for what is not known.
        ({"x-ratelimit-remaining-tokens": "-1", "x-ratelimit-reset-tokens": "26"}, 26.0, None),
        ({"x-ratelimit-reset-tokens": "-1"}, None, None),
        (
            {
                "anthropic-ratelimit-requests-remaining": "0",
                "anthropic-ratelimit-requests-reset": "2026-11-23T12:00:07Z",
                "anthropic-ratelimit-input-tokens-remaining": "0",
                "anthropic-ratelimit-input-tokens-reset": "2026-11-23T12:00:30Z",
                "anthropic-ratelimit-output-tokens-remaining": "800",
                "anthropic-ratelimit-output-tokens-reset": "2026-11-23T13:00:00Z",
            },
            30.0,
            30.0,
        ),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": UNIX}, 30.0, 30.0),
        ({"x-rate-limit-reset": UNIX}, 30.0, None),
        ({"ratelimit-remaining": "0", "ratelimit-reset": "50"}, 50.0, 50.0),
        ({"ratelimit": '"default";r=0;t=30, "day";r=900;t=80000'}, 30.0, 30.0),
        ({"ratelimit": "limit=100, remaining=0, reset=50"}, 50.0, 50.0),
        ({"ratelimit": '"default";r=5;t=30'}, None, None),
        ({"x-ratelimit-limit-requests": "60"}, None, None),
    ],
)
def test_limits_of_which_nothing_remains(
    headers: dict[str, str], limited: float | None, other: float | None
) -> None:
    """A server that has failed and tells its limits as always has not asked for anything."""
    assert retry_after(headers, now=NOW) == limited
    assert retry_after(headers, status=503, now=NOW) == other


RETRY_INFO = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.074824224s"}


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        ({"error": {"code": 429, "details": [{"@type": "…QuotaFailure"}, RETRY_INFO]}}, 34.074824224),
        ([{"error": {"details": [RETRY_INFO]}}], 34.074824224),
        ({"details": [{"retryDelay": {"seconds": 12}}]}, 12.0),
        ({"message": "You are being rate limited.", "retry_after": 64.57}, 64.57),
        ({"ok": False, "error_code": 429, "parameters": {"retry_after": 35}}, 35.0),
        (
            {
                "error": {
                    "metadata": {"headers": {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": f"{UNIX}000"}}
                }
            },
            30.0,
        ),
        ({"error": {"message": "Rate limit reached … Please try again in 7m12.5s. Visit …"}}, 432.5),
        ({"error": {"message": "Limit 3, Requested 1. Please try again in 20ms."}}, 0.02),
        ({"error": {"message": "… exceeded token rate limit. Please retry after 26 seconds."}}, 26.0),
        ({"error": {"message": "Retry your request after 1 minute."}}, 60.0),
        ({"error": {"message": "Please try again in a few minutes."}}, None),
        ({"error": {"message": "Try again in 2 fortnights."}}, None),
        ({"error": {"message": "Please try again later."}, "retry_after": True}, None),
        ({"retry_after": "2026-11-23T12:00:30Z"}, 30.0),
        ({"retry_after": -1, "error": "busy"}, None),
        ({"error": {"details": [None, {"retryDelay": []}]}}, None),
        ("Please try again in 3 s", 3.0),
        ("<html>Please try again in 3 s</html>", None),
        ({"error": "Please wait 30 seconds before the next request"}, 30.0),
        ({"detail": "retry in about 7 s"}, 7.0),
        ({"error": {"metadata": {"retry_after_seconds": 9}}}, 9.0),
        ({"retryAfterMs": 1500}, 1.5),
        ({"error": {"metadata": {"headers": {"Retry-After": "9"}}}}, 9.0),
        ([], None),
        ({"details": [{"retryDelay": "2026-11-23T12:00:30Z"}]}, 30.0),
        ({"metadata": {"headers": {"Retry-After": "Mon, 23 Nov 2026 12:00:30 GMT"}}}, 30.0),
        ({"msg": "retry after 5 s"}, 5.0),
        ("\n <html>Please try again in 3 s</html>", None),
        ("try again in 366 days", 31622400.0),
        ("try again in 367 days", None),
    ],
)
def test_a_wait_in_the_body(body: Any, seconds: float | None) -> None:
    assert retry_after({}, body, now=NOW) == seconds
    assert retry_after({"retry-after": "2"}, body, now=NOW) == 2.0


@pytest.fixture
def in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("in_tokyo")
@pytest.mark.parametrize("date", ["Mon Nov 23 11:00:30 2026", "2026-11-23T11:00:30"])
def test_a_date_without_a_zone_is_no_local_one(date: str) -> None:
    assert retry_after({"retry-after": date, "date": DATE}) == 30.0


def test_a_date_counts_from_now_where_the_response_has_none() -> None:
    assert retry_after({"retry-after": "Mon, 23 Nov 2015 12:00:30 GMT"}) == 0.0
    wait = retry_after(
        {"retry-after": format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)}
    )
    assert wait is not None
    assert 30 < wait <= 90
