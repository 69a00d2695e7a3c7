"""Runs as their histories tell them: what each task asked for, how often, and what it got."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from pydantic import BaseModel
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflow.v1 import PendingActivityInfo
from temporalio.client import Client, WorkflowExecutionDescription, WorkflowExecutionStatus
from temporalio.converter import DataConverter

from httptask.http.json_tree import is_object
from httptask.workflows.run import WORKFLOW_TYPE

__all__ = ["CallRecord", "FailureRecord", "RunRecord", "RunSummary", "read_run", "summarize"]


class FailureRecord(BaseModel):
    """Why a call or a run failed; `details` is the RFC 7807 object of a run or what is known of a call."""

    type: str | None = None
    message: str
    details: Any = None


class CallRecord(BaseModel):
    """One activity: `task` is the id of the task's execution, `request` what it was given."""

    task: str
    activity: str
    summary: str | None = None
    state: str = "running"
    attempts: int = 0
    request: Any = None
    output: Any = None
    failure: FailureRecord | None = None
    scheduled_at: datetime
    ended_at: datetime | None = None


class RunSummary(BaseModel):
    """One run in a list."""

    id: str
    run_id: str
    definition: str
    state: str
    started_at: datetime
    ended_at: datetime | None = None


class RunRecord(RunSummary):
    """One run with all its calls."""

    input: Any = None
    output: Any = None
    failure: FailureRecord | None = None
    calls: list[CallRecord] = []


async def summarize(execution: Any) -> RunSummary:
    """A run as `Client.list_workflows` or `WorkflowHandle.describe` gives it."""
    memo = await execution.memo()
    status: WorkflowExecutionStatus | None = execution.status
    return RunSummary(
        id=execution.id,
        run_id=execution.run_id,
        definition=memo.get("definition", execution.workflow_type),
        state="unknown" if status is None else status.name.lower().replace("_", " "),
        started_at=execution.start_time,
        ended_at=execution.close_time,
    )


async def read_run(client: Client, run_id: str) -> RunRecord:
    """Read a run from its history; a run that continued as new is read from its first history on.

    Raises:
        RPCError: there is no such run.
    """
    description = await client.get_workflow_handle(run_id).describe()
    record = RunRecord(**(await summarize(description)).model_dump())
    reader = _Reader(client.data_converter, record)
    async for event in _events(client, description):
        await reader.read(event)
    await reader.add_pending(description.raw_description.pending_activities)
    record.calls = list(reader.calls.values())
    return record


async def _events(client: Client, description: WorkflowExecutionDescription) -> AsyncIterator[HistoryEvent]:
    """All events of a chain of runs, oldest first."""
    chain: list[list[HistoryEvent]] = []
    run_id = description.run_id
    while run_id:
        handle = client.get_workflow_handle(description.id, run_id=run_id)
        chain.append([event async for event in handle.fetch_history_events()])
        run_id = chain[-1][0].workflow_execution_started_event_attributes.continued_execution_run_id
    for events in reversed(chain):
        for event in events:
            yield event


class _Reader:
    """Collects the facts of a history, event by event."""

    def __init__(self, converter: DataConverter, record: RunRecord) -> None:
        self.calls: dict[tuple[int, str], CallRecord] = {}
        self._scheduled: dict[int, CallRecord] = {}
        self._run = 0
        self._converter = converter
        self._record = record

    async def read(self, event: HistoryEvent) -> None:
        """Take in one event."""
        attributes: Any = getattr(event, event.WhichOneof("attributes") or "", None)
        match event.WhichOneof("attributes"):
            case "workflow_execution_started_event_attributes":
                await self._read_start(attributes)
            case "activity_task_scheduled_event_attributes":
                await self._read_call(event, attributes)
            case "activity_task_started_event_attributes":
                self._scheduled[attributes.scheduled_event_id].attempts = attributes.attempt
            case "activity_task_completed_event_attributes":
                call = self._ended(event, attributes, "completed")
                call.output = await self._value(attributes.result.payloads)
            case "activity_task_failed_event_attributes" | "activity_task_timed_out_event_attributes":
                call = self._ended(event, attributes, "failed")
                call.failure = await self._failure(attributes.failure)
            case "activity_task_canceled_event_attributes":
                self._ended(event, attributes, "cancelled")
            case "workflow_execution_completed_event_attributes":
                self._record.output = await self._value(attributes.result.payloads)
            case "workflow_execution_failed_event_attributes":
                self._record.failure = await self._failure(attributes.failure)
            case _:
                pass

    async def add_pending(self, pending: Sequence[PendingActivityInfo]) -> None:
        """Take in what the server knows of calls that have not ended."""
        for info in pending:
            call = self.calls.get((self._run, info.activity_id))
            if call is not None:
                call.attempts = info.attempt
                if info.HasField("last_failure"):
                    call.failure = await self._failure(info.last_failure)

    async def _read_start(self, attributes: Any) -> None:
        self._run += 1
        self._scheduled.clear()  # event ids begin anew in a continued run
        if attributes.continued_execution_run_id:
            return
        given = await self._value(attributes.input.payloads)
        inline = attributes.workflow_type.name == WORKFLOW_TYPE and is_object(given)
        self._record.input = given["input"] if inline else given

    async def _read_call(self, event: HistoryEvent, attributes: Any) -> None:
        call = CallRecord(
            task=attributes.activity_id,
            activity=attributes.activity_type.name,
            request=await self._value(attributes.input.payloads),
            summary=await self._value([event.user_metadata.summary])
            if event.HasField("user_metadata")
            else None,
            scheduled_at=_time(event.event_time),
        )
        self.calls[self._run, call.task] = self._scheduled[event.event_id] = call

    def _ended(self, event: HistoryEvent, attributes: Any, state: str) -> CallRecord:
        call = self._scheduled[attributes.scheduled_event_id]
        call.state = state
        call.ended_at = _time(event.event_time)
        return call

    async def _value(self, payloads: Sequence[Payload]) -> Any:
        values = await self._converter.decode(payloads) if payloads else []
        return values[0] if values else None

    async def _failure(self, failure: Failure) -> FailureRecord:
        info = failure.application_failure_info
        return FailureRecord(
            type=info.type or None, message=failure.message, details=await self._value(info.details.payloads)
        )


def _time(stamp: Timestamp) -> datetime:
    return stamp.ToDatetime(tzinfo=UTC)
