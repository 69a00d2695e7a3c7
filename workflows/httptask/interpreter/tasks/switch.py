"""`switch`: the first case that holds decides where to go; the data passes through."""

from httptask.dsl.tasks.switch import SWITCH, condition_of
from httptask.interpreter.task_context import Child, Complete, Step, TaskContext

__all__ = ["run_switch"]


async def run_switch(context: TaskContext, _child: Child | None) -> Step:
    """Without a case that holds, the task's own `then` decides (dsl-reference.md, Switch)."""
    board, id_ = context.services.board, context.execution.id
    for index, entry in enumerate(SWITCH.spec(context.node).switch):
        for name, case in entry.items():
            if case.when is None or context.holds(condition_of(index)):
                board.update(id_, case=name)
                return Complete(context.execution.input, case.then)
    board.update(id_, case="")
    return Complete(context.execution.input)
