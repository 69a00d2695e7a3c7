"""`call: activity`."""

from httptask.calls.problem import TaskFault
from httptask.dsl.tasks.activity import ACTIVITY, ARGUMENTS
from httptask.interpreter.task_context import Child, Complete, Step, TaskContext
from httptask.json.types import is_array

__all__ = ["run_activity"]


async def run_activity(context: TaskContext, _child: Child | None) -> Step:
    """Run an activity of the user's own workers on values made here."""
    arguments = context.value(ARGUMENTS)
    if not is_array(arguments):
        TaskFault.raise_standard(
            "expression", "Not a list", detail="`arguments` of an activity has to yield a list"
        )
    return Complete(await context.run_activity(ACTIVITY.activity(context.node), arguments))
