"""`emit`: an event of the run's own."""

import uuid
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError
from temporalio import workflow
from temporalio.exceptions import ApplicationError

from httptask.activities.event_sink import EventSink
from httptask.activities.names import HTTP_REQUEST
from httptask.calls.activity_call import HTTP_SECONDS, ActivityCall
from httptask.calls.problem import TaskFault
from httptask.diagnostics.validation import describe_invalid
from httptask.dsl.tasks.emit import EVENT
from httptask.http.cloud_event import MEDIA_TYPE, CloudEvent
from httptask.http.models import HttpAnswer, HttpRequest, JsonBody
from httptask.interpreter.inbox import EVENT_SIGNAL
from httptask.interpreter.services import log_event
from httptask.interpreter.task_context import Child, Complete, Step, TaskContext

__all__ = ["run_emit"]


async def run_emit(context: TaskContext, _child: Child | None) -> Step:
    """The event is the output, and goes where the worker's configuration says."""
    event = _event(context)
    sink = context.services.scheduler.configuration.event_sink or EventSink()
    if sink.connection is not None:
        await _post(context, sink.connection, sink.path, event)
    elif sink.run is not None:
        await _signal(context, sink.run, event)
    context.services.board.update(context.execution.id, summary=event["type"])
    log_event("event.emitted", **{name: str(event[name]) for name in ("type", "source", "id")})
    return Complete(event)


def _event(context: TaskContext) -> dict[str, Any]:
    """The event: what its author leaves out is the same in every attempt, replay and continued run."""
    given: dict[str, Any] = context.value(EVENT)
    document = context.services.program.definition.document
    made = {
        "specversion": "1.0",
        "id": str(uuid.UUID(context.idempotency_key(context.execution.id))),
        "source": f"/{document.namespace}/{document.name}/{document.version}",
        "time": datetime.fromtimestamp(context.execution.started_at, UTC).isoformat().replace("+00:00", "Z"),
    }
    event = {**made, **given}
    try:
        CloudEvent.model_validate(event, strict=True)
    except ValidationError as invalid:
        TaskFault.raise_standard("expression", "Not an event", detail=describe_invalid(invalid))
    return event


async def _post(context: TaskContext, connection: str, path: str, event: dict[str, Any]) -> None:
    id_ = context.execution.id
    request = HttpRequest(
        method="POST",
        url=path,
        connection=connection,
        headers={"Content-Type": MEDIA_TYPE},
        body=JsonBody(value=event),
        idempotency_key=context.idempotency_key(id_),
    )
    answer = await context.call(
        ActivityCall(HTTP_REQUEST, request, HttpAnswer, id_, HTTP_SECONDS, connection)
    )
    context.answered(answer)


async def _signal(context: TaskContext, run: str, event: dict[str, Any]) -> None:
    try:
        await workflow.get_external_workflow_handle(run).signal(EVENT_SIGNAL, event)
    except ApplicationError as error:
        TaskFault.raise_standard(
            "communication",
            "Not delivered",
            detail=f"no running workflow {run} took the event: {error.message}",
        )
