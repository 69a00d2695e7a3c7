"""`call: map`: every item on its own, some at once; the output is the list of results in order."""

from typing import Any

from httptask.calls.problem import TaskFault
from httptask.diagnostics.words import kind_of
from httptask.dsl.tasks.map_items import ITEMS, MAP
from httptask.interpreter.parallel import Parallel
from httptask.interpreter.state import Frame
from httptask.interpreter.task_context import Child, Complete, Paused, Step, TaskContext
from httptask.json.types import is_array

__all__ = ["run_map"]


async def run_map(context: TaskContext, _child: Child | None) -> Step:
    """Each item gets the task's input and a copy of `$context`; an `export` inside stays inside."""
    arguments = MAP.spec(context.node)
    state = context.execution.state
    if not state:
        items = context.value(ITEMS)
        if not is_array(items):
            TaskFault.raise_standard(
                "expression", "Not a list", detail=f"`in` yields {kind_of(items)}; it needs a list"
            )
        state.update(items=items, progress={})
    items = state["items"]

    def frame_of(index: int) -> Frame:
        return Frame(
            sequence=context.node.sequences["do"].pointer,
            data=context.execution.input,
            path=f"{context.execution.id}/{index}",
            variables={arguments.each: items[index], arguments.at: index},
            scope=context.node.pointer,
        )

    def result_of(fault: TaskFault) -> Any:
        if arguments.on_error == "stop":
            raise fault
        return {"error": fault.problem.to_json()}

    results = await Parallel(
        context,
        state["progress"],
        count=len(items),
        frame_of=frame_of,
        concurrency=arguments.concurrency,
        result_of=result_of,
        note=context.note,
    ).run()
    return Paused() if results is None else Complete(results)
