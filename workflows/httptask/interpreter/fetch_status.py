"""A run as a person wants to see it: the interpreter's answer and the server's view of pending activities together."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from pydantic import ValidationError
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import PendingActivityState
from temporalio.api.workflow.v1 import PendingActivityInfo
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError

from httptask.diagnostics.cutting import in_one_line
from httptask.http.errors import Postponed
from httptask.interpreter.status import STATUS_QUERY, Impasse, RunStatus, TaskStatus
from httptask.json.types import is_number, is_object

__all__ = ["SIMULATED_MEMO", "fetch_status", "paused_by", "with_attempts", "with_simulated"]

SIMULATED_MEMO = "simulated"
"""Where a run keeps that its answers come from fixtures."""

_AT_ONCE = timedelta(seconds=2)
"""How long a call may take to get from its queue to a worker without a word about it."""
_IN_QUEUE = "in the queue, for its turn or for a worker"

Task = TypeVar("Task", bound=TaskStatus)

_ANSWER_TIME = timedelta(seconds=2)


async def fetch_status(
    handle: WorkflowHandle[Any, Any],
    known: RunStatus | None = None,
    *,
    client: Client | None = None,
    rpc_timeout: timedelta = _ANSWER_TIME,
) -> RunStatus:
    """The state of every task and attempt of a run.

    Args:
        handle: the run.
        known: its state a while ago. It is what is told, with the impasse, of a run that can't answer for itself,
            and as `paused` of one that Temporal paused.
        client: with one, the tasks are told too that run in workflows of their own: parts of a large `map`, and the
            definitions that tasks run, while they do, behind the ids of those tasks.
        rpc_timeout: how long a worker may take to answer the query; of a run that has ended it is a replay.

    Raises:
        RPCError: the server can't be reached, or no worker answered the query in time.
    """
    try:
        return await _running_status(handle, known, client, rpc_timeout)
    except ValidationError:
        raise
    except (
        ValueError
    ):  # the SDK's enum of states lacks that of a paused run, for which it refuses queries too
        known = known or RunStatus(workflow="", version="", sha256="")
        return known.model_copy(update={"state": "paused"})


async def _running_status(
    handle: WorkflowHandle[Any, Any], known: RunStatus | None, client: Client | None, rpc_timeout: timedelta
) -> RunStatus:
    """The state of a run that is not paused.

    Raises:
        ValueError: it is.
    """
    description = await handle.describe()
    attempt = description.raw_description.pending_workflow_task.attempt
    if attempt > 1:  # a query would wait for this workflow task, or fail with it
        known = known or RunStatus(workflow=description.workflow_type, version="", sha256="", state="pending")
        return known.model_copy(update={"impasse": await _impasse(handle, attempt, known.impasse)})
    status: RunStatus = await handle.query(STATUS_QUERY, result_type=RunStatus, rpc_timeout=rpc_timeout)
    tasks = with_attempts(status.tasks, description.raw_description.pending_activities)
    status = status.model_copy(update={"tasks": tasks})
    if client is not None:
        for part in description.raw_description.pending_children:
            status = await _with_part(status, part.workflow_id, client)
    if await description.memo_value(SIMULATED_MEMO, False):
        status = status.model_copy(update={"tasks": with_simulated(status.tasks), "simulated": True})
    return status


async def _with_part(status: RunStatus, id_: str, client: Client) -> RunStatus:
    """The state of a run with that of a part of it, or of a run inside it, which may just have begun, or ended."""
    try:
        part = await fetch_status(client.get_workflow_handle(id_), client=client)
    except RPCError:
        return status
    runner = next((task for task in status.tasks if task.child_run == id_), None)
    if runner is not None:
        inside = [task.model_copy(update={"id": f"{runner.id}/{task.id}"}) for task in part.tasks]
        return status.model_copy(
            update={"tasks": [*status.tasks, *inside], "impasse": status.impasse or part.impasse}
        )
    return status.model_copy(
        update={
            "tasks": [*status.tasks, *part.tasks],
            "omitted": status.omitted + part.omitted,
            "spent": status.spent.plus(part.spent),
            "impasse": status.impasse or part.impasse,
        }
    )


async def _impasse(handle: WorkflowHandle[Any, Any], attempt: int, known: Impasse | None) -> Impasse:
    if known is not None and known.attempt <= attempt:  # its history is read once
        return known.model_copy(update={"attempt": attempt})
    message: str | None = None
    async for event in handle.fetch_history_events():
        if event.HasField("workflow_task_failed_event_attributes"):
            message = event.workflow_task_failed_event_attributes.failure.message
        elif event.HasField("workflow_task_completed_event_attributes"):
            message = None  # what kept it from going on then is over
    return Impasse(attempt=attempt, last_failure=in_one_line(message) if message else None)


def with_attempts(tasks: Iterable[Task], pending: Iterable[PendingActivityInfo]) -> list[Task]:
    """The tasks, and for those whose call is pending what the server knows of its attempts."""
    changes = {info.activity_id: _attempt(info) for info in pending}
    return [
        task.model_copy(update=changes[task.activity_id])
        if task.ended_at is None and task.activity_id in changes
        else task
        for task in tasks
    ]


def with_simulated(tasks: Iterable[Task]) -> list[Task]:
    """The tasks of a run with fixtures, those that make calls marked whatever comes of them."""
    from httptask.dsl.tasks import CALLS  # half of the start of a command that lists runs, and marks no tasks

    answered_by_fixtures = {kind.name for kind in CALLS.values() if kind.sends_requests}
    return [
        task.model_copy(update={"simulated": True})
        if task.kind in answered_by_fixtures and task.state != "skipped"
        else task
        for task in tasks
    ]


def _attempt(info: PendingActivityInfo) -> dict[str, Any]:
    scheduled = info.state == PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED
    waits = scheduled and info.attempt > 1
    queued = scheduled and _is_overdue(info)
    facts = _facts(info)
    changes: dict[str, Any] = {
        "attempt": facts.get("attempt", info.attempt - 1) + 1,
        "max_attempts": facts.get("attempts") or info.maximum_attempts or None,
        "last_failure": info.last_failure.message or None,
    }
    if info.last_failure.application_failure_info.type != Postponed.__name__:
        changes["retry_after"] = facts.get("retry_after")
    if info.paused:
        return {**changes, "state": "paused", "detail": _why_paused(info)}
    if queued:
        changes.update(state="waiting", last_failure=_why_queued(info))
    if not waits and (read := _read_so_far(info)) is not None:
        changes["detail"] = read
    if waits and not queued:
        changes["state"] = "waiting"
        if info.HasField("next_attempt_schedule_time"):
            changes["next_attempt_at"] = info.next_attempt_schedule_time.ToDatetime(tzinfo=UTC)
        elif info.HasField("scheduled_time"):
            changes["next_attempt_at"] = info.scheduled_time.ToDatetime(tzinfo=UTC)
    return changes


def _why_paused(info: PendingActivityInfo) -> str:
    """A person paused it, or a rule of Temporal's."""
    pause = info.pause_info
    who, why = (
        (f"the rule {pause.rule.rule_id}", pause.rule.reason)
        if pause.HasField("rule")
        else (pause.manual.identity, pause.manual.reason)
    )
    return paused_by(who, why)


