"""Where a run stands: an explicit stack of frames, serialisable at every task boundary."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, PlainSerializer
from temporalio.contrib.workflow_streams import WorkflowStreamState

from httptask.interpreter.shared_values import SharedValues, find_value, place_value
from httptask.scheduling.spent import SpendingState

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


Shared = Annotated[Any, PlainSerializer(place_value), BeforeValidator(find_value)]
"""A value that others may share: a continued run gets it once, however many refer to it."""


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
        items: what a loop goes through, where it is not a part of another value that is kept.
        parallel: the branches inside the task.
        state: what else the task's kind keeps between its steps; empty when it begins.
        started_at: workflow time, seconds since the epoch.
        deadline: workflow time at which the task's timeout ends it.
    """

    id: str
    raw_input: Shared
    input: Shared
    items: Shared = None
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
