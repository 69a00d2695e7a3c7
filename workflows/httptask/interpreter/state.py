"""Where a run stands: an explicit stack of frames, serialisable at every task boundary."""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    PlainSerializer,
    SerializationInfo,
    ValidationInfo,
)
from temporalio.contrib.workflow_streams import WorkflowStreamState

from httptask.activities.api_operation import ApiOperation
from httptask.interpreter.inbox import Inbox
from httptask.json.types import is_array, is_object
from httptask.scheduling.deadlines import Deadline
from httptask.scheduling.spending_state import SpendingState, Spent

__all__ = [
    "LIVE_MEMO",
    "Branch",
    "Frame",
    "MapPart",
    "ParallelState",
    "RunState",
    "TaskExecution",
]

LIVE_MEMO = "live"
"""Key of the memo with which a run of a served definition is started to have its texts published."""


_WORTH_SHARING: Final = 64
"""Characters of JSON. What is shorter stands where it belongs, in a list of its own that tells it from a place."""


class SharedValues:
    """The values of one state; where each stands is a number."""

    def __init__(self, kept: Sequence[Any] = ()) -> None:
        """Begin with none, or with those that were kept."""
        self.kept = list(kept)
        self._by_identity: dict[int, int] = {}
        self._by_digest: dict[bytes, int] = {}

    def place(self, value: Any) -> int | list[Any]:
        """Where a value stands: the same place for the same one, and for what equals it to the letter."""
        if not (is_object(value) or is_array(value) or isinstance(value, str)):
            return [value]
        if id(value) in self._by_identity:
            return self._by_identity[id(value)]
        text = json.dumps(value)
        if len(text) < _WORTH_SHARING:
            return [value]
        place = self._by_digest.setdefault(hashlib.sha256(text.encode()).digest(), len(self.kept))
        if place == len(self.kept):
            self.kept.append(value)
        self._by_identity[id(value)] = place
        return place

    def find(self, place: int | list[Any]) -> Any:
        """The value that stands there."""
        return self.kept[place] if isinstance(place, int) else place[0]


def _place_of(value: Any, info: SerializationInfo) -> Any:
    """Serialize a value as its place, where the state is to be continued."""
    return info.context.place(value) if isinstance(info.context, SharedValues) else value


def _value_at(value: Any, info: ValidationInfo) -> Any:
    """Validate a place as its value, where a state is continued."""
    return info.context.find(value) if isinstance(info.context, SharedValues) else value


Shared = Annotated[Any, PlainSerializer(_place_of), BeforeValidator(_value_at)]
"""A value that others may share: a continued run gets it once, however many refer to it."""


def _own(value: Any) -> Any:
    return list(value) if is_array(value) else value


def _items_written(value: Any, info: SerializationInfo) -> Any:
    """What counts up is written as where it begins and ends."""
    return {"range": [value.start, value.stop]} if isinstance(value, range) else _place_of(value, info)


def _items_read(value: Any, info: ValidationInfo) -> Any:
    return range(*value["range"]) if is_object(value) else _value_at(value, info)


Items = Annotated[Any, PlainSerializer(_items_written), BeforeValidator(_items_read), AfterValidator(_own)]
"""A list, or a `range` of what counts up, as most loops of many turns do."""


class ParallelState(BaseModel):
    """Branches that run at the same time inside a task.

    Attributes:
        next: index of the branch that begins next.
        results: of those that have ended, by index.
        branches: those that have begun and not ended, by index.
    """

    next: int = 0
    results: dict[int, Any] = Field(default_factory=dict[int, Any])
    branches: dict[int, "Branch"] = Field(default_factory=dict[int, "Branch"])


class TaskExecution(BaseModel):
    """A task that has begun.

    Attributes:
        id: readable and unique within the run: task names, loop indices and visit numbers, `explain/2/explainOne`.
        raw_input: before `input.from`, where an expression of the task reads it still.
        input: after it; `$input`, where anything of the task reads it still.
        items: what a loop goes through, where it is not a part of another value that is kept. The list is its own, for
            those that are over are taken out of it before it travels.
        first_item: index of the first of `items`.
        parallel: the branches inside the task.
        state: what else the task's kind keeps between its steps; empty when it begins.
        started_at: workflow time, seconds since the epoch.
        deadline: workflow time at which the task's timeout ends it.
    """

    id: str
    raw_input: Shared
    input: Shared
    items: Items = None
    first_item: int = 0
    parallel: ParallelState | None = None
    state: dict[str, Any] = Field(default_factory=dict)
    started_at: float
    deadline: float | None = None

    def forget_items(self, end: int, under_way: Collection[int] = ()) -> None:
        """Let go of the items before an index, but for those that are under way."""
        if self.items is None:
            return
        first = min(under_way, default=end)
        self.items = self.items[first - self.first_item :]
        self.first_item = first
        for index in range(first, end):
            if index not in under_way and is_array(self.items):
                self.items[index - first] = None


