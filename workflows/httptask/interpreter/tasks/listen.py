"""`listen`: waits for events from outside."""

import asyncio
import base64
from collections.abc import Sequence
from datetime import UTC, datetime
from shlex import quote
from typing import Any, Final

from temporalio import workflow

from httptask.calls.problem import TaskFault
from httptask.dsl.tasks.listen import EventFilter, ListenTask, expectation_of
from httptask.http.cloud_event import CloudEvent
from httptask.interpreter.event_filters import FilterOfRun
from httptask.interpreter.inbox import KeptEvent
from httptask.interpreter.listens import Listens, is_addressed_to
from httptask.interpreter.task_context import Child, Complete, Paused, Step, TaskContext
from httptask.json.tree import compact

__all__ = ["run_listen"]

_SHARED_EXPECTATIONS: Final = "httptask.shared-expectations"


async def run_listen(context: TaskContext, _child: Child | None) -> Step:
    """Take the events that are meant, those that came before first; the output is what is read of them, in order."""
    listening, services = _Listening(context), context.services
    try:
        while not await listening.take_some():
            if services.draining:
                return Paused()
            listening.tell()
            await workflow.wait_condition(lambda: listening.has_news or services.draining)
            services.consider_continuing_as_new()
    except (Exception, asyncio.CancelledError):
        services.listens.end(context.execution.id)
        raise
    services.listens.end(context.execution.id)
    return Complete(listening.output())


class _Listening:
    """One execution of a `listen`. What it has taken stands in the execution's state."""

    def __init__(self, context: TaskContext) -> None:
        task = context.node.task
        assert isinstance(task, ListenTask)  # which is how the program was built
        self._listen = task.listen
        self._context = context
        self._inbox = context.services.state.inbox
        filters = task.listen.to.filters
        expected = _shared_expectations(context, filters)
        self._filters = [
            FilterOfRun(context, index, written, expected) for index, written in enumerate(filters)
        ]
        self._passed: str | None = None
        state = context.execution.state
        self._from: int = state.setdefault("from", 0)
        self._taken: dict[str, Any] = state.setdefault("taken", {})
        """Events by the number of the filter that they fill, in the order in which they were taken."""
        self._correlations: dict[str, Any] = state.setdefault("correlations", {})

    async def take_some(self) -> bool:
        """Take what is there and meant; whether that is all."""
        inbox = self._inbox
        end = inbox.next
        for kept in inbox.since(self._from):
            await self._context.services.pacer.step()
            if kept.number in inbox.events and self._take(kept):
                inbox.take(kept)
                if self._is_done:
                    return True
        self._from = self._context.execution.state["from"] = end
        return self._is_done

    @property
    def has_news(self) -> bool:
        """Whether events have come that were not looked at."""
        return self._inbox.next > self._from

    def tell(self) -> None:
        """Show what is waited for: on the status board, and in the memo, where other processes find it."""
        execution, services = self._context.execution, self._context.services
        open_ = [found.checks for index, found in enumerate(self._filters) if str(index) not in self._taken]
        listens = Listens(
            task=execution.id,
            since=datetime.fromtimestamp(execution.started_at, UTC),
            filters=open_ if self._filters else [[]],
        )
        services.listens.begin(listens)
        exact = [
            check.equals
            for checks in open_
            for check in checks
            if check.at == ("type",) and not check.matches
        ]
        how = f"send it: httptask emit {quote(services.workflow_id)} --type {quote(exact[0]) if exact else 'TYPE'}"
        detail = how if self._passed is None else f"{self._passed}; {how}"
        services.board.update(execution.id, state="waiting", summary=_summary(listens), detail=detail)

    def output(self) -> list[Any]:
        """What is read of the events that were taken."""
        return [_read(event, self._listen.read) for event in self._taken.values()]

    @property
    def _is_done(self) -> bool:
        wanted = len(self._filters) if self._listen.to.all is not None else 1
        return len(self._taken) >= wanted

    def _take(self, kept: KeptEvent) -> bool:
        """Take an event, if it fills a filter that is open."""
        if not is_addressed_to(self._context.execution.id, kept.event):
            return False
        if not self._filters:
            self._taken["0"] = kept.event
            return True
        for index, found in enumerate(self._filters):
            if str(index) in self._taken:
                continue
            try:
                correlations = found.means(kept.event, self._correlations)
            except TaskFault as fault:  # an event of somebody else's does not end the run
                self._passed = f"passed over event {kept.event['id']}: {fault.problem.detail}"
                continue
            if correlations is not None:
                self._correlations.update(correlations)
                self._taken[str(index)] = kept.event
                return True
        return False


def _shared_expectations(context: TaskContext, filters: Sequence[EventFilter]) -> dict[str, Any]:
    """What correlations that are left open have to be, because another filter expects it of that name.

    Else an event that comes before those of that filter sets another value, and what is taken depends on the order.
    """
    open_ = {name for found in filters for name, each in found.correlate.items() if each.expect is None}
    places = {
        name: expectation_of(index, name)
        for index, found in enumerate(filters)
        for name, each in found.correlate.items()
        if each.expect is not None and name in open_
    }
    if not places or not workflow.patched(_SHARED_EXPECTATIONS):
        return {}
    return {name: context.value(place) for name, place in places.items()}


def _summary(listens: Listens) -> str:
    return "for an event of " + (" or ".join(listens.types) or "whatever type")


def _read(event: dict[str, Any], how: str) -> Any:
    """What is taken of an event (dsl-reference.md, Listen: `read`)."""
    if how == "envelope":
        return event
    found = CloudEvent.model_validate(event)
    encoded = found.data_base64
    if how == "raw":
        if encoded is not None:
            return encoded
        is_text = isinstance(found.data, str) and "json" not in (found.datacontenttype or "json")
        return found.data if is_text else compact(found.data)
    if encoded is None:
        return found.data
    try:
        return base64.b64decode(encoded, validate=True).decode()
    except ValueError:
        return encoded
