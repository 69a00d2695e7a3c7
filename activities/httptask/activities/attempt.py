"""What surrounds every call of an activity: heartbeat, log context, typed failures, a size that fits."""

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel
from pydantic_core import to_json
from structlog.contextvars import bound_contextvars
from temporalio import activity
from temporalio.exceptions import ApplicationError

from httptask.activities.failure import to_application_error
from httptask.activities.heartbeat import heartbeating
from httptask.activities.numbering import (
    attempt_number,
    policy_interval,
    raise_if_paused,
    require_attempts_left,
)
from httptask.activities.storage import MAX_INLINE_BYTES, MAX_STORED_BYTES, fits, stored_from
from httptask.http.errors import HttpTaskError, Postponed, ResponseInvalid, ResponseTooLarge
from httptask.http.log import get_logger
from httptask.response.event_stream import Count

__all__ = ["run_attempt"]

log = get_logger("httptask.activities")

Result = TypeVar("Result", bound=BaseModel)


async def run_attempt(
    call: Callable[[int], Awaitable[Result]], attempts: int | None = None, count: Count | None = None
) -> Result:
    """Run one attempt of an activity.

    Args:
        call: makes the call; its argument is the number of this attempt, from 1.
        attempts: how many there may be; None leaves the count to Temporal.
        count: how far the stream is read that the call reads, if it reads one.

    Raises:
        ApplicationError: the call failed; `type` is the class name of the error of `httptask.http.errors`.
        asyncio.CancelledError: the activity is cancelled, or its worker stops.
    """
    info = activity.info()
    number = attempt_number(info)
    with bound_contextvars(**_log_context(info, number)):
        try:
            require_attempts_left(info, number, attempts)
            async with heartbeating(number, count):
                result = await call(number)
            await _check_size(result)
        except asyncio.CancelledError:
            raise_if_paused(number)
            raise
        except HttpTaskError as error:
            if not error.counts:
                number -= 1
                activity.heartbeat(number)
            failure = to_application_error(
                error, attempt=number, attempts=attempts, interval=policy_interval(info, number)
            )
            if error.logged:
                raise failure from None
        except Exception as defect:  # noqa: BLE001 - the text of a foreign exception may quote a credential
            failure = _internal_error(defect)
        else:
            return result
        log.log(
            logging.DEBUG if failure.type == Postponed.__name__ else logging.WARNING,
            "activity.attempt.failed",
            activity=info.activity_type,
            error=failure.type,
            retryable=not failure.non_retryable,
            wait=failure.next_retry_delay.total_seconds() if failure.next_retry_delay else None,
        )
        raise failure


def _internal_error(defect: Exception) -> ApplicationError:
    place = traceback.extract_tb(defect.__traceback__)[-1]
    where = f"{Path(place.filename).name}:{place.lineno}"
    # Not retried: nobody knows whether the call was made and paid.
    return ApplicationError(
        f"internal error of httptask: {type(defect).__name__} at {where}",
        type="InternalError",
        non_retryable=True,
    )


def _log_context(info: activity.Info, number: int) -> dict[str, Any]:
    """Standalone activities have no workflow; what is not known is not logged."""
    context = {
        "workflow_id": info.workflow_id,
        "run_id": info.workflow_run_id or info.activity_run_id,
        "activity_id": info.activity_id,
        "attempt": number,
    }
    return {key: value for key, value in context.items() if value is not None}


async def _check_size(result: BaseModel) -> None:
    try:
        size = len(to_json(result))
    except ValueError:
        raise ResponseInvalid(
            "the answer can't be stored: it nests too deeply, or a text holds half of a surrogate pair"
        ) from None
    threshold = await stored_from()
    if not fits(size, threshold):
        limit = MAX_INLINE_BYTES if threshold is None else MAX_STORED_BYTES
        cure = "ask for less, or configure external storage" if threshold is None else "ask for less"
        raise ResponseTooLarge(
            f"the result is {size} bytes as JSON, more than the {limit} that can be stored: {cure}",
            details={"size": size, "limit": limit},
        )
