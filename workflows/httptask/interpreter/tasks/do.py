"""`do`: a list of tasks in sequence."""

from httptask.interpreter.task_context import Child, Complete, Descend, Step, TaskContext

__all__ = ["run_do"]


async def run_do(context: TaskContext, child: Child | None) -> Step:
    """Run the list once; its last output is the task's."""
    if child is not None:
        return Complete(child.output)
    return Descend(context.node.sequences["do"], context.execution.input, {})
