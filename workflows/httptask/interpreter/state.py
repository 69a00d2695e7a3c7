"""Where a run stands: an explicit stack of frames, serialisable at every task boundary."""

import hashlib
import json
from collections.abc import Mapping, Sequence
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

from httptask.json.types import is_array, is_object
from httptask.scheduling.spending_state import SpendingState

__all__ = [
    "LIVE_MEMO",
    "Branch",
    "Frame",
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
            those that are over are taken out of it.
        parallel: the branches inside the task.
        state: what else the task's kind keeps between its steps; empty when it begins.
        started_at: workflow time, seconds since the epoch.
        deadline: workflow time at which the task's timeout ends it.
    """

    id: str
    raw_input: Shared
    input: Shared
    items: Annotated[Shared, AfterValidator(_own)] = None
    parallel: ParallelState | None = None
    state: dict[str, Any] = Field(default_factory=dict)
    started_at: float
    deadline: float | None = None


class Frame(BaseModel):
    """A task list in progress.

    Attributes:
        sequence: pointer of the task list.
        index: position of the task that runs now or next.
        data: raw input of that task; None when it has begun.
        path: prefix of the ids of its executions.
        item: index of the item that the loop around the list is at.
        variables: what that loop binds: the item and its index. A continued run binds them anew.
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
    scope: str | None = None
    outputs: dict[str, Shared] = Field(default_factory=dict)
    visits: dict[str, int] = Field(default_factory=dict)
    current: TaskExecution | None = None


class Branch(BaseModel):
    """One line of execution: a stack of frames and its `$context`. A `map` runs one branch for each item in flight."""

    frames: list[Frame]
    context: Shared = None


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

    def packed(self) -> dict[str, Any]:
        """As a continued run gets it: JSON, each shared value once."""
        values = SharedValues()
        return {**self.model_dump(mode="json", context=values), "values": values.kept}

    @classmethod
    def unpacked(cls, packed: Mapping[str, Any]) -> "RunState":
        """Of what `packed` made."""
        return cls.model_validate(packed, context=SharedValues(packed["values"]))
