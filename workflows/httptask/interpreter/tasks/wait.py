"""`wait`: a durable timer."""

from temporalio import workflow

from httptask.dsl.tasks.wait import DURATION
from httptask.interpreter.task_context import Child, Complete, Paused, Step, TaskContext
from httptask.scheduling.durations import required_seconds

__all__ = ["run_wait"]


async def run_wait(context: TaskContext, _child: Child | None) -> Step:
    """Wait for a duration; the data passes through. A continued run waits for the rest of it.

    Otherwise a branch that waits would keep those beside it, which are to be continued, for as long.
    """
    services, state = context.services, context.execution.state
    if not state:
        seconds = required_seconds(context.value(DURATION), "wait")
        state.update(seconds=seconds, due=workflow.time() + seconds)
    services.board.update(context.execution.id, state="waiting", summary=f"{state['seconds']:g} s")
    slept = await services.sleep(max(state["due"] - workflow.time(), 0.0))
    return Complete(context.execution.input) if slept else Paused()
