"""What a run is doing: the answer of the `status` query."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field
from temporalio import workflow

from httptask.scheduling.spending_state import Spent

__all__ = ["STATUS_QUERY", "Impasse", "RunStatus", "StatusBoard", "TaskData", "TaskState", "TaskStatus"]

STATUS_QUERY = "status"
_KEPT = 1000

TaskState = Literal["pending", "running", "waiting", "paused", "completed", "faulted", "cancelled", "skipped"]
"""The standard's status phases (dsl.md), `skipped` where an `if` was false, `paused` where Temporal paused it."""


class TaskStatus(BaseModel):
    """One execution of one task.

    While a call is pending, `attempt` and the fields behind it are filled in from the server's view of its activity.
    """

    id: str
    name: str
    pointer: str
    kind: str
    state: TaskState = "running"
    summary: str | None = None
    started_at: datetime
    ended_at: datetime | None = None
    activity_id: str | None = None
    detail: str | None = None
    caught: str | None = None
    """The error that a `try` has caught, where it tries no more."""
    case: str | None = None
    """Of a `switch` that has decided, the name of the case that held; empty where none did."""
    child_run: str | None = None
    """Id of the run that it runs."""
    simulated: bool = False
    attempt: int = 0
    max_attempts: int | None = None
    next_attempt_at: datetime | None = None
    last_failure: str | None = None
    retry_after: float | None = None
    """Seconds that the server asked to wait, where it did."""


@dataclass(frozen=True, slots=True)
class TaskData:
    """What a task found when it began.

    Attributes:
        raw_input: before its `input.from`.
        context: `$context`.
        variables: of the loops around it, by name.
    """

    raw_input: Any
    context: Any
    variables: Mapping[str, Any]


class Impasse(BaseModel):
    """Why a run can't go on: its workflow task fails or takes too long, and Temporal has it tried again.

    Attributes:
        attempt: the attempt that is waiting or going on, from 2.
        last_failure: how the first one ended, for Temporal keeps no other; None if it was not done in time.
    """

    attempt: int
    last_failure: str | None = None


class RunStatus(BaseModel):
    """One run; `tasks` in the order they began, the oldest finished ones left out beyond a thousand.

    `impasse` and `simulated` are filled in from the server's view; in an impasse, `tasks` may be out of date.
    """

    workflow: str
    version: str
    sha256: str
    state: TaskState = "running"
    tasks: list[TaskStatus] = []
    omitted: int = 0
    spent: Spent = Field(default_factory=Spent)
    simulated: bool = False
    impasse: Impasse | None = None

    def known(self) -> dict[str, Any]:
        """What the workflow knows, without the fields that are filled in from the server's view."""
        return {**self.model_dump(mode="json", exclude_unset=True), "spent": self.spent.model_dump()}


class StatusBoard:
    """Keeps the state of every task; bounded, so that a long loop does not grow the answer without end."""

    def __init__(self, kept: float = _KEPT) -> None:
        """Start with no task.

        Args:
            kept: how many tasks the board holds before it drops the oldest finished one.
        """
        self._kept = kept
        self._tasks: dict[str, dict[str, Any]] = {}
        """What is known of each; a `TaskStatus` is made of it when somebody asks, which is seldom."""
        self._omitted = 0

    def begin(self, id_: str, name: str, pointer: str, kind: str) -> None:
        """Record that a task has begun."""
        if len(self._tasks) >= self._kept:
            self._drop_oldest_finished()
        self._tasks[id_] = {
            "id": id_,
            "name": name,
            "pointer": pointer,
            "kind": kind,
            "state": "running",
            "started_at": workflow.time(),
        }

    def take_input(self, id_: str, raw_input: object, variables: Mapping[str, Callable[[], Any]]) -> None:
        """Record what a task that has begun finds, which would be too much for an answer."""

    def update(self, id_: str, **changes: object) -> None:
        """Record something new about a task."""
        task = self._tasks.get(id_)
        if task is not None:
            task.update(changes)

    def await_attempt(
        self, id_: str, attempt: int, until: datetime | None, failure: str, facts: Mapping[str, Any]
    ) -> None:
        """Record that a call waits for another attempt, or, where `until` is None, that it begins.

        Args:
            id_: of the task.
            attempt: number of that attempt.
            until: when it begins.
            failure: how the last one ended.
            facts: of that failure.
        """
        self.update(
            id_,
            state="running" if until is None else "waiting",
            attempt=attempt,
            max_attempts=facts.get("attempts"),
            next_attempt_at=until,
            last_failure=failure,
            retry_after=facts.get("retry_after"),
        )

    def forget_attempts(self, id_: str) -> None:
        """Record that a call goes on no longer, if it is known to have waited for an attempt."""
        task = self._tasks.get(id_)
        if task is not None and task.get("last_failure") is not None:
            self.update(
                id_, attempt=0, max_attempts=None, last_failure=None, retry_after=None, next_attempt_at=None
            )

    def complete(self, id_: str, output: object) -> None:
        """Record that a task has completed, with an output that would be too much for an answer."""
        self.end(id_, "completed")

    def end(self, id_: str, state: TaskState, detail: str | None = None) -> None:
        """Record that a task has ended."""
        self.update(id_, state=state, ended_at=workflow.time(), detail=detail)

    def tasks(self) -> tuple[list[TaskStatus], int]:
        """The tasks on the board and how many are no longer on it."""
        return [TaskStatus.model_validate(task) for task in self._tasks.values()], self._omitted

    def _drop_oldest_finished(self) -> None:
        oldest = next((id_ for id_, task in self._tasks.items() if "ended_at" in task), None)
        if oldest is not None:
            del self._tasks[oldest]
            self._omitted += 1
