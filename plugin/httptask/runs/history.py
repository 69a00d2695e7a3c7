"""Runs as their histories tell them: what each task asked for, how often, and what it gave to the next one."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import PendingActivityState
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflow.v1 import PendingActivityInfo
from temporalio.client import Client, WorkflowHistory
from temporalio.converter import DataConverter

from httptask.activities.api_operation import OperationRequest
from httptask.activities.local_fallback import NotLocal
from httptask.activities.names import API_OPERATION, CHAT_COMPLETION, HTTP_REQUEST, LOAD_DEFINITION, YIELD
from httptask.chat.models import ChatRequest
from httptask.diagnostics.cutting import in_one_line
from httptask.dsl.canonical import unpacked
from httptask.http.models import HttpAnswer, HttpRequest, HttpResponse
from httptask.interpreter.fetch_status import with_attempts, with_simulated
from httptask.interpreter.state import RunState
from httptask.interpreter.status import Impasse
from httptask.interpreter.workflow_types import WORKFLOW_TYPE
from httptask.json.types import is_object
from httptask.plugin.replay import ReplayFailed, replay_tasks, runs_definition
from httptask.plugin.storage.folder import StoredPayloadMissing
from httptask.request.history_view import shown_request
from httptask.runs.executions import Described, chain_of, describe
from httptask.runs.records import (
    CallRecord,
    FailureRecord,
    RunRecord,
    TaskRecord,
    summarize,
    told_loops,
)

__all__ = ["read_run"]

_LOCAL_ACTIVITY = "core_local_activity"
"""The SDK's name of the marker that a local activity leaves in history."""
_CALLS = (HTTP_REQUEST, CHAT_COMPLETION, API_OPERATION)

_NOT_BEGUN = (
    PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED,
    PendingActivityState.PENDING_ACTIVITY_STATE_PAUSED,
)
"""Where a pending call's next attempt has not been made."""


async def read_run(client: Client, run_id: str) -> RunRecord:
    """Read a run from its history; a run that continued as new is read from its first history on.

    Raises:
        RPCError: there is no such run.
    """
    execution = await describe(client, run_id)
    summary = await summarize(execution)
    record = RunRecord(**summary.model_dump(), file=summary.file, pause=execution.pause)
    chain = await chain_of(client, execution)
    record.started_at = _time(chain[0].events[0])
    reader = _Reader(client.data_converter, record)
    pending = await reader.read_chain(chain, execution)
    histories = list(chain)
    for part in await _parts(client, chain):
        of_part = await chain_of(client, part)
        histories += of_part
        pending += await reader.read_chain(of_part, part)
    record.tasks = [_activity_as_task(call) for call in reader.calls.values() if call.activity != YIELD]
    if runs_definition(chain[0].events):
        try:
            record.tasks = await _tasks(histories, client.data_converter, reader.calls.values())
        except ReplayFailed:
            reason = (
                "a part of it is in an external storage and can't be read here"
                if reader.lacks_stored
                else "this version of httptask does not repeat what the run did"
            )
            record.note = f"{reason}: only its calls are shown, with what they returned"
    record.tasks = with_attempts(record.tasks, pending)
    if record.simulated:
        record.tasks = with_simulated(record.tasks)
    for task in record.tasks:
        _settle(task, record.ended_at)
    return record


async def _parts(client: Client, chain: Iterable[WorkflowHistory]) -> list[Described]:
    """The workflows that ran parts of a run, and parts of those."""
    found: list[Described] = []
    for history in chain:
        for event in history.events:
            if event.HasField("child_workflow_execution_started_event_attributes"):
                started = event.child_workflow_execution_started_event_attributes
                part = await describe(client, started.workflow_execution.workflow_id)
                if part.is_part:
                    found += [part, *await _parts(client, await chain_of(client, part))]
    return found


async def _tasks(
    chain: Sequence[WorkflowHistory], converter: DataConverter, calls: Iterable[CallRecord]
) -> list[TaskRecord]:
    by_id: dict[str, list[CallRecord]] = {}
    for call in calls:
        by_id.setdefault(call.id, []).append(call)
    tasks: list[TaskRecord] = []
    for task in await replay_tasks(chain, converter):
        of_task = [call for id_ in dict.fromkeys(task.activity_ids) for call in by_id.get(id_, ())]
        for call in of_task:
            if call.request is None and call.id in task.local_arguments:
                call.request = _request(call.activity, task.local_arguments[call.id])
        known = task.status.model_dump()
        loops = told_loops(task.data)
        tasks.append(TaskRecord(**known, data=task.data, loops=loops, output=task.output, calls=of_task))
    return sorted(tasks, key=lambda task: task.started_at)  # those of parts come behind all others


def _activity_as_task(call: CallRecord) -> TaskRecord:
    """What stands for a task where no definition names one."""
    return TaskRecord(
        id=call.id,
        name=call.id,
        pointer="",
        kind=call.activity,
        state=call.state,
        summary=call.summary,
        activity_id=call.id,
        attempt=call.attempts,
        started_at=call.scheduled_at,
        ended_at=call.ended_at,
        output=call.response,
        calls=[call],
    )


