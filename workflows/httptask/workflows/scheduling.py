"""Schedules activities within the sizes that Temporal allows.

A workflow task whose commands exceed the gRPC message limit gets the run TERMINATED, an activity input over the
payload limit hangs it for ever, and so does having too many activities pending; none of these can be caught.
So sizes are checked before scheduling, and calls wait for their turn.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel
from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

from httptask.activities.connections import ConnectionProfile
from httptask.activities.storage import MAX_INLINE_BYTES
from httptask.workflows.activity_call import ActivityCall, activity_options, counted
from httptask.workflows.payloads import payload_of
from httptask.workflows.polling import execute_call
from httptask.workflows.problem import TaskFault, problem_of_failure

__all__ = ["Scheduler"]

_MAX_COMMAND_BYTES = 1_900_000
_MAX_PENDING = 100

Result = TypeVar("Result", bound=BaseModel)


class Scheduler:
    """Runs activities for one workflow, at most so many and so large at once.

    Attributes:
        profiles: what the run knows of the connections that its calls name.
    """

    def __init__(self) -> None:
        self.profiles: Mapping[str, ConnectionProfile] = {}
        self._pending = 0
        self._command_bytes = 0
        self._history_length = -1

    async def execute(self, call: ActivityCall[Result]) -> Result:
        """Run an activity to its end.

        Raises:
            TaskFault: the call failed for good, or its input is too large for Temporal.
        """
        profile = self.profiles.get(call.connection or "", ConnectionProfile())
        argument = counted(call.argument, profile.retry.attempts)
        payload = await payload_of(argument, f"the request of {call.id}")
        size = payload.ByteSize()
        if size > MAX_INLINE_BYTES:
            size = 0  # stored outside: the command holds a reference
        while not self._has_room(size):
            await workflow.wait_condition(lambda: self._has_room(size))
        self._pending += 1
        self._command_bytes += size
        try:
            options: dict[str, Any] = {
                **activity_options(call, profile),
                "activity_id": call.id,
                "summary": f"{call.id}: {call.summary}"[:200],
            }
            return await execute_call(call, RawValue(payload), profile.retry.attempts, profile, options)
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise asyncio.CancelledError from None  # the only thing that a timeout around the call knows
            raise TaskFault(problem_of_failure(error.cause)) from None
        except ApplicationError as error:
            raise TaskFault(problem_of_failure(error)) from None
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
