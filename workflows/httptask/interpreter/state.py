"""Where a run stands: an explicit stack of frames, serialisable at every task boundary."""

from typing import Any

from pydantic import BaseModel, Field
from temporalio.contrib.workflow_streams import WorkflowStreamState

from httptask.scheduling.spent import SpendingState

__all__ = [
    "LIVE_MEMO",
    "Branch",
    "Frame",
    "RunState",
    "TaskExecution",
]

LIVE_MEMO = "live"
"""Key of the memo with which a run of a served definition is started to have its texts published."""


class TaskExecution(BaseModel):
    """A task that has begun.

    Attributes:
        id: readable and unique within the run: task names, loop indices and visit numbers, `explain/2/explainOne`.
        raw_input: before `input.from`.
        input: after it; `$input`.
        state: what the task's kind keeps between its steps; empty when it begins.
        started_at: workflow time, seconds since the epoch.
        deadline: workflow time at which the task's timeout ends it.
    """

    id: str
    raw_input: Any
    input: Any
    state: dict[str, Any] = Field(default_factory=dict)
    started_at: float
    deadline: float | None = None


class Frame(BaseModel):
    """A task list in progress.

    Attributes:
        sequence: pointer of the task list.
        index: position of the task that runs now or next.
        data: raw input of that task.
        path: prefix of the ids of its executions.
        variables: what the loop around the list binds.
        scope: pointer of the loop whose body this is, None when the list opens no scope of its own.
        outputs: transformed outputs that `$tasks` reads, where the list opens a scope.
        visits: how often each task of the list has begun.
        current: the task whose own task list is the next frame.
    """

    sequence: str
    index: int = 0
    data: Any = None
    path: str = ""
    variables: dict[str, Any] = Field(default_factory=dict)
    scope: str | None = None
    outputs: dict[str, Any] = Field(default_factory=dict)
    visits: dict[str, int] = Field(default_factory=dict)
    current: TaskExecution | None = None


class Branch(BaseModel):
    """One line of execution: a stack of frames and its `$context`. A `map` runs one branch for each item in flight."""

    frames: list[Frame]
    context: Any = None


class RunState(SpendingState):
    """Everything that a continued run needs."""

    origin_run_id: str
    """The first run of the chain; part of every Idempotency-Key."""
    input: Any
    started_at: float
    root: Branch = Branch(frames=[])
    deadline: float | None = None
    """Workflow time at which the workflow's own timeout ends the run."""
    live: bool = False
    """Whether the texts of streamed answers are published while they come."""
    stream: WorkflowStreamState | None = None
    """What was published, and is kept for the continued run."""
