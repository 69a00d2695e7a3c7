"""Runs the activity of a call, also on a queue that may be polled by nobody."""

from datetime import timedelta
from typing import Any, TypeVar

from pydantic import BaseModel
from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, TimeoutType
from temporalio.exceptions import TimeoutError as TemporalTimeoutError

from httptask.activities.connections import ConnectionProfile
from httptask.activities.names import IS_POLLED
from httptask.workflows.activity_call import ActivityCall, counted

__all__ = ["execute_call"]

PATIENCE = timedelta(seconds=60)
"""How long a call may wait in the queue before it is asked whether anybody polls that."""
_LONGEST_PATIENCE = timedelta(minutes=10)
_A_MINUTE = timedelta(minutes=1)

Result = TypeVar("Result", bound=BaseModel)


async def execute_call(
    call: ActivityCall[Result],
    argument: Any,
    attempts: int | None,
    profile: ConnectionProfile,
    options: dict[str, Any],
) -> Result:
    """Run a call's activity; on a connection's own queue for as long as that has a worker.

    Such a queue may be long because it is limited: a call that has waited in vain is put there again, with the
    attempts that it has left, unless nobody is there to take it. A caller who sets `schedule_to_start_timeout` is
    left to it.

    Args:
        call: the call.
        argument: of the activity, as it is scheduled first.
        attempts: how many the call has.
        profile: of the connection that it is sent through.
        options: of the activity.

    Raises:
        ActivityError: the call failed for good.
        ApplicationError: of type `WorkerMissing`; no worker polls the queue.
    """
    queue = profile.task_queue if "schedule_to_start_timeout" not in options else None
    patience = PATIENCE
    while True:
        if queue is not None:
            options = {**options, "schedule_to_start_timeout": patience}
        try:
            result: Result = await workflow.execute_activity(
                call.activity, argument, result_type=call.result_type, **options
            )
        except ActivityError as error:
            timeout = error.cause
            if queue is None or not isinstance(timeout, TemporalTimeoutError):
                raise
            if timeout.type != TimeoutType.SCHEDULE_TO_START:
                raise
            await _require_worker(queue, call.connection)
            made = timeout.last_heartbeat_details[0] if timeout.last_heartbeat_details else 0
            attempts = attempts and attempts - made
            argument, patience = counted(call.argument, attempts), min(patience * 2, _LONGEST_PATIENCE)
        else:
            return result


async def _require_worker(task_queue: str, connection: str | None) -> None:
    polled: bool = await workflow.execute_local_activity(
        IS_POLLED, task_queue, result_type=bool, start_to_close_timeout=_A_MINUTE
    )
    if not polled:
        raise ApplicationError(
            f"no worker polls the task queue {task_queue}, where the calls of the connection {connection} wait: "
            f"start a worker whose httptask.toml limits that connection, on the task queue "
            f"{task_queue.removesuffix(f'/{connection}')}",
            type="WorkerMissing",
            non_retryable=True,
        )
