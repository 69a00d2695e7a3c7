"""What there is to know of runs, as `httptask runs` prints it."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel
from temporalio.client import WorkflowExecutionStatus

__all__ = ["CallRecord", "FailureRecord", "RunRecord", "RunSummary", "TaskRecord", "state_of"]


def state_of(status: WorkflowExecutionStatus | None) -> str:
    """A run's state in the words that tasks have: running, completed, cancelled, timed out, ..."""
    if status is WorkflowExecutionStatus.CANCELED:
        return "cancelled"
    return "unknown" if status is None else status.name.lower().replace("_", " ")


class FailureRecord(BaseModel):
    """Why a call or a run failed; `details` is the RFC 7807 object of a run or what is known of a call."""

    type: str | None = None
    message: str
    details: Any = None


class CallRecord(BaseModel):
    """One activity.

    Attributes:
        id: of the activity: the task's, with `~1` behind it for the first time that a model was asked again.
        request: what it was given; secrets stand as `$NAME`.
        response: what it returned.
    """

    id: str
    activity: str
    summary: str | None = None
    state: str = "running"
    attempts: int = 0
    request: Any = None
    response: Any = None
    failure: FailureRecord | None = None
    scheduled_at: datetime
    ended_at: datetime | None = None


class TaskRecord(BaseModel):
    """One execution of one task; `output` is what later tasks see."""

    id: str
    kind: str
    state: str
    detail: str | None = None
    output: Any = None
    started_at: datetime
    ended_at: datetime | None = None
    calls: list[CallRecord] = []


class RunSummary(BaseModel):
    """One run in a list."""

    id: str
    run_id: str
    definition: str
    state: str
    started_at: datetime
    ended_at: datetime | None = None


class RunRecord(RunSummary):
    """One run with all its tasks.

    Attributes:
        omitted: how many tasks are left out, the oldest, of a run with more than a thousand.
        calls: the calls of a workflow that is no definition.
    """

    input: Any = None
    output: Any = None
    failure: FailureRecord | None = None
    tasks: list[TaskRecord] = []
    omitted: int = 0
    calls: list[CallRecord] = []
