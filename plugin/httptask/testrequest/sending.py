"""Holds a planned call to its rules, and sends it once: the activity of runs, standalone, on the same worker."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio.client import ActivityFailureError, ActivityHandle, Client
from temporalio.common import RawValue, RetryPolicy
from temporalio.exceptions import ApplicationError
from temporalio.exceptions import TimeoutError as ActivityTimeoutError

from httptask.activities.failure import to_application_error
from httptask.activities.storage import threshold_of
from httptask.calls.activity_call import activity_options
from httptask.calls.planners import PLANNERS
from httptask.calls.problem import Problem, TaskFault, problem_of_failure
from httptask.chat.check import require_sendable
from httptask.chat.models import ChatRequest, Completion
from httptask.connections.connection import Connection, find_connection
from httptask.diagnostics.fault import Fault
from httptask.dsl.expressions import ExpressionFailed, ExpressionLimitExceeded
from httptask.dsl.tasks.kind import TaskNode
from httptask.http.errors import HttpTaskError
from httptask.http.models import HttpRequest, HttpResponse
from httptask.scheduling.payloads import refuse_too_large
from httptask.testrequest.planning import PlannedRequest
from httptask.workflows.reask import may_ask_again

__all__ = ["Outcome", "StillRunning", "check_planned", "send_once"]

_NO_WORKER = timedelta(seconds=5)
_PARTING_SECONDS = 2.0
_INTERRUPTED = "the test request was interrupted"


class StillRunning(Exception):
    """The test request was interrupted and its call did not end in time: it may still be running, in its worker."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt: a result and what the next task would see, or a problem, of that result or without one.

    Attributes:
        would_retry: whether a run would try again.
        would_ask_again: how often a run would ask the model again, at most.
        retry_after: seconds that the server asked to wait, None where it did not.
        following: what a run would ask for next, where a list has more pages.
    """

    result: HttpResponse | Completion | None = None
    downstream: Any = None
    problem: Problem | None = None
    would_retry: bool = False
    would_ask_again: int = 0
    retry_after: float | None = None
    following: HttpRequest | None = None


def check_planned(
    planned: PlannedRequest, connections: Mapping[str, Connection]
) -> tuple[Sequence[Fault], Problem | None]:
    """Hold a chat completion to the rules of its model, its server and its level.

    Args:
        planned: the call.
        connections: by name.

    Returns:
        What the server may reject, and the problem that a run would end in.
    """
    request = planned.call.argument
    if not isinstance(request, ChatRequest):
        return (), None
    try:
        return require_sendable(request, find_connection(connections, request.connection)), None
    except HttpTaskError as error:
        problem = problem_of_failure(to_application_error(error, attempt=1, attempts=request.attempts))
        return (), problem.model_copy(update={"instance": planned.node.pointer})


async def send_once(client: Client, task_queue: str, planned: PlannedRequest) -> Outcome:
    """Send the request, without retries. Where that is cancelled, the call is, too.

    Args:
        client: of the cluster.
        task_queue: of a worker that takes this request and no other.
        planned: the request.

    Raises:
        RPCError: the server can't be reached, or is older than 1.31 and has no standalone activities.
        StillRunning: it was cancelled, and the call did not end.
    """
    call = planned.call
    try:
        argument = _argument(client, planned)
    except TaskFault as fault:
        return Outcome(problem=fault.problem.model_copy(update={"instance": planned.node.pointer}))
    options = activity_options(call, planned.profile, label="Test request: ")
    handle = await client.start_activity(
        call.activity,
        argument,
        id=call.id,
        task_queue=task_queue,
        result_type=call.result_type,
        schedule_to_start_timeout=_NO_WORKER,
        summary=options["summary"],
        start_to_close_timeout=options["start_to_close_timeout"],
        heartbeat_timeout=options["heartbeat_timeout"],
        retry_policy=RetryPolicy(maximum_attempts=1),
    )
    try:
        result = await handle.result()
    except ActivityFailureError as error:
        return _failed(error.cause, planned.node)
    except asyncio.CancelledError:
        await _end(handle)
        raise
    try:
        return Outcome(
            result=result, downstream=planned.downstream(result), following=planned.following(result)
        )
    except (ExpressionFailed, ExpressionLimitExceeded) as error:
        problem = Problem.standard("expression", "The expression failed", detail=str(error))
    except TaskFault as fault:
        problem = fault.problem
    return Outcome(result=result, problem=problem.model_copy(update={"instance": planned.node.pointer}))


def _argument(client: Client, planned: PlannedRequest) -> RawValue:
    """The request as Temporal carries it.

    Raises:
        TaskFault: it is larger than that, as of a run.
    """
    converter = client.data_converter
    [payload] = converter.payload_converter.to_payloads([planned.call.argument])
    refuse_too_large(payload.ByteSize(), threshold_of(converter), f"the request of {planned.node.name}")
    return RawValue(payload)


async def _end(handle: ActivityHandle[Any]) -> None:
    """Cancel a call, and terminate it where it does not end.

    Raises:
        RPCError: Temporal did not answer.
        StillRunning: it goes on, or nobody knows: its worker does not hear of it.
    """
    soon = timedelta(seconds=_PARTING_SECONDS)
    await handle.cancel(reason=_INTERRUPTED, rpc_timeout=soon)
    try:
        async with asyncio.timeout(_PARTING_SECONDS):
            await handle.result()
    except TimeoutError:
        await handle.terminate(reason=_INTERRUPTED, rpc_timeout=soon)
    except ActivityFailureError as error:
        if not isinstance(error.cause, ActivityTimeoutError):
            return
    else:
        return
    raise StillRunning("the call may still be running")


def _failed(cause: BaseException | None, node: TaskNode) -> Outcome:
    problem = problem_of_failure(cause).model_copy(update={"instance": node.pointer})
    return Outcome(
        problem=problem,
        would_retry=isinstance(cause, ApplicationError) and not cause.non_retryable,
        would_ask_again=PLANNERS[node.kind].reask(node) if may_ask_again(problem.details or {}) else 0,
        retry_after=(problem.details or {}).get("retry_after"),
    )
