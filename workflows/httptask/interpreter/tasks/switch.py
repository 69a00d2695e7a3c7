"""`switch`: the first case that holds decides where to go; the data passes through."""

from httptask.dsl.model import SwitchTask
from httptask.interpreter.task_context import Child, Complete, Step, TaskContext

__all__ = ["run_switch"]


async def run_switch(context: TaskContext, _child: Child | None) -> Step:
    """Without a case that holds, the task's own `then` decides (dsl-reference.md, Switch)."""
    task = context.node.task
    assert isinstance(task, SwitchTask)
    for index, entry in enumerate(task.switch):
        for case in entry.values():
            if case.when is None or context.holds(f"when/{index}"):
                return Complete(context.execution.input, case.then)
    return Complete(context.execution.input)
