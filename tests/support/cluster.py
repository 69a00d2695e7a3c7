"""Looks into a Temporal server from outside, as an operator does."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

from temporalio.api.enums.v1 import WorkflowTaskFailedCause
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from httptask.testing.temporal_server import find_temporal

__all__ = [
    "address_of",
    "events_of",
    "has_event",
    "longest_workflow_task",
    "parts_of",
    "run_ids",
    "temporal_cli",
]


def address_of(environment: WorkflowEnvironment) -> str:
    """Where the server listens."""
    return environment.client.service_client.config.target_host


async def temporal_cli(address: str, *arguments: str) -> str:
    """Run the `temporal` command and return what it prints."""
    process = await asyncio.create_subprocess_exec(
        find_temporal(),
        *arguments,
        "--address",
        address,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    assert process.returncode == 0, printed.decode()
    return printed.decode()


async def run_ids(client: Client, handle: WorkflowHandle[Any, Any]) -> AsyncIterator[str]:
    """Every run of a chain that continues as new."""
    run_id = handle.first_execution_run_id or (await handle.describe()).run_id
    while run_id:
        yield run_id
        history = await client.get_workflow_handle(handle.id, run_id=run_id).fetch_history()
        last = history.events[-1]
        run_id = last.workflow_execution_continued_as_new_event_attributes.new_execution_run_id


async def parts_of(client: Client, handle: WorkflowHandle[Any, Any]) -> list[WorkflowHandle[Any, Any]]:
    """The workflows that run parts of a run, each before the parts of its own."""
    parts: list[WorkflowHandle[Any, Any]] = []
    async for run_id in run_ids(client, handle):
        run = client.get_workflow_handle(handle.id, run_id=run_id)
        for event in await events_of(run, "child_workflow_execution_started"):
            child = event.child_workflow_execution_started_event_attributes.workflow_execution
            part = client.get_workflow_handle(child.workflow_id, first_execution_run_id=child.run_id)
            parts += [part, *await parts_of(client, part)]
    return parts


async def events_of(handle: WorkflowHandle[Any, Any], kind: str) -> list[HistoryEvent]:
    """The events with attributes of that kind, such as `timer_started`."""
    history = await handle.fetch_history()
    return [event for event in history.events if event.HasField(f"{kind}_event_attributes")]  # type: ignore[arg-type]


async def has_event(
    handle: WorkflowHandle[Any, Any], kind: str, fits: Callable[[HistoryEvent], bool] = lambda _event: True
) -> HistoryEvent:
    """Wait until the history has such an event."""
    async with asyncio.timeout(20):
        while True:
            for event in await events_of(handle, kind):
                if fits(event):
                    return event
            await asyncio.sleep(0.05)


async def longest_workflow_task(handle: WorkflowHandle[Any, Any]) -> timedelta:
    """None may have failed or timed out, as one does that the deadlock detector ends.

    The server also fails one that ends a run whose news it has not seen; that is how it is meant to be.
    """
    unseen_news = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND
    events = (await handle.fetch_history()).events
    longest = timedelta(0)
    for event in events:
        if event.HasField("workflow_task_failed_event_attributes"):
            assert event.workflow_task_failed_event_attributes.cause == unseen_news
        assert not event.HasField("workflow_task_timed_out_event_attributes")
        if event.HasField("workflow_task_completed_event_attributes"):
            started = events[event.workflow_task_completed_event_attributes.started_event_id - 1]
            longest = max(longest, event.event_time.ToDatetime() - started.event_time.ToDatetime())
    return longest
