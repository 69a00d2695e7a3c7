"""Runs as `httptask runs` tells of them."""

import json
import re
from datetime import datetime
from heapq import heappop, heappush
from itertools import islice
from typing import Any

from pydantic import BaseModel, Field, computed_field
from temporalio.client import Client

from httptask.activities.api_operation import ApiOperation
from httptask.activities.names import BATCH, ONE_CALL, RUN_THEN_WAIT, TOKEN_LIMIT
from httptask.diagnostics.cutting import in_one_line
from httptask.interpreter.fetch_status import SIMULATED_MEMO
from httptask.interpreter.status import Impasse, TaskData, TaskState, TaskStatus
from httptask.json.types import is_object
from httptask.runs.executions import Execution, list_executions
from httptask.scheduling.spending_state import SCHEDULE_MEMO, SPENT_MEMO, Spent

__all__ = [
    "FILE_MEMO",
    "RERUN_MEMO",
    "CallRecord",
    "FailureRecord",
    "RerunOf",
    "RunRecord",
    "RunSummary",
    "TaskRecord",
    "id_of_rerun",
    "latest_runs",
    "reruns_of",
    "summarize",
    "told_loops",
]

FILE_MEMO = "file"
"""Key of the memo of a run of `httptask run`: the file of its definition, as it was given."""
RERUN_MEMO = "rerun"
"""Key of the memo of a run that goes on from outputs of an earlier one."""
_RERUN = "-rerun-"
"""In the ids of such runs, behind that of the first one: by it they are found."""

_LONGEST_VARIABLE = 60
"""Characters of the variable of a loop."""

_OURS = "(WorkflowType = 'httptask.run' OR TaskQueue STARTS_WITH 'httptask')" + "".join(
    f" AND WorkflowType != '{other}'" for other in (TOKEN_LIMIT, ONE_CALL, BATCH, RUN_THEN_WAIT)
)
_LATEST = "ExecutionStatus != 'ContinuedAsNew'"


class FailureRecord(BaseModel):
    """Why an attempt, a call or a run failed; `details` is the RFC 7807 object of a run or what is known of a call."""

    type: str | None = None
    message: str
    details: Any = None


class CallRecord(BaseModel):
    """One activity."""

    id: str
    activity: str
    summary: str | None = None
    state: TaskState = "running"
    attempts: int = 0
    request: Any = None
    response: Any = None
    """What the activity returned; what the next task sees is the task's `output`."""
    failure: FailureRecord | None = None
    earlier_failure: FailureRecord | None = None
    """Of the attempt before the last one."""
    scheduled_at: datetime
    attempt_began_at: datetime | None = None
    """The last one."""
    ended_at: datetime | None = None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def tokens(self) -> int | None:
        """Of a question to a model and its answer, as far as that tells."""
        tokens = self._usage().get("total_tokens")
        return tokens if isinstance(tokens, int) else None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def cost_usd(self) -> float | None:
        """US dollars, as far as its answer tells."""
        answer = self.response if is_object(self.response) else {}
        cost = answer.get("cost") or self._usage().get("cost")
        return float(cost) if isinstance(cost, int | float) else None

    def _usage(self) -> dict[str, Any]:
        usage = self.response.get("usage") if is_object(self.response) else None
        return usage if is_object(usage) else {}


class TaskRecord(TaskStatus):
    """One execution of one task, and its calls: one, but for a question to a model that was asked again."""

    data: TaskData | None = Field(default=None, exclude=True)
    loops: dict[str, str] = Field(default_factory=dict[str, str])
    """The variables of the loops around it, outer ones first, each cut to what a line can bear."""
    output: Any = None
    """What the next task sees."""
    calls: list[CallRecord] = Field(default_factory=list[CallRecord])


def told_loops(data: TaskData | None) -> dict[str, str]:
    """The variables of the loops around a task, as `loops` of its record has them."""
    return {} if data is None else {name: _told(value) for name, value in data.variables.items()}


def _told(value: Any) -> str:
    """A value in a line; of an object its members, as what one knows an item by stands among the first of them."""
    if is_object(value) and value:
        members = islice(value.items(), _LONGEST_VARIABLE)
        return in_one_line(
            ", ".join(f"{name}: {_told(member)}" for name, member in members), _LONGEST_VARIABLE
        )
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return in_one_line(text, _LONGEST_VARIABLE)


class RerunOf(BaseModel):
    """The run whose outputs another one goes on from.

    Attributes:
        run: its id.
        run_id: of the run of its chain that ended.
        task: pointer of the task that the other one begins with, in the definition of that.
        before: how many executions of tasks, in the order they began, come before it.
        reused: names of the tasks whose outputs were taken.
    """

    run: str
    run_id: str
    task: str
    before: int
    reused: list[str]


