"""`wait`: a durable timer."""

from datetime import timedelta

from temporalio import workflow

from httptask.dsl.tasks.wait import DURATION
from httptask.interpreter.task_context import Child, Complete, Step, TaskContext
from httptask.scheduling.durations import required_seconds

__all__ = ["run_wait"]


async def run_wait(context: TaskContext, _child: Child | None) -> Step:
    """Wait for a duration; the data passes through."""
    seconds = required_seconds(context.value(DURATION), "wait")
    context.services.board.update(context.execution.id, state="waiting", summary=f"{seconds:g} s")
    await workflow.sleep(timedelta(seconds=seconds))
    return Complete(context.execution.input)
