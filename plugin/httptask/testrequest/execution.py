"""One activity that a client asks for: standalone, or in a workflow of its own where that can't be."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, TypeVar
from uuid import uuid4

from temporalio.api.common.v1 import Payload
from temporalio.client import (
    ActivityFailureError,
    ActivityHandle,
    Client,
    WorkflowFailureError,
    WorkflowHandle,
)
from temporalio.common import RawValue, RetryPolicy
from temporalio.exceptions import ActivityError
from temporalio.service import RPCError, RPCStatusCode

from httptask.activities.names import ONE_CALL

__all__ = ["Asked", "Executed", "Execution", "ExecutionFailed", "StillRunning", "ask", "begin"]

_MARGIN = timedelta(seconds=10)
_UNTIL_BEGUN = timedelta(seconds=10)
_ANSWER_TIME = timedelta(seconds=10)
_PARTING_TIME = timedelta(seconds=2)
_NOT_WANTED = "nobody waits for it"

Result = TypeVar("Result")


class ExecutionFailed(Exception):
    """The activity, or the workflow around it, did not come to a result.

    Attributes:
        cause: why: the activity's own error, or Temporal's.
    """

    def __init__(self, cause: BaseException | None) -> None:
        super().__init__(str(cause))
        self.cause = cause


class StillRunning(Exception):
    """The test request was interrupted and its call did not end in time: it may still be running, in its worker."""

    def __init__(self) -> None:
        super().__init__("the call may still be running")


@dataclass(frozen=True, slots=True)
class Asked(Generic[Result]):
    """An activity with one attempt.

    Attributes:
        id: of its execution.
        arguments: as payloads, before a codec.
        task_queue: of the activity.
        workflow_queue: that workers with the plugin serve, for the workflow.
        schedule_to_start: how long a worker may take to begin.
    """

    activity: str
    arguments: Sequence[Payload]
    result_type: type[Result]
    id: str
    task_queue: str
    workflow_queue: str
    schedule_to_start: timedelta
    start_to_close: timedelta
    heartbeat: timedelta | None = None
    summary: str | None = None


@dataclass(frozen=True, slots=True)
class Executed:
    """By which an operator finds what was executed.

    Attributes:
        id: of the activity, or of the workflow around it.
        run_id: by which Temporal tells it from others of the same id.
        task_queue: of the workers that made the call.
        is_workflow: whether there was a workflow around it.
    """

    id: str
    run_id: str
    task_queue: str
    is_workflow: bool


@dataclass(frozen=True, slots=True)
class Execution(Generic[Result]):
    """An activity that was begun.

    Attributes:
        handle: of it, or of the workflow around it.
        task_queue: of the activity.
    """

    handle: ActivityHandle[Result] | WorkflowHandle[Any, Result]
    task_queue: str

    @property
    def executed(self) -> Executed:
        """What is known of it, whatever comes of it."""
        handle = self.handle
        is_workflow = isinstance(handle, WorkflowHandle)
        run_id = handle.first_execution_run_id if isinstance(handle, WorkflowHandle) else handle.run_id
        assert run_id is not None  # it was started here
        return Executed(handle.id, run_id, self.task_queue, is_workflow)

    async def result(self) -> Result:
        """Wait for its end.

        Raises:
            ExecutionFailed: that was no good one.
            RPCError: Temporal did not answer.
        """
        try:
            return await self.handle.result()
        except ActivityFailureError as error:
            raise ExecutionFailed(error.cause) from None
        except WorkflowFailureError as error:
            cause = error.cause
            raise ExecutionFailed(cause.cause if isinstance(cause, ActivityError) else cause) from None


async def ask(
    client: Client,
    task_queue: str,
    activity: str,
    arguments: Sequence[Any],
    result_type: type[Result],
    *,
    name: str,
    schedule_to_start: timedelta = _UNTIL_BEGUN,
    start_to_close: timedelta = _ANSWER_TIME,
) -> Result:
    """Ask the workers of a queue by an activity, and wait for the answer; who stops waiting ends it.

    Args:
        client: of the cluster, with the plugin.
        task_queue: of the workers.
        activity: its name.
        arguments: of the activity.
        result_type: of the answer.
        name: what the id of its execution begins with.
        schedule_to_start: how long a worker may take to begin.
        start_to_close: how long it may take to answer.

    Raises:
        ExecutionFailed: there was no answer.
        RPCError: the server can't be reached.
    """
    asked = Asked(
        activity=activity,
        arguments=client.data_converter.payload_converter.to_payloads(arguments),
        result_type=result_type,
        id=f"{name}-{uuid4().hex[:12]}",
        task_queue=task_queue,
        workflow_queue=task_queue,
        schedule_to_start=schedule_to_start,
        start_to_close=start_to_close,
    )
    with suppress(StillRunning):
        execution = await begin(client, asked, end=_terminate)
        try:
            return await execution.result()
        except asyncio.CancelledError:
            await _terminate(execution)
            raise
    raise asyncio.CancelledError  # it answers nobody, and changes nothing


async def _terminate(execution: Execution[Any]) -> None:
    with suppress(RPCError):
        await execution.handle.terminate(reason=_NOT_WANTED, rpc_timeout=_PARTING_TIME)


async def begin(
    client: Client,
    asked: Asked[Result],
    *,
    end: Callable[[Execution[Result]], Awaitable[None]],
    live: bool = False,
) -> Execution[Result]:
    """Begin an activity. Where that is cancelled, it is ended: Temporal may have taken it already.

    Args:
        client: of the cluster.
        asked: the activity.
        end: ends it.
        live: whether the text of a streamed answer is published while it comes, which takes a workflow.

    Raises:
        RPCError: Temporal did not take it.
        StillRunning: it was cancelled, and Temporal did not say whether it has taken it.
    """
    beginning = asyncio.ensure_future(_begin(client, asked, live=live))
    try:
        return await asyncio.shield(beginning)
    except asyncio.CancelledError:
        await asyncio.wait([beginning], timeout=_PARTING_TIME.total_seconds())
        if not beginning.done():
            beginning.cancel()
            raise StillRunning from None
        if beginning.exception() is None:
            await end(beginning.result())
        raise


async def _begin(client: Client, asked: Asked[Result], *, live: bool) -> Execution[Result]:
    if not live:
        try:
            return Execution(await _begin_standalone(client, asked), asked.task_queue)
        except RPCError as error:
            if error.status is not RPCStatusCode.UNIMPLEMENTED:
                raise  # else the server is older than 1.31, or has them switched off
    from httptask.workflows.one_call import OneCall

    call = OneCall(
        activity=asked.activity,
        arguments=[json.loads(payload.data) for payload in asked.arguments],
        task_queue=asked.task_queue,
        summary=asked.summary,
        schedule_to_start=asked.schedule_to_start.total_seconds(),
        start_to_close=asked.start_to_close.total_seconds(),
        heartbeat=None if asked.heartbeat is None else asked.heartbeat.total_seconds(),
        live=live,
    )
    handle: WorkflowHandle[Any, Result] = await client.start_workflow(
        ONE_CALL,
        call,
        id=asked.id,
        task_queue=asked.workflow_queue,
        result_type=asked.result_type,
        static_summary=asked.summary,
        execution_timeout=asked.schedule_to_start + asked.start_to_close + _MARGIN,
    )
    return Execution(handle, asked.task_queue)


async def _begin_standalone(client: Client, asked: Asked[Result]) -> ActivityHandle[Result]:
    return await client.start_activity(
        asked.activity,
        args=[RawValue(payload) for payload in asked.arguments],
        id=asked.id,
        task_queue=asked.task_queue,
        result_type=asked.result_type,
        schedule_to_start_timeout=asked.schedule_to_start,
        summary=asked.summary,
        start_to_close_timeout=asked.start_to_close,
        heartbeat_timeout=asked.heartbeat,
        retry_policy=RetryPolicy(maximum_attempts=1),
    )