class Frame(BaseModel):
    """A task list in progress.

    Attributes:
        sequence: pointer of the task list.
        index: position of the task that runs now or next.
        data: raw input of that task; None when it has begun.
        path: prefix of the ids of its executions.
        item: index of the item that the loop around the list is at.
        variables: what that loop binds: the item and its index. A continued run binds them anew.
        deadline: workflow time at which the list is ended where it has not by then.
        kept: what a task around the list binds beside, such as the error that it has caught.
        scope: pointer of the loop whose body this is, None when the list opens no scope of its own.
        outputs: transformed outputs that `$tasks` reads, where the list opens a scope.
        visits: how often each task of the list has begun.
        current: the task whose own task list is the next frame.
    """

    sequence: str
    index: int = 0
    data: Shared = None
    path: str = ""
    item: int | None = None
    variables: dict[str, Any] = Field(default_factory=dict, exclude=True)
    deadline: float | None = None
    kept: dict[str, Shared] = Field(default_factory=dict)
    scope: str | None = None
    outputs: dict[str, Shared] = Field(default_factory=dict)
    visits: dict[str, int] = Field(default_factory=dict)
    current: TaskExecution | None = None


class Branch(BaseModel):
    """One line of execution: a stack of frames and its `$context`. A `map` runs one branch for each item in flight.

    Attributes:
        ran: whether a task of it has run, rather than been skipped.
    """

    frames: list[Frame]
    context: Shared = None
    ran: bool = False

    def executions(self) -> Iterator[TaskExecution]:
        """The tasks of it that are under way, those around before those inside."""
        for frame in self.frames:
            if frame.current is not None:
                yield frame.current
                inner = frame.current.parallel
                for branch in () if inner is None else inner.branches.values():
                    yield from branch.executions()

    def forget_items(self) -> None:
        """Let go of the items of its loops that are over."""
        for frame, below in zip_longest(self.frames, self.frames[1:]):
            if frame.current is not None and frame.current.parallel is not None:
                parallel = frame.current.parallel
                frame.current.forget_items(parallel.next, parallel.branches)
                for branch in parallel.branches.values():
                    branch.forget_items()
            elif frame.current is not None and below is not None and below.item is not None:
                frame.current.forget_items(below.item)


class MapPart(BaseModel):
    """Which items of a `map` a workflow runs in place of the run that it is a part of.

    Attributes:
        workflow_id: of that run: `$workflow.id`.
        end: index behind its last item.
        deadline: the nearest of the timeouts around the map, which that run sees to.
        before: what that run had spent when the part began.
        handed_over: bytes of results that it has handed over.
    """

    workflow_id: str
    end: int
    deadline: Deadline | None
    before: Spent
    handed_over: int = 0


class RunState(SpendingState):
    """Everything that a continued run needs."""

    origin_run_id: str
    """The first run of the chain; part of every Idempotency-Key."""
    input: Shared
    """Of the workflow, where anything reads it still."""
    started_at: float
    root: Branch = Branch(frames=[])
    deadline: float | None = None
    """Workflow time at which the workflow's own timeout ends the run."""
    live: bool = False
    """Whether the texts of streamed answers are published while they come."""
    stream: WorkflowStreamState | None = None
    """What was published, and is kept for the continued run."""
    inbox: Inbox = Field(default_factory=Inbox)
    """Events that have come, and that no task has taken."""
    operations: dict[str, ApiOperation] = Field(default_factory=dict[str, ApiOperation])
    """Of API documents, by the pointers of the tasks that have loaded them."""
    part: MapPart | None = None
    """Set in workflows that run a part of another run."""

    def largest_value(self) -> tuple[str, int]:
        """What takes the most room of all that is kept, in words, and its bytes of JSON."""
        values = [("the workflow's input", self.input), *_values_of(self.root)]
        sizes = {name: len(json.dumps(value, default=_of_model)) for name, value in values}
        return max(sizes.items(), key=lambda found: found[1])

    def packed(self) -> dict[str, Any]:
        """As a continued run gets it: JSON, each shared value once, and nothing of what is over."""
        self.root.forget_items()
        values = SharedValues()
        return {**self.model_dump(mode="json", context=values), "values": values.kept}

    @classmethod
    def unpacked(cls, packed: Mapping[str, Any]) -> "RunState":
        """Of what `packed` made."""
        return cls.model_validate(packed, context=SharedValues(packed["values"]))


def _of_model(value: BaseModel | range) -> Any:
    """What a kind of task keeps may be a model, as a conversation is; what a loop goes through may count up."""
    return [value.start, value.stop] if isinstance(value, range) else value.model_dump(mode="json")


def _values_of(branch: Branch) -> Iterator[tuple[str, Any]]:
    """What a branch keeps, each with its name for a person."""
    yield "`$context`", branch.context
    for frame in branch.frames:
        yield f"the input of task {frame.index + 1} of {frame.sequence}", frame.data
        for name, output in frame.outputs.items():
            yield f"the output of {name}", output
        if frame.current is not None:
            yield from _values_in(frame.current)


def _values_in(execution: TaskExecution) -> Iterator[tuple[str, Any]]:
    id_ = execution.id
    yield f"the input of {id_}", execution.input
    yield f"the input of {id_} before `input.from`", execution.raw_input
    yield f"the items of {id_}", execution.items
    yield f"what {id_} has come to", execution.state
    if execution.parallel is not None:
        yield f"the results of {id_}", execution.parallel.results
        for inner in execution.parallel.branches.values():
            yield from _values_of(inner)
