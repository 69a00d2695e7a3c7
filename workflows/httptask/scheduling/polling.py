"""Runs activities, also on a task queue that may be polled by nobody."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from pydantic import BaseModel
from temporalio import workflow
from temporalio.common import RawValue, RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, CancelledError, TimeoutType
from temporalio.exceptions import TimeoutError as TemporalTimeoutError

from httptask.activities.allowed_activities import AllowedActivity
from httptask.activities.connection_profile import ConnectionProfile
from httptask.activities.names import IS_POLLED
from httptask.calls.activity_call import ActivityCall, after
from httptask.scheduling.deadlines import Deadline

__all__ = ["execute_allowed", "execute_call"]

PATIENCE = timedelta(seconds=60)
"""How long an activity may wait in the queue before it is asked whether anybody polls that."""
_LONGEST_PATIENCE = timedelta(minutes=10)
_A_SECOND, _A_MINUTE = timedelta(seconds=1), timedelta(minutes=1)

Result = TypeVar("Result", bound=BaseModel)
Anything = TypeVar("Anything")


async def execute_call(
    call: ActivityCall[Result],
    argument: Any,
    profile: ConnectionProfile,
    options: dict[str, Any],
    deadline: Deadline | None = None,
) -> Result:
    """Run a call's activity; on a connection's own queue for as long as that has a worker.

    Such a queue may be long because it is limited: a call that has waited in vain is put there again, with the
    attempts that it has left, unless nobody is there to take it. A caller who sets `schedule_to_start_timeout` is
    left to it.

    Args:
        call: the call, counted.
        argument: its argument, as it is scheduled first.
        profile: of the connection that it is sent through.
        options: of the activity.
        deadline: the nearest that it has to keep.

    Raises:
        ActivityError: the call failed for good.
        ApplicationError: of type `WorkerMissing`; no worker polls the queue.
    """

    async def execute(argument: Any, **more: Any) -> Result:
        result: Result = await workflow.execute_activity(
            call.activity, argument, result_type=call.result_type, **{**options, **_until(deadline), **more}
        )
        return result

    queue = profile.task_queue
    if queue is None or "schedule_to_start_timeout" in options:
        return await execute(argument)
    made = call.argument.attempts_made

    async def execute_again(patience: timedelta, waited: TemporalTimeoutError | None) -> Result:
        nonlocal made
        if waited is None:
            return await execute(argument, schedule_to_start_timeout=patience)
        if waited.last_heartbeat_details:
            made = waited.last_heartbeat_details[0]
        return await execute(after(call, made).argument, schedule_to_start_timeout=patience)

    return await _while_polled(
        queue,
        f"where the calls of the connection {call.connection} wait: start a worker whose httptask.toml limits "
        f"that connection, on the task queue {queue.removesuffix(f'/{call.connection}')}",
        execute_again,
    )


async def execute_allowed(
    allowed: AllowedActivity,
    arguments: Sequence[RawValue],
    options: dict[str, Any],
    deadline: Deadline | None,
    leaves: Callable[[BaseException | None], bool] | None = None,
) -> RawValue:
    """Run an activity of the user's own.

    Args:
        allowed: what the worker's operator says of it.
        arguments: each as Temporal carries it.
        options: how it is called and shown.
        deadline: the nearest that it has to keep.
        leaves: says of what failed an attempt whether there is no other one; None leaves it to Temporal.

    Raises:
        ActivityError: it failed for good.
        ApplicationError: of type `WorkerMissing`; no worker polls its task queue.
    """
    if leaves is None:
        return await _execute_allowed(allowed, arguments, options, deadline, allowed.attempts)
    made = 0
    while True:
        try:
            return await _execute_allowed(allowed, arguments, options, deadline, 1)
        except ActivityError as error:
            made += 1
            if made == allowed.attempts or _is_final(error.cause) or leaves(error.cause):
                raise
        await workflow.sleep(min(_A_SECOND * 2 ** min(made - 1, 6), _A_MINUTE))  # as Temporal would


def _is_final(cause: BaseException | None) -> bool:
    if isinstance(cause, ApplicationError):
        return cause.non_retryable
    return isinstance(cause, CancelledError)


async def _execute_allowed(
    allowed: AllowedActivity,
    arguments: Sequence[RawValue],
    options: dict[str, Any],
    deadline: Deadline | None,
    attempts: int,
) -> RawValue:
    silence = allowed.heartbeat_timeout

    async def execute(patience: timedelta | None = None, _waited: object = None) -> RawValue:
        result: RawValue = await workflow.execute_activity(
            allowed.name,
            args=arguments,
            result_type=RawValue,
            task_queue=allowed.task_queue,
            schedule_to_start_timeout=patience,
            start_to_close_timeout=timedelta(seconds=allowed.start_to_close_timeout),
            heartbeat_timeout=None if silence is None else timedelta(seconds=silence),
            retry_policy=RetryPolicy(maximum_attempts=attempts, maximum_interval=_A_MINUTE),
            **options,
            **_until(deadline),
        )
        return result

    if allowed.task_queue is None:
        return await execute()
    missing = f"where the activity {allowed.name} waits: start a worker there that has it"
    return await _while_polled(allowed.task_queue, missing, execute)


def _until(deadline: Deadline | None) -> dict[str, Any]:
    return {} if deadline is None else {"schedule_to_close_timeout": deadline.of_activity}


async def _while_polled(
    task_queue: str,
    missing: str,
    execute: Callable[[timedelta, TemporalTimeoutError | None], Awaitable[Anything]],
) -> Anything:
    """Execute something on a queue, again when it has waited in vain, for as long as that is polled.

    Args:
        task_queue: the queue.
        missing: what waits there, and what helps, when it is not polled.
        execute: is given how long it may wait, and how it ended when it has waited before.
    """
    patience = PATIENCE
    waited: TemporalTimeoutError | None = None
    while True:
        try:
            return await execute(patience, waited)
        except ActivityError as error:
            waited = error.cause if isinstance(error.cause, TemporalTimeoutError) else None
            if waited is None or waited.type != TimeoutType.SCHEDULE_TO_START:
                raise
            await _require_worker(task_queue, missing)
            patience = min(patience * 2, _LONGEST_PATIENCE)


async def _require_worker(task_queue: str, missing: str) -> None:
    polled: bool = await workflow.execute_local_activity(
        IS_POLLED, task_queue, result_type=bool, start_to_close_timeout=_A_MINUTE
    )
    if not polled:
        raise ApplicationError(
            f"no worker polls the task queue {task_queue}, {missing}",
            type="WorkerMissing",
            non_retryable=True,
        )
