"""Where a run stands: an explicit stack of frames, serialisable at every task boundary."""

from typing import Any

from pydantic import BaseModel, Field
from temporalio.common import SearchAttributeKey, SearchAttributeUpdate
from temporalio.contrib.workflow_streams import WorkflowStreamState

__all__ = [
    "LIVE_MEMO",
    "SEARCH_ATTRIBUTES",
    "SPENT_MEMO",
    "Cost",
    "Frame",
    "RunState",
    "Spent",
    "Strand",
    "TaskExecution",
    "search_attributes",
]

LIVE_MEMO = "live"
"""Key of the memo with which a run of a served definition is started to have its texts published."""
SPENT_MEMO = "spent"
"""Key of the memo of a run that has ended: what it has spent."""


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


class Strand(BaseModel):
    """One line of execution: a stack of frames and its `$context`. A `map` runs one strand for each item in flight."""

    frames: list[Frame]
    context: Any = None


class Spent(BaseModel):
    """What a run has used.

    Attributes:
        calls: how many requests were asked for; attempts are not counted.
        questions: how many of them were to models.
        tokens: of questions to models and of their answers.
        cost_usd: US dollars, as far as prices are known.
        unmetered: a model that has answered without its usage.
        unpriced: a model whose answer has a cost that is not known.
        simulated: whether answers came from fixtures, and nothing was spent in truth.
    """

    calls: int = 0
    questions: int = 0
    tokens: int = 0
    cost_usd: float = 0.0
    unmetered: str | None = None
    unpriced: str | None = None
    simulated: bool = False


class Cost(BaseModel):
    """What one answer of a model has used."""

    tokens: int = 0
    cost_usd: float = 0.0


SEARCH_ATTRIBUTES = ("HttptaskCalls=Int", "HttptaskTokens=Int", "HttptaskCostUsd=Double")
"""As Temporal's command line registers them."""


def search_attributes(spent: Spent) -> list[SearchAttributeUpdate[Any]]:
    """What a run has spent as search attributes; they have to be registered, or the run never ends."""
    return [
        SearchAttributeKey.for_int("HttptaskCalls").value_set(spent.calls),
        SearchAttributeKey.for_int("HttptaskTokens").value_set(spent.tokens),
        SearchAttributeKey.for_float("HttptaskCostUsd").value_set(spent.cost_usd),
    ]


class RunState(BaseModel):
    """Everything that a continued run needs."""

    origin_run_id: str
    """The first run of the chain; part of every Idempotency-Key."""
    input: Any
    started_at: float
    root: Strand = Strand(frames=[])
    deadline: float | None = None
    """Workflow time at which the workflow's own timeout ends the run."""
    spent: Spent = Field(default_factory=Spent)
    dearest: Cost | None = None
    """The most tokens and the most US dollars that an answer has used; None before the first."""
    live: bool = False
    """Whether the texts of streamed answers are published while they come."""
    stream: WorkflowStreamState | None = None
    """What was published, and is kept for the continued run."""