def paused_by(who: str, why: str) -> str:
    """What is paused, in words: by whom, and what they said; both may be empty."""
    return "paused" + (f" by {who}" if who else "") + (f": {why}" if why else "")


def _is_overdue(info: PendingActivityInfo) -> bool:
    """Whether an attempt has been for the taking for a while, its own wait being over."""
    if info.HasField("next_attempt_schedule_time"):
        return False
    return datetime.now(UTC) - info.scheduled_time.ToDatetime(tzinfo=UTC) > _AT_ONCE


def _why_queued(info: PendingActivityInfo) -> str:
    """A call that was put off had a reason to wait that is over; a failure explains the attempt to come."""
    failure = info.last_failure
    if not failure.message or failure.application_failure_info.type == Postponed.__name__:
        return _IN_QUEUE
    return f"{failure.message}; {_IN_QUEUE}"


def _read_so_far(info: PendingActivityInfo) -> str | None:
    """How far a stream has been read, by the last heartbeat."""
    count = _numbers(info.heartbeat_details.payloads[1:])
    return f"{count['events']} events, {count['bytes']} bytes so far" if count.get("bytes") else None


def _facts(info: PendingActivityInfo) -> dict[str, Any]:
    """What the failure's details say in numbers."""
    return _numbers(info.last_failure.application_failure_info.details.payloads)


def _numbers(payloads: Sequence[Payload]) -> dict[str, Any]:
    """The numbers of the first of some details; unreadable where the user's codec encrypts them."""
    if not payloads or payloads[0].metadata.get("encoding") != b"json/plain":
        return {}
    details = json.loads(payloads[0].data)
    return {key: value for key, value in details.items() if is_number(value)} if is_object(details) else {}
