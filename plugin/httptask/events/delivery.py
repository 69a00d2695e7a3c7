"""Brings events to runs: to one by its id, or to all that wait for such an event, as their memos tell."""

import asyncio
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter, ValidationError
from temporalio.api.common.v1 import Payloads, WorkflowExecution
from temporalio.api.workflowservice.v1 import SignalWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from httptask.diagnostics.validation import describe_invalid
from httptask.dsl.expressions import (
    Expression,
    ExpressionFailed,
    ExpressionLimitExceeded,
    ExpressionsBusy,
    parse_expression,
)
from httptask.dsl.expressions.evaluation import Scope, evaluate
from httptask.http.cloud_event import CloudEvent
from httptask.interpreter.inbox import EVENT_SIGNAL, MOST_BYTES
from httptask.interpreter.listens import LISTENS_MARK, LISTENS_MEMO, Listens
from httptask.runs.executions import Execution, describe, list_executions

__all__ = [
    "Delivery",
    "EventRefused",
    "WaitingRun",
    "checked_event",
    "deliver",
    "deliver_to",
    "listens_of",
    "new_event",
    "send_event",
    "signal_event",
    "type_waited_for",
    "waiting_runs",
]

_LISTENS = TypeAdapter(list[Listens])


class EventRefused(ValueError):
    """A value is no event, or one that is too large for a run to keep."""


@dataclass(frozen=True, slots=True)
class WaitingRun:
    """A run, and what its tasks wait for."""

    id: str
    listens: Sequence[Listens]

    def tasks_for(self, event: CloudEvent, take: "_Evaluation") -> list[Listens]:
        """Those of its tasks that wait for such an event, as far as can be told without it."""
        written = event.written()
        return [each for each in self.listens if each.means(written, take)]


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event that a run has got.

    Attributes:
        run: its id.
        tasks: ids of its tasks that wait for such an event; without any the run keeps it.
    """

    run: str
    tasks: list[str] = field(default_factory=list[str])


def new_event(type_: str, *, data: Any = None, **attributes: Any) -> CloudEvent:
    """An event of now, with an id of its own unless one is given.

    Args:
        type_: its type.
        data: what it says.
        attributes: the others, such as `id`, `source` and `subject`; those that are None are left out.

    Raises:
        EventRefused: it is no event, or too large.
    """
    made = {"id": str(uuid.uuid4()), "source": "/httptask", "time": _now()}
    given = {name: value for name, value in {**attributes, "data": data}.items() if value is not None}
    return checked_event({"specversion": "1.0", "type": type_, **made, **given})


def checked_event(value: Any) -> CloudEvent:
    """A value that is an event.

    Raises:
        EventRefused: it is none, or too large.
    """
    try:
        event = CloudEvent.model_validate(value)
    except ValidationError as invalid:
        raise EventRefused(f"not an event (CloudEvents 1.0): {describe_invalid(invalid)}") from None
    size = len(json.dumps(event.written()).encode())
    if size > MOST_BYTES:
        raise EventRefused(f"the event has {size:,} bytes, and runs keep {MOST_BYTES:,} at most")
    return event


async def send_event(client: Client, event: CloudEvent, run: str) -> Delivery:
    """Send an event to a run, which keeps it until a task waits for it; one that is sent twice counts once.

    Raises:
        RPCError: there is no such run, it has ended, or the server gives no answer.
    """
    found = await describe(client, run)
    await signal_event(client, event, run)
    waiting = await _waiting(found)
    return Delivery(run, [listens.task for listens in waiting.tasks_for(event, _Evaluation())])


async def listens_of(client: Client, run: str) -> Sequence[Listens]:
    """What the tasks of a run wait for.

    Raises:
        RPCError: there is no such run, or no answer.
    """
    return (await _waiting(await describe(client, run))).listens


async def type_waited_for(client: Client, run: str) -> str:
    """The type of the events that a run waits for.

    Raises:
        EventRefused: it waits for none, or for several.
        RPCError: there is no such run, or no answer.
    """
    types = list(dict.fromkeys(type_ for listens in await listens_of(client, run) for type_ in listens.types))
    if len(types) == 1:
        return types[0]
    known = (
        f"{run} waits for events of {', '.join(types)}" if types else f"{run} waits for no event of a type"
    )
    raise EventRefused(f"{known}: name the type of this one")


async def deliver(client: Client, event: CloudEvent) -> list[Delivery]:
    """Send an event to all runs that wait for such a one; the answer is empty where none does.

    Raises:
        RPCError: the server gives no answer.
    """
    return await deliver_to(client, event, await waiting_runs(client))


async def deliver_to(client: Client, event: CloudEvent, runs: Sequence[WaitingRun]) -> list[Delivery]:
    """Send an event to those of some runs that wait for such a one, and have not ended meanwhile."""
    take = _Evaluation()
    meant = await asyncio.to_thread(lambda: [(run.id, run.tasks_for(event, take)) for run in runs])
    delivered: list[Delivery] = []
    for run, listens in meant:
        if not listens:
            continue
        try:
            await signal_event(client, event, run)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
        else:
            delivered.append(Delivery(run, [each.task for each in listens]))
    return delivered


async def waiting_runs(client: Client) -> list[WaitingRun]:
    """The runs with tasks that wait for events: their memos tell, of those that have ever waited for one.

    Raises:
        RPCError: the server gives no answer.
    """
    query = f"ExecutionStatus = 'Running' AND TemporalChangeVersion = '{LISTENS_MARK}'"
    found = [await _waiting(each) async for each in list_executions(client, query)]
    return [run for run in found if run.listens]


async def _waiting(execution: Execution) -> WaitingRun:
    listens = (await execution.memo()).get(LISTENS_MEMO)
    return WaitingRun(execution.id, _LISTENS.validate_python(listens or []))


async def signal_event(client: Client, event: CloudEvent, run: str) -> None:
    """Bring an event to a run, as the SDK does; but the server knows by the id of the request what it has had already.

    Raises:
        RPCError: there is no such run, it has ended, or the server gives no answer.
    """
    await client.workflow_service.signal_workflow_execution(
        SignalWorkflowExecutionRequest(
            namespace=client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=run),
            signal_name=EVENT_SIGNAL,
            input=Payloads(payloads=await client.data_converter.encode([event.written()])),
            identity=client.identity,
            request_id=str(uuid.UUID(event.digest)),
        ),
        retry=True,
    )


class _Evaluation:
    """Evaluates expressions on one event, each once; what fails on it yields null."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str | None], Any] = {}

    def __call__(self, source: str, value: Any) -> Any:
        key = (source, value if isinstance(value, str) else None)  # what is no text is the event itself
        if key not in self._known:
            self._known[key] = _value(source, value)
        return self._known[key]


def _value(source: str, value: Mapping[str, Any] | str) -> Any:
    expression = _parsed(source)
    try:
        return None if expression is None else evaluate(expression, Scope(value, {}))
    except (ExpressionFailed, ExpressionLimitExceeded, ExpressionsBusy):
        return None


@lru_cache(maxsize=1024)
def _parsed(source: str) -> Expression | None:
    return parse_expression(source, "", [])


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")
