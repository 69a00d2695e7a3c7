import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic_core import to_json
from temporalio.exceptions import ApplicationErrorCategory

from httptask.activities.failure import MAX_DETAILS_BYTES, MAX_MESSAGE_BYTES, to_application_error
from httptask.http import errors


def test_keeps_type_message_and_details() -> None:
    error = errors.RateLimited("429 from a: slow down", details={"status": 429}, retry_after=2.0)
    failure = to_application_error(error, attempt=3)
    assert (failure.message, failure.type, failure.non_retryable) == (
        "429 from a: slow down",
        "RateLimited",
        False,
    )
    assert failure.details == ({"status": 429, "retryable": True, "retry_after": 2.0, "attempt": 3},)
    assert failure.next_retry_delay is not None
    assert timedelta(seconds=2) <= failure.next_retry_delay <= timedelta(seconds=3)
    assert failure.category is ApplicationErrorCategory.BENIGN


@pytest.mark.parametrize(
    ("retryable", "retry_after"), [(True, None), (True, 0.0), (True, 0.25), (True, 600.0), (False, 2.0)]
)
def test_asks_for_a_delay_only_when_it_retries_after_one(retryable: bool, retry_after: float | None) -> None:
    error = errors.HttpStatusError("x", retryable=retryable, retry_after=retry_after)
    delays = {to_application_error(error, attempt=1).next_retry_delay for _ in range(100)}
    if not retryable or not retry_after:
        assert delays == {None}
    else:
        seconds = sorted(delay.total_seconds() for delay in delays if delay is not None)
        assert retry_after <= seconds[0] < seconds[-1] <= retry_after * 1.5
        assert (
            seconds[-1] - seconds[0] > retry_after / 4
        )  # those who were told the same don't come back together


def test_the_last_attempt_is_final() -> None:
    error = errors.RateLimited("x", retry_after=2)
    assert not to_application_error(error, attempt=2, attempts=3).non_retryable
    last = to_application_error(error, attempt=3, attempts=3)
    assert (last.non_retryable, last.next_retry_delay) == (True, None)
    assert last.details[0] == {"retryable": True, "retry_after": 2, "attempt": 3, "attempts": 3}


@pytest.mark.parametrize("name", sorted(set(errors.__all__) - {"HttpTaskError"}))
def test_every_error_keeps_its_verdict(name: str) -> None:
    error = getattr(errors, name)("x")
    failure = to_application_error(error, attempt=1)
    assert failure.type == name
    assert failure.non_retryable is not error.retryable
    assert (failure.category is ApplicationErrorCategory.BENIGN) is error.retryable


@pytest.mark.parametrize(
    "details",
    [
        {"status": 500, "body_excerpt": "é" * 100_000},
        {"status": 500, "body_excerpt": "\n\"\\" * 100_000},
        {"status": 500, "errors": [{"pointer": "/a", "message": "x" * 200}] * 1000},
        {"status": 500, **{f"key-{index}": "x" * 1000 for index in range(50)}},
        {"status": 500, "x" * 20_000: 1},
        {"status": 500, "deep": {"a": ["x" * 1_000_000]}},
    ],
    ids=["text", "escapes", "list", "many", "key", "deep"],
)  # fmt: skip
def test_size_is_bounded_and_small_facts_survive(details: dict[str, Any]) -> None:
    failure = to_application_error(errors.ConnectFailed("é" * 5000, details=details), attempt=1)
    [kept] = failure.details
    assert len(failure.message.encode()) <= MAX_MESSAGE_BYTES
    assert len(to_json(kept)) <= MAX_DETAILS_BYTES
    assert (kept["status"], kept["retryable"], kept["attempt"]) == (500, True, 1)


def test_the_largest_entry_is_cut_and_not_dropped() -> None:
    [kept] = to_application_error(
        errors.ConnectFailed("x", details={"text": "y" * 100_000}), attempt=1
    ).details
    assert set(kept["text"]) == {"y"}
    assert len(kept["text"]) > 3000


def test_a_list_stays_a_list() -> None:
    faults = [{"pointer": "/a", "message": "x" * 200}] * 100
    [kept] = to_application_error(errors.OutputInvalid("x", details={"errors": faults}), attempt=1).details
    assert kept["errors"] == faults[: len(kept["errors"])]
    assert len(kept["errors"]) == 25


def test_text_that_utf_8_does_not_have_is_replaced() -> None:
    error = errors.HttpStatusError("a\ud800b", details={"error": {"code": "\udfff"}})
    failure = to_application_error(error, attempt=1)
    assert failure.message == "a?b"
    assert json.loads(to_json(failure.details[0]))["error"] == {"code": "?"}


def test_a_detail_that_is_not_json_hides_no_error() -> None:
    [kept] = to_application_error(errors.Timeout("x", details={"seconds": Decimal(3)}), attempt=1).details
    assert kept["seconds"] == "3"


def test_details_never_overrule_the_verdict() -> None:
    error = errors.Timeout("x", details={"retryable": False, "attempt": 9})
    [kept] = to_application_error(error, attempt=1).details
    assert (kept["retryable"], kept["attempt"]) == (True, 1)
