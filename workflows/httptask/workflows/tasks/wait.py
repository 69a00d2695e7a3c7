"""`wait`: a durable timer."""

from datetime import timedelta

from temporalio import workflow

from httptask.dsl.durations import seconds_of
from httptask.workflows.execution import Child, Complete, Step, TaskContext
from httptask.workflows.problem import TaskFault

__all__ = ["run_wait"]


async def run_wait(context: TaskContext, _child: Child | None) -> Step:
    """Wait for a duration in parts or in ISO 8601; the data passes through."""
    value = context.value("wait")
    seconds = seconds_of(value)
    if seconds is None:
        TaskFault.raise_standard(
            "expression",
            "Not a duration",
            detail=f"`wait` yields {value!r}; write PT15M or {{ minutes: 15 }}",
        )
    context.interpreter.board.update(context.execution.id, state="waiting", summary=f"{seconds:g} s")
    await workflow.sleep(timedelta(seconds=seconds))
    return Complete(context.execution.input)
