"""Decisions that depend on the clock, recorded in history so that a replay repeats them.

A version marker (`workflow.patched`) is the one thing that a replay can look up *before* it reaches the place
where the marker was written; a local activity's result can only be awaited there. Each decision has an id of
its own, so nothing is ever shared with a real patch.
"""

import asyncio
import time
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

from httptask.activities.names import YIELD

__all__ = ["Pacer", "end_workflow_task", "record", "was_recorded"]

_STEPS_PER_YIELD = 1_000
_SECONDS_PER_YIELD = 0.5
_YIELDS_PER_NEWS = 2
_SECONDS_PER_RUN = 5.0
"""Then another worker replays the run in about half of a workflow task, which may take ten."""
_SECONDS_PER_WORKFLOW_TASK = 1.7
_PATIENCE = timedelta(seconds=1)
_A_MINUTE = timedelta(minutes=1)


def was_recorded(decision: str) -> bool:
    """Whether this replay's history holds the decision; always False when running live."""
    return workflow.unsafe.is_replaying() and workflow.patched(decision)


def record(decision: str) -> None:
    """Write the decision into history.

    Raises:
        RuntimeError: in a replay, or where a patch activation callback refuses: the workflow task fails and is
            tried again; the run goes on.
    """
    if workflow.unsafe.is_replaying() or not workflow.patched(decision):
        raise RuntimeError(f"{decision} was reached, but is not in this run's history")


class Pacer:
    """Lets go of the workflow task before Temporal's deadlock detector (2 s) would end it.

    It yields through a local activity, which costs half a millisecond where a timer costs a second; every other time
    it ends the workflow task, which costs ten.
    """

    def __init__(self) -> None:
        self._steps = 0
        self._yields = 0
        self._checks = 0
        self._turn = asyncio.Lock()
        self._info = workflow.info()
        self._activation: tuple[int, float] | None = None
        self._since = time.monotonic()
        self._worked = self._worked_before = self._recorded = 0.0

    async def step(self) -> None:
        """Count one step of the interpreter; yield when it has worked long enough.

        Branches that come to this point meanwhile line up: one at a time may have worked up to here.
        """
        self._steps += 1
        async with self._turn:
            if self._steps % _STEPS_PER_YIELD == 0:
                await self._yield()
            while self._has_worked_enough():
                await self._yield()

    def _has_worked_enough(self) -> bool:
        self._checks += 1
        decision = f"httptask-yield-{self._checks}"
        if workflow.unsafe.is_replaying():
            if not was_recorded(decision):
                return False
        elif self.note_work() + self._worked_before <= _SECONDS_PER_YIELD:
            return False
        else:
            record(decision)
        self._recorded += _SECONDS_PER_YIELD
        self._worked_before = -self._worked
        return True

    @property
    def replay_is_long(self) -> bool:
        """Whether the run has to continue as new, or no worker that takes it over catches up with it in time.

        A replay does in one workflow task what was done in many.
        """
        return self._recorded >= _SECONDS_PER_RUN

    def seconds_left(self) -> float:
        """How long this workflow task may go on without letting go."""
        return _SECONDS_PER_WORKFLOW_TASK - self.note_work()

    def note_work(self) -> float:
        """Seconds of work, as far as it is noted, since this workflow task began or was last let go."""
        activation, now = (self._info.get_current_history_length(), workflow.time()), time.monotonic()
        if activation != self._activation:
            self._activation, self._since = activation, now
            self._worked_before += self._worked
        self._worked = now - self._since
        return self._worked

    async def _yield(self) -> None:
        self._yields += 1
        if self._yields % _YIELDS_PER_NEWS == 0:
            await end_workflow_task()
        else:
            await workflow.execute_local_activity(YIELD, start_to_close_timeout=_A_MINUTE)


async def end_workflow_task() -> None:
    """End the workflow task, which local activities keep open, and go on with the next one.

    Timers that have fired, a cancellation and queries come to a run only between its workflow tasks. An activity
    makes such a pause of some milliseconds; where nobody takes it up, it is given up after a second.
    """
    pause = workflow.start_activity(
        YIELD,
        summary="lets news through",
        schedule_to_start_timeout=_PATIENCE,
        start_to_close_timeout=_A_MINUTE,
        retry_policy=RetryPolicy(maximum_attempts=1),
    )
    try:
        await asyncio.shield(pause)
    except ActivityError:
        pass
    except asyncio.CancelledError:
        await workflow.wait([pause])  # its end would be news, at which the server refuses that of the run
        raise
