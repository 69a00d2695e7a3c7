"""Sends a planned call once: the activity of runs, standalone, on the same worker."""

import asyncio
from datetime import timedelta
from typing import Any

from temporalio.client import ActivityFailureError, ActivityHandle, Client
from temporalio.common import RawValue, RetryPolicy
from temporalio.exceptions import TimeoutError as ActivityTimeoutError

from httptask.activities.storage import threshold_of
from httptask.calls.activity_call import activity_options
from httptask.calls.problem import TaskFault
from httptask.scheduling.payloads import refuse_too_large
from httptask.testrequest.outcome import Outcome, outcome_of_failure, outcome_of_fault, outcome_of_result
from httptask.testrequest.planning import PlannedRequest

__all__ = ["StillRunning", "send_once"]

_NO_WORKER = timedelta(seconds=5)
_PARTING_SECONDS = 2.0
_INTERRUPTED = "the test request was interrupted"


class StillRunning(Exception):
    """The test request was interrupted and its call did not end in time: it may still be running, in its worker."""


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
        return outcome_of_fault(planned, fault.problem)
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
        return outcome_of_failure(planned, error.cause)
    except asyncio.CancelledError:
        await _end(handle)
        raise
    return outcome_of_result(planned, result)


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
