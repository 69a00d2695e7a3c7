"""`for`: the items in turn; each iteration gets the previous one's output, and the last output is the result."""

from httptask.calls.problem import TaskFault
from httptask.diagnostics.words import kind_of
from httptask.dsl.tasks.for_each import FOR, ITEMS, WHILE
from httptask.interpreter.task_context import Child, Complete, Descend, Step, TaskContext
from httptask.json.types import is_array

__all__ = ["run_for"]


async def run_for(context: TaskContext, child: Child | None) -> Step:
    """Take the next item, as long as there is one and `while` holds (dsl-reference.md, For)."""
    loop = FOR.spec(context.node)
    state = context.execution.state
    if child is None:
        items = context.value(ITEMS)
        if not is_array(items):
            TaskFault.raise_standard(
                "expression", "Not a list", detail=f"`in` yields {kind_of(items)}; it needs a list"
            )
        state.update(items=items, next=0, data=context.execution.input)
    else:
        state["data"] = child.output
    index: int = state["next"]
    if index >= len(state["items"]):
        return Complete(state["data"])
    variables = {loop.for_.each: state["items"][index], loop.for_.at: index}
    if loop.while_ is not None and not context.holds(WHILE, dot=state["data"], bound=variables):
        return Complete(state["data"])
    state["next"] = index + 1
    return Descend(state["data"], variables, index)
