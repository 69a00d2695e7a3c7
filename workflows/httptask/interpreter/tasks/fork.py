"""`fork`: branches at the same time; the output is the list of theirs, or that of the one that wins."""

from collections.abc import Mapping, Sequence
from typing import Any

from httptask.calls.problem import Problem, TaskFault
from httptask.dsl.liveness import TASK_DATA
from httptask.dsl.tasks.fork import FORK
from httptask.interpreter.parallel import Parallel
from httptask.interpreter.state import Frame, ParallelState
from httptask.interpreter.task_context import Child, Complete, Finished, Paused, Step, TaskContext

__all__ = ["run_fork"]


async def run_fork(context: TaskContext, _child: Child | None) -> Step:
    """Each branch gets the task's input and a copy of `$context`; an `export` inside stays inside."""
    node, execution = context.node, context.execution
    liveness = context.services.program.liveness
    branches, competes = list(node.sequences.values()), FORK.is_race(node)
    state = execution.parallel = execution.parallel or ParallelState()

    def frame_of(index: int) -> Frame:
        branch = branches[index]
        data = execution.input if liveness.is_taken(branch) else None
        if index == len(branches) - 1 and not liveness.is_read_by(node.pointer, TASK_DATA):
            execution.input = None
        return Frame(sequence=branch.pointer, data=data, path=execution.id, scope=branch.pointer)

    async def settle(running: Parallel, settled: Sequence[int]) -> None:
        if competes and any("output" in state.results[index] for index in settled):
            await running.end_now()
        else:
            context.note(f"{len(state.results)} of {len(branches)}" + (" did not win" if competes else ""))

    results = await Parallel(
        context,
        state,
        end=len(branches),
        frame_of=frame_of,
        concurrency=len(branches),
        result_of=_end_in_race if competes else _output,
        settle=settle,
    ).run()
    if results is None:
        return Paused()
    if competes:
        return Complete(_output_of_winner(context, results))
    return Complete([results[index] for index in range(len(branches))])


def _output(end: Finished | TaskFault) -> Any:
    """What a branch comes to; a branch that was skipped comes to nothing."""
    if isinstance(end, TaskFault):
        raise end
    return end.output if end.ran else None


def _end_in_race(end: Finished | TaskFault) -> dict[str, Any]:
    """How a branch that competes has ended: only one that completed can win."""
    if isinstance(end, TaskFault):
        return {"fault": end.problem.to_json()}
    return {"output": end.output} if end.ran else {}


def _output_of_winner(context: TaskContext, ends: Mapping[int, Mapping[str, Any]]) -> Any:
    """The output of the first branch that completed; null where each was skipped.

    Raises:
        TaskFault: none completed; it is that of the first branch that failed, as they stand in the definition.
    """
    names = [branch.tasks[0].name for branch in context.node.sequences.values()]
    for index, end in ends.items():
        if "output" in end:
            context.services.board.update(context.execution.id, summary=f"{names[index]} won")
            return end["output"]
    faults = {
        names[index]: Problem.model_validate(ends[index]["fault"])
        for index in sorted(ends)
        if "fault" in ends[index]
    }
    if not faults:
        return None
    reasons = "; ".join(f"{name}: {fault.detail or fault.title}" for name, fault in faults.items())
    first = next(iter(faults.values()))
    detail = f"none of {len(names)} branches completed: {reasons}"
    raise TaskFault(first.model_copy(update={"detail": detail, "instance": None}))
