"""Schedules activities within the sizes that Temporal allows.

A workflow task whose commands exceed the gRPC message limit gets the run TERMINATED, an activity input over the
payload limit hangs it for ever, and so does having too many activities pending; none of these can be caught.
So sizes are checked before scheduling, and calls wait for their turn.
"""

import asyncio
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

from pydantic import BaseModel
from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.common import RawValue
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

from httptask.activities.allowed import AllowedActivity
from httptask.activities.connections import ConnectionProfile
from httptask.activities.storage import MAX_INLINE_BYTES
from httptask.workflows.activity_call import ActivityCall, activity_options, counted
from httptask.workflows.payloads import payload_of
from httptask.workflows.polling import execute_allowed, execute_call
from httptask.workflows.problem import TaskFault, problem_of_failure

__all__ = ["Scheduler"]

_MAX_COMMAND_BYTES = 1_900_000
_MAX_PENDING = 100
_JSON_ENCODINGS = ("json/plain", "binary/null")

Result = TypeVar("Result", bound=BaseModel)


class Scheduler:
    """Runs activities for one workflow, at most so many and so large at once.

    Attributes:
        profiles: what the run knows of the connections that its calls name.
        activities: the user's own activities that it may call.
    """

    def __init__(self) -> None:
        self.profiles: Mapping[str, ConnectionProfile] = {}
        self.activities: Mapping[str, AllowedActivity] = {}
        self._pending = 0
        self._command_bytes = 0
        self._history_length = -1

    async def execute(self, call: ActivityCall[Result]) -> Result:
        """Make a call, to its end.

        Raises:
            TaskFault: the call failed for good, or its input is too large for Temporal.
        """
        profile = self.profile_of(call)
        argument = counted(call.argument, profile.retry.attempts)
        payload = await payload_of(argument, f"the request of {call.id}")
        options: dict[str, Any] = {**activity_options(call, profile), **_shown(call.id, call.summary)}
        async with self._place([payload]):
            with _faults():
                return await execute_call(call, RawValue(payload), profile.retry.attempts, profile, options)

    async def execute_allowed(self, name: str, arguments: Sequence[Any], id_: str) -> Any:
        """Run an activity of the user's own, to its end.

        Args:
            name: its activity type, one of `activities`.
            arguments: its arguments.
            id_: of the activity, unique within the run.

        Raises:
            TaskFault: it failed for good, or its arguments or its result can't be carried.
        """
        payloads = [await payload_of(argument, f"an argument of {id_}") for argument in arguments]
        raw = [RawValue(payload) for payload in payloads]
        async with self._place(payloads):
            with _faults("runtime"):
                result = await execute_allowed(self.activities[name], raw, _shown(id_, name))
        encoding = result.payload.metadata.get("encoding", b"").decode()
        if encoding not in _JSON_ENCODINGS:
            TaskFault.raise_standard(
                "runtime", "Not JSON", detail=f"the activity {name} has a result that is no JSON: {encoding}"
            )
        return workflow.payload_converter().from_payload(result.payload)

    @asynccontextmanager
    async def _place(self, payloads: Sequence[Payload]) -> AsyncGenerator[None]:
        """Wait until a command with these payloads has its turn, and hold the place until it has ended."""
        sizes = [payload.ByteSize() for payload in payloads]
        size = sum(size for size in sizes if size <= MAX_INLINE_BYTES)  # of others it holds references
        while not self._has_room(size):
            await workflow.wait_condition(lambda: self._has_room(size))
        self._pending += 1
        self._command_bytes += size
        try:
            yield
        finally:
            self._pending -= 1

    def profile_of(self, call: ActivityCall[Any]) -> ConnectionProfile:
        """The profile of the connection that a call is sent through."""
        return self.profiles.get(call.connection or "", ConnectionProfile())

    def _has_room(self, size: int) -> bool:
        """Whether one more command fits into this workflow task."""
        history_length = workflow.info().get_current_history_length()
        if history_length != self._history_length:
            self._history_length = history_length
            self._command_bytes = 0
        fits = self._command_bytes == 0 or self._command_bytes + size <= _MAX_COMMAND_BYTES
        return fits and self._pending < _MAX_PENDING


def _shown(id_: str, summary: str) -> dict[str, Any]:
    """What identifies an activity, and what a person reads of it."""
    return {"activity_id": id_, "summary": f"{id_}: {summary}"[:200]}


@contextmanager
def _faults(kind: str = "communication") -> Generator[None]:
    """Turns the failure of an activity into a fault of its task, by default of that type of the standard's."""
    try:
        yield
    except ActivityError as error:
        if is_cancelled_exception(error):
            raise asyncio.CancelledError from None  # the only thing that a timeout around the call knows
        raise TaskFault(problem_of_failure(error.cause, kind)) from None
    except ApplicationError as error:
        raise TaskFault(problem_of_failure(error, kind)) from None
