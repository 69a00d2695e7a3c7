"""Short calls as local activities: inside the workflow task, with nothing but their ends in history.

What crashes with a workflow task is made again with the next one, by the same keys. A local activity is for what is
over within seconds and has a small answer: everything else is an activity, also where calls are asked to be local.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel
from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.common import RawValue, RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, FailureError

from httptask.activities.connection_profile import ConnectionProfile
from httptask.activities.local_fallback import (
    LONGEST_WAIT_INSIDE,
    UNKNOWN_TO_WORKER,
    NotLocal,
    wait_of_workflow,
)
from httptask.calls.activity_call import ActivityCall, after
from httptask.connections.connection import Calls
from httptask.scheduling.command_limits import CommandLimits

__all__ = ["ShowWait", "Wait", "execute_local", "is_local", "wait_shown"]

_MAX_SECONDS = 60.0
"""A workflow task that lasts is prolonged every 8 seconds, and a run hears of nothing in between."""
_MAX_REQUEST_BYTES = 64 * 1024
_NEEDS_ACTIVITY = ("task_queue", "schedule_to_start_timeout", "schedule_to_close_timeout", "priority")
"""Options that a local activity does not have; a task queue is that of a limited connection, or a caller's own.

It has a schedule-to-close timeout, but is tried again when that has passed.
"""

_OF_ACTIVITIES = frozenset({"task_queue", "heartbeat_timeout"})
"""Options of every activity, which mean nothing to a local one."""

Result = TypeVar("Result", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Wait:
    """A call's that its workflow sees to, before another attempt.

    Attributes:
        attempt: number of the attempt that follows.
        until: when that is; None once it has begun.
        failure: of the one before.
    """

    attempt: int
    until: datetime | None
    failure: ApplicationError


ShowWait = Callable[[Wait], None]
"""Is told when a wait begins, and when it is over."""


def is_local(
    call: ActivityCall[Any],
    size: int,
    calls: Calls | None,
    profile: ConnectionProfile,
    options: dict[str, Any],
) -> bool:
    """Whether a call is made as a local activity.

    Args:
        call: the call.
        size: bytes of its request.
        calls: how the definition wants its calls to be made; None leaves it to the connection.
        profile: of the connection that it is sent through.
        options: of the activity.
    """
    seconds = call.argument.limits.total or profile.total or call.total_seconds
    needs_activity = any(options.get(name) is not None for name in _NEEDS_ACTIVITY)
    needs_activity |= workflow.cancellation_reason() is not None  # a local one ends with the run
    return (
        (calls or profile.calls) == "local"
        and not call.argument.is_streamed
        and not needs_activity
        and seconds <= _MAX_SECONDS
        and size <= _MAX_REQUEST_BYTES
    )


async def execute_local(
    call: ActivityCall[Result],
    argument: Payload,
    options: dict[str, Any],
    limits: CommandLimits,
    show: ShowWait | None,
) -> Result | NotLocal:
    """Make a call by local activities: one for the attempts that follow each other soon, after each wait another one.

    Args:
        call: the call, counted.
        argument: its argument.
        options: of the activity.
        limits: of the run.
        show: is told of the waits.

    Returns:
        Its result, or that it has to be made as an activity after all.

    Raises:
        ActivityError: the call failed for good.
    """
    policy: RetryPolicy = options["retry_policy"]
    final = (*(policy.non_retryable_error_types or ()), UNKNOWN_TO_WORKER)
    given: dict[str, Any] = {name: value for name, value in options.items() if name not in _OF_ACTIVITIES}
    given["retry_policy"] = replace(policy, non_retryable_error_types=final)
    while True:
        try:
            result = await _attempted(call.activity, argument, given, limits)
        except ApplicationError as failure:
            wait = wait_of_workflow(failure)
            if wait is None or failure.type in final or call.argument.ends_attempt:
                raise _as_of_an_activity(failure, call) from failure
            made = failure.details[0]["attempt"]
            await wait_shown(Wait(made + 1, workflow.now() + wait, failure), show)
            [argument] = workflow.payload_converter().to_payloads([after(call, made).argument])
        except ActivityError:  # it was cancelled
            raise
        except FailureError as failure:
            raise _as_of_an_activity(failure, call) from failure
        else:
            if isinstance(result, NotLocal):
                return result
            return workflow.payload_converter().from_payload(result.payload, call.result_type)


async def _attempted(
    activity: str, argument: Payload, options: dict[str, Any], limits: CommandLimits
) -> RawValue | NotLocal:
    async with limits.local_turn():
        try:
            result: RawValue = await workflow.execute_local_activity(
                activity,
                RawValue(argument),
                result_type=RawValue,
                local_retry_threshold=LONGEST_WAIT_INSIDE,
                **options,
            )
        except FailureError as failure:
            limits.took(0 if failure.failure is None else failure.failure.ByteSize())
            not_local = NotLocal.of(failure)
            if not_local is None:
                raise
            if not_local.run_over:  # what is shielded from the cancellation goes on
                await workflow.wait_condition(lambda: workflow.cancellation_reason() is not None)
            return not_local
        limits.took(result.payload.ByteSize())
    return result


async def wait_shown(wait: Wait, show: ShowWait | None) -> None:
    """Let the time before an attempt pass, and tell that it does."""
    assert wait.until is not None  # it has not begun
    if show is not None:
        show(wait)
    await workflow.sleep(wait.until - workflow.now())
    if show is not None:
        show(replace(wait, until=None))


def _as_of_an_activity(failure: FailureError, call: ActivityCall[Any]) -> ActivityError:
    """The failure of a local activity, which comes as it is, within what an activity's would come in."""
    return ActivityError(
        failure.message,
        scheduled_event_id=0,
        started_event_id=0,
        identity="",
        activity_type=call.activity,
        activity_id=call.id,
        retry_state=None,
    )