def _settle(task: TaskRecord, run_ended_at: datetime | None) -> None:
    """A call that goes on is where its task is; what had not ended when its run did was cut off."""
    parts: list[TaskRecord | CallRecord] = [task, *task.calls]
    for part in parts:
        if part.ended_at is not None:
            continue
        if run_ended_at is not None:
            part.state, part.ended_at = "cancelled", run_ended_at
        elif task.ended_at is None:
            part.state = task.state


class _Reader:
    """Collects the facts of a history, event by event.

    Attributes:
        calls: by the number of the run in its chain, the id of the activity, and how many with that id had ended.
        lacks_stored: whether something is stored outside of Temporal where this command can't read it.
    """

    def __init__(self, converter: DataConverter, record: RunRecord) -> None:
        self.calls: dict[tuple[int, str, int], CallRecord] = {}
        self._ended = Counter[str]()
        self.lacks_stored = False
        self._stuck_at: str | None = None
        self._scheduled: dict[int, CallRecord] = {}
        self._run = 0
        self._converter = converter
        self._record = record

    async def read_chain(
        self, chain: Iterable[WorkflowHistory], execution: Described
    ) -> list[PendingActivityInfo]:
        """Take in the histories of a run, or of a part of one, and what the server knows of its pending calls."""
        for history in chain:
            for event in history.events:
                await self._read(event, of_part=execution.is_part)
        waiting, pending = (
            execution.description.pending_workflow_task,
            execution.description.pending_activities,
        )
        if waiting.attempt > 1:
            self._record.impasse = Impasse(attempt=waiting.attempt, last_failure=self._stuck_at)
        await self._add_pending(pending)
        return list(pending)

    async def _read(self, event: HistoryEvent, *, of_part: bool) -> None:
        """Take in one event."""
        kind = (event.WhichOneof("attributes") or "").removesuffix("_event_attributes")
        attributes: Any = getattr(event, f"{kind}_event_attributes", None)
        if kind.startswith("activity_task_"):
            await self._read_activity(kind, event, attributes)
        elif kind == "marker_recorded":
            await self._read_local_call(event, attributes)
        elif not of_part or kind.startswith("workflow_task_"):
            await self._read_run(kind, attributes)
        elif kind == "workflow_execution_started":
            self._begin_run()

    async def _read_activity(self, kind: str, event: HistoryEvent, attributes: Any) -> None:
        if kind == "activity_task_scheduled":
            await self._read_call(event, attributes)
            return
        call = self._scheduled[attributes.scheduled_event_id]
        match kind:
            case "activity_task_started":
                call.attempts, call.attempt_began_at = attributes.attempt, _time(event)
                if attributes.HasField("last_failure"):
                    call.earlier_failure = await self._failure(attributes.last_failure)
                    call.attempts = _counted(call.earlier_failure.details, attributes.attempt - 1) + 1
                return
            case "activity_task_completed":
                call.state = "completed"
                call.response = _response(call.activity, await self._value(attributes.result.payloads))
            case "activity_task_failed" | "activity_task_timed_out":
                call.state, call.failure = "faulted", await self._failure(attributes.failure)
            case "activity_task_canceled":
                call.state = "cancelled"
            case _:  # asked to be cancelled
                return
        call.ended_at = _time(event)

    async def _read_local_call(self, event: HistoryEvent, attributes: Any) -> None:
        """Take in the end of a local activity, or of some attempts; what it was asked to send only a replay tells."""
        facts = await self._value(attributes.details["data"].payloads)
        if attributes.marker_name != _LOCAL_ACTIVITY:
            return
        if facts["activity_type"] == LOAD_DEFINITION and "result" in attributes.details:
            loaded = await self._value(attributes.details["result"].payloads)
            self._record.document = json.loads(unpacked(loaded["packed"]))
        if facts["activity_type"] not in _CALLS:
            return
        id_, at = facts["activity_id"], _time(event)
        failure = await self._failure(attributes.failure) if attributes.HasField("failure") else None
        if failure is not None and failure.type == NotLocal.__name__:
            return
        begun = self._latest(id_)
        earlier = None if begun is None else begun.earlier_failure
        scheduled = facts.get("original_schedule_time")
        began = at if scheduled is None else min(at, _moment(scheduled))
        call = CallRecord(
            id=id_,
            activity=facts["activity_type"],
            request=None,
            scheduled_at=began if begun is None else begun.scheduled_at,
            attempt_began_at=began,
            attempts=facts["attempt"] + (0 if earlier is None else _counted(earlier.details, 0)),
        )
        if attributes.failure.application_failure_info.HasField("next_retry_delay"):
            call.earlier_failure = failure
        else:
            call.ended_at, call.failure, call.earlier_failure = at, failure, earlier
            call.state = "completed" if failure is None else "faulted"
            result = await self._value(attributes.details["result"].payloads)
            call.response = _response(call.activity, result)
        self._add(call)

    async def _read_run(self, kind: str, attributes: Any) -> None:
        record = self._record
        match kind:
            case "workflow_execution_started":
                await self._read_start(attributes)
            case "workflow_task_failed":
                self._stuck_at = in_one_line(attributes.failure.message) or None
            case "workflow_task_completed":
                self._stuck_at = None
            case "workflow_execution_completed":
                record.output = await self._value(attributes.result.payloads)
            case "workflow_execution_failed":
                record.failure = await self._failure(attributes.failure)
            case "workflow_execution_terminated":
                record.failure = FailureRecord(type="Terminated", message=attributes.reason)
            case _:
                pass

    async def _add_pending(self, pending: Iterable[PendingActivityInfo]) -> None:
        """Take in what the server knows of calls that have not ended."""
        for info in pending:
            call = self._latest(info.activity_id)
            if call is None:
                continue
            made = info.attempt - 1
            if info.HasField("last_failure"):
                call.earlier_failure = await self._failure(info.last_failure)
                made = _counted(call.earlier_failure.details, made)
            call.attempts = made if info.state in _NOT_BEGUN else made + 1

    def _begin_run(self) -> None:
        self._run += 1
        self._scheduled.clear()  # event ids begin anew

    async def _read_start(self, attributes: Any) -> None:
        self._begin_run()
        if attributes.continued_execution_run_id:
            return
        given = await self._value(attributes.input.payloads)
        if attributes.workflow_type.name != WORKFLOW_TYPE or not is_object(given):
            self._record.input = given
            return
        self._record.document, state = given.get("definition"), given.get("state")
        if state is None:
            self._record.input = given.get("input")
        else:
            begun = RunState.unpacked(state)
            self._record.input, self._record.operations = begun.input, begun.operations

    async def _read_call(self, event: HistoryEvent, attributes: Any) -> None:
        id_ = attributes.activity_id
        summary = (
            await self._value([event.user_metadata.summary]) if event.HasField("user_metadata") else None
        )
        call = CallRecord(
            id=id_,
            activity=attributes.activity_type.name,
            request=_request(attributes.activity_type.name, await self._values(attributes.input.payloads)),
            summary=None if summary is None else summary.removeprefix(f"{id_}: "),
            scheduled_at=_time(event),
        )
        self._scheduled[event.event_id] = call
        self._add(call)

    def _latest(self, id_: str) -> CallRecord | None:
        """The call of an activity, the last one where tasks were tried again."""
        return self.calls.get((self._run, id_, self._ended[id_]))

    def _add(self, call: CallRecord) -> None:
        """Take in a call, in place of one of the same id that came to no end but Temporal's."""
        before = self._latest(call.id)
        if (
            before is not None
            and before.ended_at is not None
            and (before.failure is None or before.failure.type is not None)
        ):
            self._ended[call.id] += 1
        self.calls[self._run, call.id, self._ended[call.id]] = call

    async def _value(self, payloads: Sequence[Payload]) -> Any:
        values = await self._values(payloads)
        return values[0] if values else None

    async def _values(self, payloads: Sequence[Payload]) -> Sequence[Any]:
        if not payloads:
            return ()
        stored = sum(found.size_bytes for found in payloads[0].external_payloads)
        if stored and self._converter.external_storage is None:
            self.lacks_stored = True
            return [f"[{stored:,} bytes, kept in an external storage that httptask.toml does not name]"]
        try:
            return await self._converter.decode(payloads)
        except StoredPayloadMissing as missing:
            self.lacks_stored = True
            return [f"[{missing}]"]

    async def _failure(self, failure: Failure) -> FailureRecord:
        info = failure.application_failure_info
        return FailureRecord(
            type=info.type or None, message=failure.message, details=await self._value(info.details.payloads)
        )