class RunSummary(BaseModel):
    """One run in a list."""

    id: str
    run_id: str
    definition: str
    state: str
    started_at: datetime
    ended_at: datetime | None = None
    spent: Spent | None = None
    """Once it has ended, if it made calls."""
    simulated: bool = False
    """Whether answers came from fixtures."""
    rerun_of: RerunOf | None = None
    """The run that it goes on from, with outputs of that."""
    parent: str | None = None
    """Id of the run that runs it, if one does."""
    schedule: str | None = None
    """Id of the schedule that has started it, if one has."""
    file: str | None = Field(default=None, exclude=True)
    """Where its definition stood, as it was given."""

    def is_of(self, definition: str) -> bool:
        """Whether it is of a definition, `namespace/name`, in whatever version."""
        return (
            self.definition.rpartition(":")[0] == definition
            or self.definition == definition.rpartition("/")[2]
        )


class RunRecord(RunSummary):
    """One run with all its tasks; those of a workflow in Python are its activities."""

    document: Any = Field(default=None, exclude=True)
    """Its definition, as JSON data."""
    operations: dict[str, ApiOperation] = Field(default_factory=dict[str, ApiOperation], exclude=True)
    """Of API documents, that it has begun with, by pointers of tasks."""
    reruns: list[str] = []
    """Ids of the runs that went on from outputs of it."""

    input: Any = None
    output: Any = None
    failure: FailureRecord | None = None
    """Why it failed."""
    pause: str | None = None
    """Who paused it, and why."""
    impasse: Impasse | None = None
    """Why it has not ended and does not go on either."""
    note: str | None = None
    """What the tasks below lack."""
    tasks: list[TaskRecord] = []


async def summarize(execution: Execution) -> RunSummary:
    """What a list tells of a run."""
    memo = await execution.memo()
    return RunSummary(
        id=execution.id,
        run_id=execution.run_id,
        definition=memo.get("definition", execution.info.type.name),
        state=execution.state,
        started_at=execution.started_at,
        ended_at=execution.ended_at,
        spent=memo.get(SPENT_MEMO),
        simulated=memo.get(SIMULATED_MEMO, False),
        rerun_of=memo.get(RERUN_MEMO),
        parent=execution.parent,
        schedule=memo.get(SCHEDULE_MEMO),
        file=memo.get(FILE_MEMO),
    )


def id_of_rerun(id_: str, token: str) -> str:
    """An id for a run that goes on from outputs of another one."""
    return f"{_first(id_)}{_RERUN}{token}"


async def reruns_of(client: Client, id_: str) -> list[str]:
    """Ids of the runs that went on from outputs of a run, the latest first."""
    prefix = f"{_first(id_)}{_RERUN}".replace("\\", "\\\\").replace("'", "\\'")
    query = f"WorkflowId STARTS_WITH '{prefix}' AND {_LATEST}"
    found = [await summarize(run) async for run in list_executions(client, query)]
    found.sort(key=lambda run: run.started_at, reverse=True)
    return [run.id for run in found if run.rerun_of is not None and run.rerun_of.run == id_]


def _first(id_: str) -> str:
    """The id that those of all runs begin with that go on from one another."""
    return re.sub(rf"{_RERUN}\w+$", "", id_)


async def latest_runs(
    client: Client, limit: int, *, inner: bool = True, definition: str | None = None
) -> list[RunSummary]:
    """Runs of ours, the latest first.

    Args:
        client: that lists them.
        limit: how many at most.
        inner: whether those count that another one runs.
        definition: `namespace/name`, where only its runs count, and of these only those whose ids begin with its name,
            as they do unless somebody has chosen another one.
    """
    of_ours = f"{_OURS} AND {_LATEST}"
    if definition is not None:
        name = definition.rpartition("/")[2].replace("'", "\\'")
        of_ours = f"{of_ours} AND (WorkflowId STARTS_WITH '{name}-' OR WorkflowType = '{name}')"

    async def counts(run: Execution) -> bool:
        if run.is_part or not (inner or run.parent is None):
            return False
        return definition is None or (await summarize(run)).is_of(definition)

    latest: list[tuple[datetime, str, Execution]] = []
    """A heap, the oldest first."""
    async for run in list_executions(client, f"{of_ours} AND CloseTime IS NULL", limit):
        if await counts(run):
            heappush(latest, (run.started_at, run.run_id, run))
        if len(latest) == limit:
            break
    known = {run_id for _, run_id, _ in latest}
    # Not every store of Temporal sorts as asked: open runs come by their start, ended ones by their end.
    async for run in list_executions(client, f"{of_ours} AND CloseTime IS NOT NULL", limit):
        if len(latest) >= limit and run.ended_at is not None and run.ended_at < latest[0][0]:
            break
        if run.run_id not in known and await counts(run):
            heappush(latest, (run.started_at, run.run_id, run))
            if len(latest) > limit:
                heappop(latest)
    return [await summarize(run) for _, _, run in sorted(latest, reverse=True)]
