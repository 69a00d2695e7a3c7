"""Parts of a `map`: where the state of a run is too large for another one, child workflows run the items left.

Each goes on as a continued run would, from what its items read of the state. Their results come in pieces, for all of
them may be more than Temporal carries.
"""

import contextlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from pydantic import BaseModel
from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import FailureError

from httptask.calls.problem import Problem, TaskFault
from httptask.dsl.expression_parts import OUTPUT, WORKFLOW_OUTPUT
from httptask.dsl.liveness import CONTEXT, WORKFLOW_DATA
from httptask.dsl.model import FLOW_DIRECTIVES
from httptask.interpreter.items import Items
from httptask.interpreter.parallel import Parallel
from httptask.interpreter.services import LARGEST_HISTORY, LONGEST_HISTORY, Services
from httptask.interpreter.state import Branch, Frame, MapPart, ParallelState, RunState, TaskExecution
from httptask.interpreter.task_context import EndWorkflow, TaskContext
from httptask.scheduling.payloads import payload_of, stored_from
from httptask.scheduling.spending_state import SpendingState

__all__ = [
    "PartEnd",
    "PartEnded",
    "Results",
    "end_of",
    "may_run_in_parts",
    "part_of",
    "run_parts",
    "tell_spending",
]

PIECE_BYTES = 900_000
"""Of JSON: the items of a part, and the results that it hands over at once; less than half of what Temporal carries."""
PART_BYTES = 4_000_000
"""Of results, with which a part begins no more items: between two parts the run sees whether its history has room."""
USED_LENGTH = LONGEST_HISTORY // 4
USED_BYTES = LARGEST_HISTORY // 4
"""Before, a run that can't continue as new needs no parts, which write each of their items twice more."""
_RESULTS: Final = "httptask.results"
_KEEP_LESS: Final = "keep a part of it with `output.as`"
_OUTPUT_SO_FAR: Final = "what the map has come to so far, which becomes the workflow's output,"


class PartEnded(EndWorkflow):
    """The items of a part have their results, as far as they have begun."""

    def __init__(self, state: ParallelState) -> None:
        super().__init__(None)
        self.state = state


class PartEnd(BaseModel):
    """How a part ended.

    Attributes:
        next: index behind the last item that it has run.
        results: of its items, by index, that it has not handed over before.
        spending: what it has spent.
        ended_with: the output of the run, in a list, where a task ended that.
        fault: why it ended before.
    """

    next: int = 0
    results: dict[int, Any] = {}
    spending: SpendingState
    ended_with: list[Any] | None = None
    fault: Problem | None = None

    @classmethod
    def of(cls, state: RunState, part: MapPart, **fields: Any) -> "PartEnd":
        """How the part with that state ended."""
        return cls(spending=_spending_of(state, part), **fields)


class _Piece(BaseModel):
    """What a part tells before its end.

    Attributes:
        map: id of the execution of its map.
        results: of some items, by index.
        spending: all of its own, where it will tell no more.
    """

    map: str
    results: dict[int, Any] = {}
    spending: SpendingState | None = None


def part_of(context: TaskContext) -> MapPart | None:
    """Which items this workflow runs of the map, where it is started for a part of it."""
    state = context.services.state
    return state.part if context.branch is state.root else None


def may_run_in_parts(context: TaskContext) -> bool:
    """Whether the items left are better run in workflows of their own: where much of the history is used already.

    Where a budget bounds what is spent, nothing else may spend at the same time, of which a part does not know. And
    events come to the run, not to its parts.
    """
    services, info = context.services, workflow.info()
    is_alone = context.branch is services.state.root or not services.budget.is_bounded
    is_used = info.get_current_history_length() > USED_LENGTH or info.get_current_history_size() > USED_BYTES
    return services.stays and is_used and not context.node.listens and is_alone and part_of(context) is None


def end_of(part: MapPart, state: ParallelState, services: Services) -> int:
    """The index behind the last item that a part begins; it leaves others to another part where it has become large."""
    return state.next if services.stays or part.handed_over > PART_BYTES else part.end


