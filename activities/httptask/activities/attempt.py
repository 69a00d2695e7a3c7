"""What surrounds every call of an activity: its number, heartbeat, log context, typed failures, a size that fits.

Temporal counts every execution of an activity; only those count here that were not postponed. So each attempt leaves
in its heartbeats how many there have been, and Temporal hands the last one's to the next. One that comes to its end
soon, and has the number that Temporal gives it, needs no heartbeat at all.
"""

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel
from pydantic_core import to_json
from structlog.contextvars import bound_contextvars
from temporalio import activity
from temporalio.exceptions import ApplicationError

from httptask.activities.failure import to_application_error
from httptask.activities.local_fallback import NotLocal, left_to_workflow
from httptask.activities.run_watch import RunOver, RunWatch
from httptask.activities.storage import MAX_INLINE_BYTES, MAX_STORED_BYTES, fits, stored_from
from httptask.http.errors import HttpTaskError, Postponed, ResponseInvalid, ResponseTooLarge, Timeout
from httptask.http.log import get_logger
from httptask.response.event_stream import Count

__all__ = ["run_attempt"]

_BEAT_INTERVAL = 1.0
"""Seconds between beats. A cancellation arrives with one, and a cancelled call must not go on being paid for."""
_PAUSED = "paused"

log = get_logger("httptask.activities")

Result = TypeVar("Result", bound=BaseModel)


async def run_attempt(
    call: Callable[[int], Awaitable[Result]],
    attempts: int | None = None,
    count: Count | None = None,
    *,
    made: int = 0,
    ends: bool = False,
    watch: RunWatch | None = None,
) -> Result:
    """Run one attempt of an activity.

    Args:
        call: makes the call; its argument is the number of this attempt, from 1.
        attempts: how many there may be; None leaves the count to Temporal.
        count: how far the stream is read that the call reads, if it reads one.
        made: how many attempts there were before this activity.
        ends: whether it ends with each that fails, and leaves it to its workflow to make another one.
        watch: ends a local activity with its run.

    Raises:
        ApplicationError: the call failed; `type` is the class name of the error of `httptask.http.errors`, or
            `NotLocal`, where this local activity can't go on with it.
        asyncio.CancelledError: the activity is cancelled, or its worker stops.
    """
    info = activity.info()
    number = _attempt_number(info, made)
    at_once = _differs(info, number, made)
    with bound_contextvars(**_log_context(info, number)):
        try:
            _require_attempts_left(info, number, attempts)
            with _heartbeating(number, count, at_once=at_once, watch=watch):
                result = await call(number)
            await _check_size(result)
        except RunOver:
            raise NotLocal(number - 1, run_over=True).failure() from None
        except asyncio.CancelledError:
            _raise_if_paused(number)
            raise
        except HttpTaskError as error:
            if not error.counts:
                number -= 1
                if info.is_local:
                    raise NotLocal(number).failure() from None
            ends = ends and error.counts  # what was put off is no attempt
            interval = _policy_interval(info, number, always=ends)
            failure = to_application_error(error, attempt=number, attempts=attempts, interval=interval)
            if info.is_local or ends:
                failure = left_to_workflow(failure, always=ends)
            elif not failure.non_retryable:
                activity.heartbeat(number)
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
            retryable=not failure.non_retryable or failure.next_retry_delay is not None,
            wait=failure.next_retry_delay.total_seconds() if failure.next_retry_delay else None,
        )
        raise failure


def _attempt_number(info: activity.Info, made: int) -> int:
    """Number of this attempt, from 1."""
    before = info.heartbeat_details[0] if info.heartbeat_details else None
    return before + 1 if isinstance(before, int) else made + info.attempt


def _differs(info: activity.Info, number: int, made: int) -> bool:
    """Whether the next attempt would have another number than by Temporal's count if this one left none."""
    return bool(info.heartbeat_details) or number != made + info.attempt


def _raise_if_paused(number: int) -> None:
    """Say what cuts an attempt off, where Temporal's pause does, and leave word of it for the next one.

    Raises:
        ApplicationError: of type `Paused`; once the activity is unpaused it has the attempts that are left.
    """
    details = activity.cancellation_details()
    if details is not None and details.paused:
        activity.heartbeat(number, _PAUSED)
        raise ApplicationError(
            "the attempt was cut off when it was paused", {"attempt": number}, type="Paused"
        ) from None


def _require_attempts_left(info: activity.Info, number: int, attempts: int | None) -> None:
    """See that an attempt may be made.

    Raises:
        Timeout: those before it were the last ones, and none came back to say how it ended.
    """
    if attempts is not None and number > attempts:
        paused = _PAUSED in info.heartbeat_details
        why = (
            "the last was cut off when it was paused" if paused else "their workers stopped, or took too long"
        )
        raise Timeout(
            f"none of {attempts} attempts came to an end: {why}",
            details={"attempts": attempts},
            retryable=False,
        )


def _policy_interval(info: activity.Info, number: int, *, always: bool) -> timedelta | None:
    """The wait after this attempt; but for always, where Temporal, which counts other ones, would have another one."""
    policy = info.retry_policy
    if policy is None or (number == info.attempt and not info.is_local and not always):
        return None
    seconds = policy.initial_interval.total_seconds() * policy.backoff_coefficient ** (max(number, 1) - 1)
    longest = policy.maximum_interval
    interval = timedelta(seconds=seconds)
    return interval if longest is None else min(interval, longest)


@contextmanager
def _heartbeating(
    attempt: int, count: Count | None = None, *, at_once: bool = False, watch: RunWatch | None = None
) -> Generator[None]:
    """Beat regularly until the block is left.

    Each beat carries the number of the attempt, and how far a stream has been read; nothing of its events, for
    Temporal keeps what it carries.

    Temporal tells an activity that it is cancelled only in its answer to a heartbeat, and sees a dead worker
    only by a missing one. So an activity that waits for a slow server has to beat while it waits. Local activities
    have no heartbeat: they live in the workflow task, and their run is watched instead.

    Args:
        attempt: its number.
        count: how far the stream is read that the block reads, if it reads one.
        at_once: whether to beat before the block, too, which costs a call of Temporal.
        watch: of the runs of local activities.

    Raises:
        RunOver: the run of this local activity is cancelled.
    """
    if activity.info().is_local:
        with nullcontext() if watch is None else watch.calling():
            yield
        return
    if at_once:
        activity.heartbeat(attempt)
    loop, interval = asyncio.get_running_loop(), _interval(activity.info().heartbeat_timeout)
    alarm: asyncio.TimerHandle

    def beat() -> None:
        nonlocal alarm
        alarm = loop.call_later(interval, beat)
        activity.heartbeat(attempt, *(() if count is None else (asdict(count),)))

    alarm = loop.call_later(interval, beat)
    try:
        yield
    finally:
        alarm.cancel()


def _interval(timeout: timedelta | None) -> float:
    """Seconds between beats, always well below the timeout."""
    return _BEAT_INTERVAL if timeout is None else min(_BEAT_INTERVAL, timeout.total_seconds() / 2)


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
    if size <= MAX_INLINE_BYTES:
        return
    threshold = await stored_from()
    if not fits(size, threshold):
        limit = MAX_INLINE_BYTES if threshold is None else MAX_STORED_BYTES
        cure = "ask for less, or configure external storage" if threshold is None else "ask for less"
        raise ResponseTooLarge(
            f"the result is {size} bytes as JSON, more than the {limit} that can be stored: {cure}",
            details={"size": size, "limit": limit},
        )
