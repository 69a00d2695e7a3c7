"""Timeouts of tasks and workflows (dsl.md, Timeouts), kept as points in workflow time."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import NoReturn

from temporalio import workflow
from temporalio.exceptions import ApplicationError, FailureError

from httptask.calls.problem import Problem, TaskFault, problem_of_failure
from httptask.http.errors import Postponed

__all__ = ["Deadline", "deadline_at", "take_up_ends"]

_AHEAD = 0.05
_AT_LEAST = 0.01
_TURNS_OF_RESULT = 3
"""Turns of the event loop in which the end of an activity comes to who awaits it."""


@dataclass(frozen=True, slots=True, order=True)
class Deadline:
    """When a timeout passes.

    Attributes:
        at: in workflow time.
        pointer: the task, or the task list of an attempt, that the timeout belongs to; empty for the workflow.
        is_outer: whether that task is around the branch that meets the deadline, and ends it from there.
    """

    at: float
    pointer: str
    is_outer: bool = False
    of_attempt: bool = False

    @property
    def of_activity(self) -> timedelta:
        """What an activity gets as its schedule-to-close timeout.

        It passes a little ahead, so that the run learns of the failure before it; and the server ends a wait that
        would last beyond it when that begins.
        """
        return timedelta(seconds=max(self.at - workflow.time() - _AHEAD, _AT_LEAST))

    async def cut_off(self, cause: BaseException | None, kind: str) -> NoReturn:
        """End an activity that Temporal did not try again because of the deadline.

        Args:
            cause: what failed it.
            kind: the standard's type of an error that this package does not know.

        Raises:
            TaskFault: its own failure if it has one, or that the deadline passed.
        """
        if self.is_outer and not _is_failure(cause):
            await asyncio.Event().wait()  # until the task around this branch ends it
        raise self.fault(cause, kind)

    def fault(self, cause: BaseException | None, kind: str = "communication") -> TaskFault:
        """The fault of an activity that is not tried again because of the deadline.

        Args:
            cause: what failed it.
            kind: the standard's type of an error that this package does not know.

        Returns:
            Its own failure if it has one, or that the deadline passed.
        """
        if not _is_failure(cause):
            return self.passed(
                cause if isinstance(cause, ApplicationError) else getattr(cause, "cause", None)
            )
        problem = problem_of_failure(cause, kind)
        detail = f"{problem.detail}; {self._reason(problem)}"
        return TaskFault(problem.model_copy(update={"detail": detail}))

    def passed(self, last: BaseException | None = None) -> TaskFault:
        """The fault of the task whose timeout passed.

        Args:
            last: the failure that was known of what it did.
        """
        known = f"; the last that is known: {last.message}" if isinstance(last, FailureError) else ""
        detail = f"{self._whose} did not end within its timeout{known}"
        problem = Problem.standard("timeout", "Timed out", detail=detail, instance=self.pointer)
        return TaskFault(problem, ends=self.pointer)

    @property
    def _whose(self) -> str:
        if self.of_attempt:
            return "the attempt"
        return "the task" if self.pointer else "the workflow"

    def _reason(self, problem: Problem) -> str:
        """Why there was no other attempt."""
        asked = (problem.details or {}).get("retry_after")
        if not isinstance(asked, int | float):
            return f"another attempt would come after the timeout of {self._whose}"
        wait = f"the {asked:g} s that it asks to wait"
        return f"not tried again: {wait} are more than the timeout of {self._whose} leaves"


def _is_failure(cause: BaseException | None) -> bool:
    """Whether it is the activity's own: not Temporal's, and not that it was put off."""
    return isinstance(cause, ApplicationError) and cause.type != Postponed.__name__


async def take_up_ends() -> None:
    """Let each who awaits an activity learn of its end where that has come already, before it is cancelled.

    The SDK never looks at the failure of one that is cancelled in the workflow task which brings it, and asyncio
    reports that as an exception that was never retrieved.
    """
    for _ in range(_TURNS_OF_RESULT):
        await asyncio.sleep(0)


@asynccontextmanager
async def deadline_at(deadline: Deadline | None) -> AsyncGenerator[None]:
    """End the body at the deadline, in the name of the task that it belongs to.

    Raises:
        TaskFault: it passed.
    """
    if deadline is None:
        yield
        return
    remaining = deadline.at - workflow.time()
    if remaining <= 0:
        raise deadline.passed()
    try:
        async with _timeout(remaining):
            yield
    except TimeoutError:
        raise deadline.passed() from None


@asynccontextmanager
async def _timeout(seconds: float) -> AsyncGenerator[None]:
    """`asyncio.timeout`, but what has come together with its end is taken up first, as `take_up_ends` does it."""
    loop, left = asyncio.get_running_loop(), False
    async with asyncio.timeout(None) as scope:

        def end(turns: int) -> None:
            if (
                left
            ):  # to cancel the handle would not do: the SDK's loop runs those too, and logs that it can't
                return
            if turns:
                loop.call_soon(end, turns - 1)
            else:
                scope.reschedule(loop.time())

        timer = loop.call_at(loop.time() + seconds, end, _TURNS_OF_RESULT)
        try:
            yield
        finally:
            left = True
            timer.cancel()