class Results:
    """The results of a part on their way to the run that it is a part of."""

    def __init__(self, context: TaskContext, part: MapPart) -> None:
        self._context = context
        self._part = part
        self._sizes: dict[int, int] = {}
        self._bytes = 0

    async def hand_over(self, items: Parallel, settled: Iterable[int]) -> None:
        """Let go of results that together are large, and begin no more items after many of them.

        Args:
            items: of the part.
            settled: indices of those that have a result since this was asked before.

        Raises:
            TaskFault: one of them is more than Temporal carries.
        """
        results = items.state.results
        for index in settled if self._sizes else list(results):
            self._sizes[index] = _size_of(results[index])
            self._bytes += self._sizes[index]
        if self._bytes <= PIECE_BYTES:
            return
        for indices in _in_pieces(self._sizes.items()):
            await self._send({index: results[index] for index in indices})
        results.clear()
        self._part.handed_over += self._bytes
        self._sizes, self._bytes = {}, 0
        if self._part.handed_over > PART_BYTES:
            items.end_early()

    async def _send(self, results: Mapping[int, Any]) -> None:
        what = f"the result of item {next(iter(results))} of {self._context.node.pointer}"
        await _tell(_Piece(map=self._context.execution.id, results=dict(results)), what)


async def tell_spending(state: RunState, part: MapPart) -> None:
    """Have what a part has spent counted although it is cancelled, and so has no end to tell it with."""
    execution = state.root.frames[-1].current
    assert execution is not None  # its map
    with contextlib.suppress(FailureError):  # the run may be gone
        await _tell(_Piece(map=execution.id, spending=_spending_of(state, part)), "what a part has spent")


async def _tell(piece: _Piece, what: str) -> None:
    """Tell the run that this workflow runs a part of.

    Raises:
        TaskFault: it is more than Temporal carries.
    """
    payload, parent = await payload_of(piece, what, _KEEP_LESS), workflow.info().parent
    assert parent is not None  # parts are started by the run that they are parts of
    run = workflow.get_external_workflow_handle(parent.workflow_id, run_id=parent.run_id)
    await run.signal(_RESULTS, RawValue(payload))


async def run_parts(context: TaskContext, items: Items, end: int) -> None:
    """Run items that have not begun, one part after the other, as far as they fit in parts.

    Args:
        context: of the map, none of whose items is under way.
        items: all of them.
        end: index behind its last item.

    Raises:
        TaskFault: an item ended in an error, or somebody ended a part.
        EndWorkflow: a task ended the run.
    """
    state, services = context.execution.parallel, context.services
    assert state is not None  # it has begun

    def take(results: Mapping[int, Any]) -> None:
        state.results.update(results)
        context.note(f"{len(state.results)} of {end}")

    def take_piece(piece: _Piece) -> None:
        if piece.spending is not None:
            services.budget.add_part(piece.spending)
        if piece.map in services.takers:
            services.takers[piece.map](piece.results)

    services.takers[context.execution.id] = take
    workflow.set_signal_handler(_RESULTS, take_piece)  # pyright: ignore[reportUnknownMemberType]
    try:
        await _run_in_turn(context, items, end, take)
    finally:
        del services.takers[context.execution.id]


async def _run_in_turn(
    context: TaskContext, items: Items, end: int, take: Callable[[Mapping[int, Any]], None]
) -> None:
    state, services = context.execution.parallel, context.services
    assert state is not None  # it has begun
    sizes = {index: _size_of(items[index]) for index in range(state.next, end)}
    await _require_history(context, sum(sizes.values()))
    while state.next < end and not services.draining:
        if _are_output(context):
            await payload_of(list(state.results.values()), _OUTPUT_SO_FAR, _KEEP_LESS)
        first = state.next
        of_part = next(_in_pieces((index, sizes[index]) for index in range(first, end)))
        try:
            part_state = _state_of_part(context, first, [items[index] for index in of_part])
            arguments = services.arguments_of(part_state.packed())
            payloads = [await payload_of(argument, "a part of the map") for argument in arguments]
        except TaskFault:  # it is no smaller than what it is a part of
            return
        part = await services.scheduler.execute_part(
            payloads,
            services.id_inside(f"{context.execution.id}/{first}"),
            PartEnd,
            services.stream.follow_part,
        )
        services.budget.add_part(part.spending)
        if part.fault is not None:
            raise TaskFault(part.fault)
        if part.ended_with is not None:
            raise EndWorkflow(*part.ended_with)
        state.next = part.next
        take(part.results)
        services.consider_continuing_as_new()


