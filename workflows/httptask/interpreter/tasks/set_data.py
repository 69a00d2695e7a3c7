"""`set`: data made of the input."""

from httptask.dsl.tasks.set_data import DATA
from httptask.interpreter.task_context import Child, Complete, Step, TaskContext

__all__ = ["run_set"]


async def run_set(context: TaskContext, _child: Child | None) -> Step:
    """The rendered data is the output."""
    return Complete(context.value(DATA))
