"""`for`: the items in turn; each iteration gets the previous one's output, and the last output is the result."""

from httptask.dsl.tasks.for_each import FOR, WHILE
from httptask.interpreter.items import begin_items, items_of
from httptask.interpreter.task_context import Child, Complete, Descend, Step, TaskContext

__all__ = ["run_for"]


async def run_for(context: TaskContext, child: Child | None) -> Step:
    """Take the next item, as long as there is one and `while` holds (dsl-reference.md, For)."""
    node, execution = context.node, context.execution
    if child is None:
        items, data = begin_items(context), execution.input
    else:
        items, data = items_of(node, execution, context.variables), child.output
    index: int = execution.state.get("next", 0)
    if index >= items.end:
        return Complete(data)
    variables = items.variables(index)
    if FOR.spec(node).while_ is not None and not context.holds(WHILE, dot=data, bound=variables):
        return Complete(data)
    execution.state["next"] = index + 1
    return Descend(node.sequences["do"], data, variables, index)
