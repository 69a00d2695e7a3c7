"""`call: map`: every item on its own, some at once; the output is the list of results in order."""

from typing import Any

from httptask.calls.problem import TaskFault
from httptask.dsl.tasks.map_items import MAP
from httptask.interpreter.items import begin_items, item_variables, items_of
from httptask.interpreter.parallel import Parallel
from httptask.interpreter.state import Frame, TaskExecution
from httptask.interpreter.task_context import Child, Complete, Paused, Step, TaskContext

__all__ = ["run_map"]


async def run_map(context: TaskContext, _child: Child | None) -> Step:
    """Each item gets the task's input and a copy of `$context`; an `export` inside stays inside."""
    node, execution, arguments = context.node, context.execution, MAP.spec(context.node)
    begins = execution.parallel is None
    items = begin_items(context) if begins else items_of(node, execution, context.variables)

    def frame_of(index: int) -> Frame:
        return Frame(
            sequence=node.sequences["do"].pointer,
            data=execution.input,
            path=f"{execution.id}/{index}",
            item=index,
            variables=dict(item_variables(node, items, index)),
            scope=node.pointer,
        )

    def result_of(fault: TaskFault) -> Any:
        if arguments.on_error == "stop":
            raise fault
        return {"error": fault.problem.to_json()}

    results = await Parallel(
        context,
        count=len(items),
        frame_of=frame_of,
        concurrency=arguments.concurrency,
        result_of=result_of,
        note=context.note,
    ).run()
    if results is not None:
        return Complete(results)
    _forget_ended(execution)
    return Paused()


def _forget_ended(execution: TaskExecution) -> None:
    """Keep no items with the task that have their result."""
    assert execution.parallel is not None  # which pauses
    if execution.items is not None:
        for index in execution.parallel.results:
            execution.items[index] = None