def _time(event: HistoryEvent) -> datetime:
    return event.event_time.ToDatetime(tzinfo=UTC)


def _moment(facts: dict[str, int]) -> datetime:
    return datetime.fromtimestamp(facts["seconds"] + facts["nanos"] / 1e9, UTC)


def _request(activity: str, arguments: Sequence[Any]) -> Any:
    """What an activity was asked to send, as people may see it; the arguments of one that is not ours as they stand."""
    argument = arguments[0] if len(arguments) == 1 else list(arguments)
    try:
        if activity == HTTP_REQUEST:
            return shown_request(HttpRequest.model_validate(argument))
        if activity == API_OPERATION:
            return shown_request(OperationRequest.model_validate(argument))
        if activity == CHAT_COMPLETION:
            return shown_request(ChatRequest.model_validate(argument).to_http_request())
    except ValidationError:  # of another version
        pass
    return argument


def _response(activity: str, result: Any) -> Any:
    """What an activity returned, with what goes without saying in a history."""
    if activity != HTTP_REQUEST or not is_object(result):
        return result
    try:
        return (HttpResponse if "request" in result else HttpAnswer).model_validate(result).model_dump()
    except ValidationError:  # of another version
        return result


def _counted(found: Any, otherwise: int) -> int:
    """How many attempts the activity has counted; Temporal's number includes the postponed ones."""
    attempt = found.get("attempt") if is_object(found) else None
    return attempt if isinstance(attempt, int) else otherwise