def _are_output(context: TaskContext) -> bool:
    """Whether the results, as they are, become the workflow's output, so that more of them can't make up for it."""
    program, node = context.services.program, context.node
    is_last = node.pointer == program.root.tasks[-1].pointer and node.task.then in (None, *FLOW_DIRECTIVES)
    return is_last and OUTPUT not in node.parts and WORKFLOW_OUTPUT not in program.parts


async def _require_history(context: TaskContext, size: int) -> None:
    """Refuse items, before more of them are run, that the history of the run can't hold."""
    room = LARGEST_HISTORY - workflow.info().get_current_history_size()
    if size > room and await stored_from() is None:
        TaskFault.raise_standard(
            "runtime",
            "Too large",
            detail=f"the items that are left have {size:,} bytes, more than the {max(room, 0):,} for which the history "
            "of the run has room; keep less in them, or configure external storage",
            error="PayloadTooLarge",
        )


def _state_of_part(context: TaskContext, first: int, items: list[Any]) -> RunState:
    """What the next items, from the index `first` on, read of the run's state, and nothing else."""
    services, execution, pointer = context.services, context.execution, context.node.pointer
    state, liveness = services.state, services.program.liveness
    [*around, own] = [_pruned(context, frame, below) for frame, below in _frames(context)]
    own.current = execution.model_copy(
        update={
            "raw_input": None,
            "input": execution.input if liveness.is_taken(context.node.sequences["do"]) else None,
            "deadline": None,
            "items": items,
            "first_item": first,
            "parallel": ParallelState(next=first),
        }
    )
    return RunState(
        origin_run_id=state.origin_run_id,
        input=state.input if liveness.is_read_inside(pointer, WORKFLOW_DATA) else None,
        started_at=state.started_at,
        root=Branch(
            frames=[*around, own],
            context=context.branch.context if liveness.is_read_inside(pointer, CONTEXT) else None,
        ),
        spent=state.spent.model_copy(),
        dearest=state.dearest,
        live=state.live,
        operations=dict(state.operations),
        part=MapPart(
            workflow_id=services.workflow_id,
            end=first + len(items),
            deadline=context.deadline,
            before=state.spent.model_copy(),
        ),
    )


def _spending_of(state: RunState, part: MapPart) -> SpendingState:
    """What a part has spent itself."""
    return SpendingState(spent=state.spent.since(part.before), dearest=state.dearest)


def _frames(context: TaskContext) -> Iterator[tuple[Frame, Frame | None]]:
    """The frames that the map sees, outermost first, each with the one below it."""
    frames = list(context.frames_around())[::-1]
    yield from zip(frames, [*frames[1:], None], strict=True)


def _pruned(context: TaskContext, frame: Frame, below: Frame | None) -> Frame:
    """A frame around the map with what its items read of it; of a loop it has the item that the loop is at."""
    services, pointer = context.services, context.node.pointer
    is_read = services.program.liveness.is_read_inside
    outputs = {
        name: out for name, out in frame.outputs.items() if is_read(pointer, (frame.scope or "", name))
    }
    loop: dict[str, Any] = {}
    if below is not None and below.item is not None:
        loop = {"items": [next(iter(below.variables.values()))], "first_item": below.item}
    current = None
    if frame.current is not None:
        around, kind = (
            frame.current,
            services.program.sequences[frame.sequence].tasks[frame.index].kind,
        )
        current = TaskExecution(
            id=around.id,
            raw_input=None,
            input=around.input if kind.catches else None,
            state=around.state if kind.catches else {},
            started_at=around.started_at,
            **loop,
        )
    return frame.model_copy(update={"outputs": outputs, "current": current, "visits": {}})


def _size_of(value: Any) -> int:
    """Bytes of JSON that a value, and where it belongs, take in a piece."""
    return len(json.dumps(value)) + len('"1234567":,')


def _in_pieces(sizes: Iterable[tuple[int, int]]) -> Iterator[list[int]]:
    """Indices of what has these sizes, some in each piece; what is larger than a piece is alone."""
    piece: list[int] = []
    room = PIECE_BYTES
    for index, size in sizes:
        if piece and size > room:
            yield piece
            piece, room = [], PIECE_BYTES
        piece.append(index)
        room -= size
    if piece:
        yield piece
