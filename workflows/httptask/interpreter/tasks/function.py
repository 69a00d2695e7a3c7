"""`call: NAME`: the task of a function, on the arguments of the call."""

from httptask.dsl.tasks.function import FUNCTION, FUNCTION_ARGUMENTS
from httptask.interpreter.task_context import Child, Complete, Descend, Step, TaskContext

__all__ = ["run_function"]


async def run_function(context: TaskContext, child: Child | None) -> Step:
    """Run the task once; the arguments are its input, and its output is that of the call."""
    if child is not None:
        return Complete(child.output)
    return Descend(FUNCTION.body(context.node), context.value(FUNCTION_ARGUMENTS), {})
