"""Runs as `httptask runs` tells of them."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field
from temporalio.client import Client

from httptask.activities.names import ONE_CALL, TOKEN_LIMIT
from httptask.interpreter.fetch_status import SIMULATED_MEMO
from httptask.interpreter.status import Impasse, TaskData, TaskState, TaskStatus
from httptask.runs.executions import Execution, list_executions
from httptask.scheduling.spending_state import SPENT_MEMO, Spent

__all__ = [
    "CallRecord",
    "FailureRecord",
    "RunRecord",
    "RunSummary",
    "TaskRecord",
    "latest_runs",
    "summarize",
]

_OURS = (
    "(WorkflowType = 'httptask.run' OR TaskQueue STARTS_WITH 'httptask') "
    f"AND WorkflowType != '{TOKEN_LIMIT}' AND WorkflowType != '{ONE_CALL}'"
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
    ended_at: datetime | None = None


class TaskRecord(TaskStatus):
    """One execution of one task, and its calls: one, but for a question to a model that was asked again."""

    data: TaskData | None = Field(default=None, exclude=True)
    output: Any = None
    """What the next task sees."""
    calls: list[CallRecord] = Field(default_factory=list[CallRecord])


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


class RunRecord(RunSummary):
    """One run with all its tasks; those of a workflow in Python are its activities."""

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
    )


async def latest_runs(client: Client, limit: int) -> list[RunSummary]:
    """Runs of ours, the latest first."""
    of_ours = f"{_OURS} AND {_LATEST} AND CloseTime"
    opened = [run async for run in list_executions(client, f"{of_ours} IS NULL", limit) if not run.is_part]
    found = sorted(opened, key=lambda each: each.started_at, reverse=True)[:limit]
    known = {run.run_id for run in found}
    # Not every store of Temporal sorts as asked: open runs come by their start, ended ones by their end.
    async for run in list_executions(client, f"{of_ours} IS NOT NULL"):
        if len(found) >= limit and run.ended_at is not None and run.ended_at < found[limit - 1].started_at:
            break
        if run.run_id not in known and not run.is_part:
            found = sorted((*found, run), key=lambda each: each.started_at, reverse=True)[:limit]
    return [await summarize(run) for run in found]
