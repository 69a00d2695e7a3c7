"""Timeouts of tasks and workflows (dsl.md, Timeouts), kept as points in workflow time."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from temporalio import workflow

from httptask.workflows.problem import Problem, TaskFault

__all__ = ["deadline_at"]


@asynccontextmanager
async def deadline_at(deadlines: Sequence[tuple[float, str]]) -> AsyncGenerator[None]:
    """End the body at the earliest of the deadlines, in the name of the task that it belongs to.

    Raises:
        TaskFault: a deadline passed.
    """
    if not deadlines:
        yield
        return
    at, pointer = min(deadlines)
    remaining = at - workflow.time()
    if remaining <= 0:
        raise _timed_out(pointer)
    try:
        async with asyncio.timeout(remaining):
            yield
    except TimeoutError:
        raise _timed_out(pointer) from None


def _timed_out(pointer: str) -> TaskFault:
    what = "the task" if pointer else "the workflow"
    return TaskFault(
        Problem.standard(
            "timeout", "Timed out", detail=f"{what} did not end within its timeout", instance=pointer
        )
    )
