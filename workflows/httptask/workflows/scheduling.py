"""Schedules activities within the sizes that Temporal allows.

A workflow task whose commands exceed the gRPC message limit gets the run TERMINATED, an activity input over the
payload limit hangs it for ever, and so does having too many activities pending; none of these can be caught.
So sizes are checked before scheduling, and calls wait for their turn.
"""

from datetime import timedelta
from typing import Any, TypedDict, TypeVar

from temporalio import workflow
from temporalio.common import RawValue, RetryPolicy
from temporalio.exceptions import ActivityError, is_cancelled_exception

from httptask.workflows.problem import Problem, TaskFault, problem_of_failure

__all__ = [
    "CHAT_SECONDS",
    "HTTP_SECONDS",
    "MAX_PAYLOAD_BYTES",
    "ActivityCall",
    "Scheduler",
    "activity_options",
    "check_payload_size",
]

MAX_PAYLOAD_BYTES = 1_900_000
"""Just below the server's limit of 2 MiB for one payload."""
_MAX_COMMAND_BYTES = 1_900_000
_MAX_PENDING = 100
HTTP_SECONDS = 60.0
CHAT_SECONDS = 600.0
"""How long one attempt may take; the edge ends it by then."""
_HEARTBEAT = timedelta(seconds=20)
_MARGIN = timedelta(seconds=15)

_RETRY = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    backoff_coefficient=2.0,
    maximum_interval=timedelta(seconds=60),
    maximum_attempts=5,
    non_retryable_error_types=["PayloadsTooLarge", "PayloadSizeError"],
)

T = TypeVar("T")


class ActivityOptions(TypedDict):
    """The options that every call has."""

    start_to_close_timeout: timedelta
    heartbeat_timeout: timedelta
    retry_policy: RetryPolicy


def activity_options(total_seconds: float) -> ActivityOptions:
    """Timeouts and retries of a call whose attempts the edge ends after so many seconds."""
    return {
        "start_to_close_timeout": timedelta(seconds=total_seconds) + _MARGIN,
        "heartbeat_timeout": _HEARTBEAT,
        "retry_policy": _RETRY,
    }


class ActivityCall:
    """One call: which activity, with what, and how it is shown.

    Attributes:
        total_seconds: how long one attempt may take by the edge's own deadline.
    """

    def __init__(self, name: str, argument: Any, *, id_: str, summary: str, total_seconds: float) -> None:
        self.name = name
        self.argument = argument
        self.id = id_
        self.summary = summary
        self.total_seconds = total_seconds


class Scheduler:
    """Runs activities for one workflow, at most so many and so large at once."""

    def __init__(self) -> None:
        self._pending = 0
        self._command_bytes = 0
        self._history_length = -1

    async def execute(self, call: ActivityCall, result_type: type[T]) -> T:
        """Run an activity to its end.

        Raises:
            TaskFault: the call failed for good, or its input is too large to be scheduled.
        """
        [payload] = workflow.payload_converter().to_payloads([call.argument])
        size = payload.ByteSize()
        check_payload_size(size, f"the request of {call.id}")
        while not self._has_room(size):
            await workflow.wait_condition(lambda: self._has_room(size))
        self._pending += 1
        self._command_bytes += size
        try:
            result: T = await workflow.execute_activity(
                call.name,
                RawValue(payload),
                activity_id=call.id,
                result_type=result_type,
                summary=call.summary,
                **activity_options(call.total_seconds),
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            raise TaskFault(problem_of_failure(error.cause)) from None
        else:
            return result
        finally:
            self._pending -= 1

    def _has_room(self, size: int) -> bool:
        """Whether one more command fits into this workflow task."""
        history_length = workflow.info().get_current_history_length()
        if history_length != self._history_length:
            self._history_length = history_length
            self._command_bytes = 0
        fits = self._command_bytes == 0 or self._command_bytes + size <= _MAX_COMMAND_BYTES
        return fits and self._pending < _MAX_PENDING


def check_payload_size(size: int, what: str) -> None:
    """Refuse what Temporal would not carry.

    Raises:
        TaskFault: with the typed error `PayloadTooLarge`.
    """
    if size > MAX_PAYLOAD_BYTES:
        raise TaskFault(
            Problem.standard(
                "runtime",
                "Too large",
                detail=f"{what} has {size:,} bytes, more than the {MAX_PAYLOAD_BYTES:,} that Temporal carries; "
                "send a part of it, or a reference to it",
                error="PayloadTooLarge",
            )
        )
