"""`call: map`: every item on its own, some at once; the output is the list of results in order."""

from collections.abc import Mapping, Sequence
from typing import Any

from httptask.calls.problem import TaskFault
from httptask.dsl.liveness import TASK_DATA
from httptask.dsl.tasks.map_items import MAP
from httptask.interpreter.items import Items, begin_items, items_of
from httptask.interpreter.parallel import Parallel
from httptask.interpreter.parts import PartEnded, Results, end_of, may_run_in_parts, part_of, run_parts
from httptask.interpreter.state import Frame, ParallelState
from httptask.interpreter.task_context import Child, Complete, Finished, Paused, Step, TaskContext

__all__ = ["run_map"]


async def run_map(context: TaskContext, _child: Child | None) -> Step:
    """Each item gets the task's input and a copy of `$context`; an `export` inside stays inside."""
    execution, part = context.execution, part_of(context)
    if execution.parallel is None:
        items = begin_items(context)
        execution.parallel = ParallelState()
        _forget_input(context)
    else:
        items = items_of(context.node, execution, context.variables)
    state = execution.parallel
    end = items.end if part is None else end_of(part, state, context.services)
    if may_run_in_parts(context):
        if await _run_items(context, state, items, state.next) is None:
            return Paused()
        await run_parts(context, items, end)
    results = await _run_items(context, state, items, end)
    if results is None:
        return Paused()
    if part is not None:
        raise PartEnded(state)
    return Complete([results[index] for index in range(end)])


async def _run_items(
    context: TaskContext, state: ParallelState, items: Items, end: int
) -> Mapping[int, Any] | None:
    """Run the items below an index, and those that are under way; None when they paused."""
    node, execution, arguments = context.node, context.execution, MAP.spec(context.node)

    def frame_of(index: int) -> Frame:
        return Frame(
            sequence=node.sequences["do"].pointer,
            data=execution.input,
            path=f"{execution.id}/{index}",
            item=index,
            variables=dict(items.variables(index)),
            scope=node.pointer,
        )

    def result_of(end: Finished | TaskFault) -> Any:
        if isinstance(end, Finished):
            return end.output
        if arguments.on_error == "stop":
            raise end
        return {"error": end.problem.to_json()}

    async def note(_items: Parallel, _settled: Sequence[int]) -> None:
        context.note(f"{len(state.results)} of {end}")

    part = part_of(context)
    return await Parallel(
        context,
        state,
        end=end,
        frame_of=frame_of,
        concurrency=arguments.concurrency,
        result_of=result_of,
        settle=note if part is None else Results(context, part).hand_over,
    ).run()


def _forget_input(context: TaskContext) -> None:
    """Keep no input that neither the map nor the first task of its items reads."""
    liveness, node = context.services.program.liveness, context.node
    if not (liveness.is_read_by(node.pointer, TASK_DATA) or liveness.is_taken(node.sequences["do"])):
        context.execution.input = None
