"""One call as a workflow: where a server has no standalone activities, and for a text that is read while it comes."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from pydantic import BaseModel
from temporalio import workflow
from temporalio.common import RawValue, RetryPolicy
from temporalio.exceptions import ApplicationError

from httptask.activities.names import (
    API_OPERATION,
    CHAT_COMPLETION,
    HTTP_REQUEST,
    LOAD_DEFINITION,
    ONE_CALL,
    RESOLVE_CONFIGURATION,
)
from httptask.workflows.live_text import LiveStream

__all__ = ["OneCall", "OneCallWorkflow"]

_ACTIVITIES: Final = (HTTP_REQUEST, CHAT_COMPLETION, API_OPERATION, RESOLVE_CONFIGURATION, LOAD_DEFINITION)


class OneCall(BaseModel):
    """What `httptask.one_call` is started with; times are in seconds."""

    activity: str
    """Name of the activity."""
    arguments: Sequence[Any]
    task_queue: str
    """Of the activity."""
    summary: str | None = None
    schedule_to_start: float
    start_to_close: float
    heartbeat: float | None = None
    live: bool = False
    """Whether the text of a streamed answer is published while it comes."""


@workflow.defn(name=ONE_CALL, sandboxed=False)
class OneCallWorkflow:
    """Makes one attempt at one call, and returns what its activity does."""

    @workflow.init
    def __init__(self, call: OneCall) -> None:
        self._stream = LiveStream(None, hosted=call.live)

    @workflow.run
    async def run(self, call: OneCall) -> RawValue:
        """Make the call.

        Raises:
            ApplicationError: of type `ActivityNotAllowed`, it is no call of this package.
            ActivityError: it failed.
        """
        if call.activity not in _ACTIVITIES:
            raise ApplicationError(
                f"{call.activity} is not called this way; {', '.join(_ACTIVITIES)} are",
                type="ActivityNotAllowed",
                non_retryable=True,
            )
        try:
            result: RawValue = await workflow.execute_activity(
                call.activity,
                args=call.arguments,
                task_queue=call.task_queue,
                result_type=RawValue,
                summary=call.summary,
                schedule_to_start_timeout=timedelta(seconds=call.schedule_to_start),
                start_to_close_timeout=timedelta(seconds=call.start_to_close),
                heartbeat_timeout=None if call.heartbeat is None else timedelta(seconds=call.heartbeat),
                retry_policy=RetryPolicy(maximum_attempts=1),
                cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            )
            return result
        finally:
            await self._stream.end()
