"""Runs as their histories tell them: what each task asked for, how often, and what it got."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflow.v1 import PendingActivityInfo
from temporalio.client import Client, WorkflowExecutionDescription, WorkflowHistory
from temporalio.converter import DataConverter

from httptask.activities.names import CHAT_COMPLETION, HTTP_REQUEST
from httptask.chat.models import ChatRequest
from httptask.cli.records import CallRecord, FailureRecord, RunRecord, RunSummary, TaskRecord, state_of
from httptask.cli.replay import Replayed, replay
from httptask.http.insertion import Insertions
from httptask.http.json_tree import is_object
from httptask.http.models import HttpRequest, SecretReference
from httptask.workflows.run import WORKFLOW_TYPE

__all__ = ["read_run", "summarize"]


async def summarize(execution: Any) -> RunSummary:
    """A run as `Client.list_workflows` or `WorkflowHandle.describe` gives it."""
    memo = await execution.memo()
    return RunSummary(
        id=execution.id,
        run_id=execution.run_id,
        definition=memo.get("definition", execution.workflow_type),
        state=state_of(execution.status),
        started_at=execution.start_time,
        ended_at=execution.close_time,
    )


async def read_run(client: Client, id_: str) -> RunRecord:
    """Read a run from its history; a run that continued as new is read from its first history on.

    Raises:
        RPCError: there is no such run.
    """
    description = await client.get_workflow_handle(id_).describe()
    record = RunRecord(**(await summarize(description)).model_dump())
    reader = _Reader(client.data_converter, record)
    tasks: dict[str, TaskRecord] = {}
    for history in await _chain(client, description):
        for event in history.events:
            await reader.read(event)
        replayed = await replay(client, history)
        tasks |= _tasks(replayed)
        record.omitted += replayed.status.omitted if replayed.status is not None else 0
    await reader.add_pending(description.raw_description.pending_activities)
    record.tasks = list(tasks.values())
    _assign(list(reader.calls.values()), tasks, record)
    if record.ended_at is not None:
        _end_what_goes_on(record)
    return record


async def _chain(client: Client, description: WorkflowExecutionDescription) -> list[WorkflowHistory]:
    """The histories of a chain of runs, oldest first."""
    chain: list[WorkflowHistory] = []
    run_id = description.run_id
    while run_id:
        chain.append(await client.get_workflow_handle(description.id, run_id=run_id).fetch_history())
        run_id = chain[-1].events[0].workflow_execution_started_event_attributes.continued_execution_run_id
    return chain[::-1]


def _tasks(replayed: Replayed) -> dict[str, TaskRecord]:
    if replayed.status is None:
        return {}
    return {
        task.id: TaskRecord(
            id=task.id,
            kind=task.kind,
            state=task.state,
            detail=task.detail,
            output=replayed.outputs.get(task.id),
            started_at=task.started_at,
            ended_at=task.ended_at,
        )
        for task in replayed.status.tasks
    }


def _assign(calls: Sequence[CallRecord], tasks: Mapping[str, TaskRecord], record: RunRecord) -> None:
    """Put each call to the task that made it."""
    for call in calls:
        task = tasks.get(call.id) or tasks.get(call.id.rpartition("~")[0])
        (task if task is not None else record).calls.append(call)


def _end_what_goes_on(record: RunRecord) -> None:
    """What was going on when a run was ended from outside has ended with it."""
    calls = [*record.calls, *(call for task in record.tasks for call in task.calls)]
    going_on: list[TaskRecord | CallRecord] = [*record.tasks, *calls]
    for part in going_on:
        if part.ended_at is None:
            part.state, part.ended_at = record.state, record.ended_at


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
                call.response = await self._value(attributes.result.payloads)
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
            id=attributes.activity_id,
            activity=attributes.activity_type.name,
            request=_with_names(attributes.activity_type.name, await self._value(attributes.input.payloads)),
            summary=await self._value([event.user_metadata.summary])
            if event.HasField("user_metadata")
            else None,
            scheduled_at=_time(event.event_time),
        )
        self.calls[self._run, call.id] = self._scheduled[event.event_id] = call

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


def _with_names(activity: str, given: Any) -> Any:
    """A request with the names of its secrets where their values were put in."""
    if activity == CHAT_COMPLETION:
        chat = ChatRequest.model_validate(given)
        body = Insertions(chat.secrets, _shown).fill_tree(chat.body)
        return {**chat.model_dump(mode="json", exclude={"secrets"}, exclude_none=True), "body": body}
    if activity == HTTP_REQUEST:
        request = HttpRequest.model_validate(given)
        shown = request.model_dump(mode="json", exclude={"secrets"}, exclude_none=True)
        return Insertions(request.secrets, _shown).fill_tree(shown)
    return given


def _shown(reference: SecretReference) -> str:
    return reference.shown


def _time(stamp: Timestamp) -> datetime:
    return stamp.ToDatetime(tzinfo=UTC)
