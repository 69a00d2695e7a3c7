"""Sends a planned call once: the activity of runs, on the worker that a run would have."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from temporalio.api.common.v1 import Payload
from temporalio.client import Client
from temporalio.exceptions import TemporalError
from temporalio.exceptions import TimeoutError as ActivityTimeoutError

from httptask.activities.storage import threshold_of
from httptask.calls.activity_call import activity_options
from httptask.calls.problem import TaskFault
from httptask.scheduling.payloads import refuse_too_large
from httptask.testrequest.execution import Asked, Execution, ExecutionFailed, StillRunning, begin
from httptask.testrequest.outcome import Outcome, outcome_of_failure, outcome_of_fault, outcome_of_result
from httptask.testrequest.planning import PlannedRequest

if TYPE_CHECKING:
    from httptask.chat.streaming.live_text import LiveText

__all__ = ["send_once"]

Hear = Callable[["LiveText"], None]

_UNTIL_BEGUN = timedelta(seconds=30)
"""For a worker that is busy, or takes no more calls of a connection in a minute; that there is one is known before."""
_PARTING_SECONDS = 2.0
_INTERRUPTED = "the test request was interrupted"


async def send_once(
    client: Client, task_queue: str, planned: PlannedRequest, hear: Hear | None = None
) -> Outcome:
    """Send the request, without retries. Where that is cancelled, the call is, too.

    It is a standalone activity; a workflow of one call where the server is older than 1.31, or has those switched off,
    and for a text that is heard while it comes.

    Args:
        client: of the cluster, with the plugin.
        task_queue: of workers that run definitions; a connection that is limited has its own beside it.
        planned: the request.
        hear: is told the text of a streamed chat completion, piece by piece.

    Raises:
        RPCError: the server can't be reached.
        StillRunning: it was cancelled, and the call did not end.
    """
    if hear is not None:
        published = _published(planned)
        planned, hear = (planned, None) if published is None else (published, hear)
    call = planned.call
    try:
        argument = _argument(client, planned)
    except TaskFault as fault:
        return outcome_of_fault(planned, fault.problem)
    options = activity_options(call, planned.profile, label="Test request: ")
    until_closed = options["start_to_close_timeout"]
    if planned.deadline is not None:  # no attempt of a run outlives it either
        until_closed = min(until_closed, timedelta(seconds=planned.deadline.at))
    asked: Asked[Any] = Asked(
        activity=call.activity,
        arguments=[argument],
        result_type=call.result_type,
        id=call.id,
        task_queue=options["task_queue"] or task_queue,
        workflow_queue=task_queue,
        schedule_to_start=_UNTIL_BEGUN,
        start_to_close=until_closed,
        heartbeat=options["heartbeat_timeout"],
        summary=options["summary"],
    )
    execution = await begin(client, asked, end=_end, live=hear is not None)
    try:
        async with _heard(client, execution, hear):
            result = await execution.result()
        outcome = outcome_of_result(planned, result)
    except ExecutionFailed as failed:
        outcome = outcome_of_failure(planned, failed.cause)
    except asyncio.CancelledError:
        await _end(execution)
        raise
    return replace(outcome, executed=execution.executed)


def _published(planned: PlannedRequest) -> PlannedRequest | None:
    """The same with its text published while it comes; None where it does not come in pieces."""
    from httptask.chat.models import ChatRequest

    request = planned.call.argument
    if not isinstance(request, ChatRequest) or not request.is_streamed:
        return None
    live = request.model_copy(update={"live": planned.node.name})
    return replace(planned, call=replace(planned.call, argument=live))


@asynccontextmanager
async def _heard(client: Client, execution: Execution[Any], hear: Hear | None) -> AsyncGenerator[None]:
    """Hand on the text while the context lasts, to its last piece; it is a courtesy, the result has all of it."""

    async def follow(hear: Hear) -> None:
        from httptask.activities.live_text import live_texts

        with suppress(TemporalError):
            async for piece in live_texts(client, execution.handle.id):
                hear(piece)

    if hear is None:
        yield
        return
    following = asyncio.create_task(follow(hear))
    try:
        yield
        await asyncio.wait([following], timeout=_PARTING_SECONDS)
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


def _argument(client: Client, planned: PlannedRequest) -> Payload:
    """The request as Temporal carries it.

    Raises:
        TaskFault: it is larger than that, as of a run.
    """
    converter = client.data_converter
    [payload] = converter.payload_converter.to_payloads([planned.call.argument])
    refuse_too_large(payload.ByteSize(), threshold_of(converter), f"the request of {planned.node.name}")
    return payload


async def _end(execution: Execution[Any]) -> None:
    """Cancel a call, and terminate it where it does not end.

    Raises:
        RPCError: Temporal did not answer.
        StillRunning: it goes on, or nobody knows: its worker does not hear of it.
    """
    soon = timedelta(seconds=_PARTING_SECONDS)
    await execution.handle.cancel(reason=_INTERRUPTED, rpc_timeout=soon)
    try:
        async with asyncio.timeout(_PARTING_SECONDS):
            await execution.result()
    except TimeoutError:
        await execution.handle.terminate(reason=_INTERRUPTED, rpc_timeout=soon)
    except ExecutionFailed as failed:
        if not isinstance(failed.cause, ActivityTimeoutError):
            return
    else:
        return
    raise StillRunning
