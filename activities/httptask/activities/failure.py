"""From our own errors to failures that Temporal stores, retries and shows."""

import json
from datetime import timedelta
from typing import Any

from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from httptask.diagnostics.cutting import first_bytes
from httptask.http.errors import HttpTaskError
from httptask.json.types import is_array
from httptask.resilience.retry import asked_delay

__all__ = ["MAX_DETAILS_BYTES", "MAX_MESSAGE_BYTES", "to_application_error"]

MAX_MESSAGE_BYTES = 1024
MAX_DETAILS_BYTES = 8 * 1024
"""Far below the gRPC limit of 4 MB: a larger failure is lost, and its activity hangs until it times out."""


def to_application_error(
    error: HttpTaskError, *, attempt: int, attempts: int | None = None, interval: timedelta | None = None
) -> ApplicationError:
    """The failure of an activity attempt. Raise it `from None`.

    `details[0]` is the error's own details with `retryable`, `retry_after` (seconds or None), `attempt`, where
    Temporal does not count them `attempts`, and where the message ends with it `cure`.

    Args:
        error: what went wrong.
        attempt: number of the attempt that failed, from 1; of the one before it where this one was postponed.
        attempts: how many there may be; None leaves the count to Temporal.
        interval: the wait before the next one when the error asks for none; None leaves it to Temporal.
    """
    facts: dict[str, Any] = {
        "retryable": error.retryable,
        "retry_after": error.retry_after,
        "attempt": attempt,
    }
    if attempts is not None:
        facts["attempts"] = attempts
    if error.cure is not None:
        facts["cure"] = error.cure
    final = not error.retryable or (attempts is not None and attempt >= attempts)
    asked = asked_delay(error)
    delay = interval if asked is None else timedelta(seconds=asked)
    return ApplicationError(
        first_bytes(error.message, MAX_MESSAGE_BYTES),
        _bounded(facts, error.details),
        type=error.type,
        non_retryable=final,
        next_retry_delay=None if final else delay,
        # What is retried anyway is no news: the SDK would log it with a traceback each time.
        category=(
            ApplicationErrorCategory.BENIGN if error.retryable else ApplicationErrorCategory.UNSPECIFIED
        ),
    )


def _bounded(facts: dict[str, Any], details: dict[str, Any]) -> dict[str, Any]:
    """`facts`, and of `details` what fits: the smallest entries first, so that only the largest are cut."""
    bounded = dict(facts)
    for key, value in sorted(_storable(details).items(), key=lambda entry: len(_json(entry))):
        fitting = _shortened(value, MAX_DETAILS_BYTES - len(_json({**bounded, key: ""})))
        if fitting is not None:
            bounded.setdefault(key, fitting)
    return bounded


def _shortened(value: Any, room: int) -> Any:
    """The value or its beginning, in so many bytes of JSON; never of another type, which readers rely on."""
    if len(_json(value)) <= room:
        return value
    if isinstance(value, str):
        # Half, because quotes and line breaks take two bytes each in JSON.
        shorter: Any = first_bytes(value, room // 2)
    elif is_array(value):
        shorter = value
        while shorter and len(_json(shorter)) > room:
            shorter = shorter[: len(shorter) // 2]
    else:
        return None
    return shorter if shorter and len(_json(shorter)) <= room else None


def _storable(details: dict[str, Any]) -> dict[str, Any]:
    """A copy without lone surrogates, which a server may send as JSON escapes and no failure can carry."""
    copy: dict[str, Any] = json.loads(_json(details))
    return copy


def _json(value: Any) -> bytes:
    # A detail that is not JSON must not hide the error it belongs to.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str).encode(errors="replace")
