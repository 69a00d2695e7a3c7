"""Ending a run from outside: its worker is asked to; what no worker will ever take up is terminated."""

import asyncio
import contextlib
from collections.abc import Generator

from pydantic import BaseModel
from temporalio.api.enums.v1 import PendingWorkflowTaskState
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from httptask.runs.executions import Described, describe

__all__ = ["RUN_QUEUE_PREFIX", "AlreadyEnded", "Ending", "end_run", "has_own_queue"]

RUN_QUEUE_PREFIX = "httptask-run-"
"""Of task queues of a run's own: when its worker is gone, no other one makes its calls."""

_PATIENCE_SECONDS = 5.0
_POLL_SECONDS = 0.1


class AlreadyEnded(Exception):
    """A run that is to be ended has ended; `hint` says how one learns what came of it."""

    hint = "`httptask runs show` tells how"


class Ending(BaseModel):
    """What came of it; `reason` is why the run still is `running` or `paused`, or why it was terminated."""

    run: str
    state: str
    reason: str | None = None


async def end_run(client: Client, id_: str, *, terminate: bool) -> Ending:
    """Cancel a run and wait a short while for its end.

    A run of `httptask run`, or one of the designer with its own worker, is terminated where it does not end, as at
    a second Ctrl-C of that command: its queue is its own, and no other worker ever comes. Any other run stays asked,
    and ends when a worker takes that up.

    Args:
        client: of the server that has the run.
        id_: of the run.
        terminate: whether to terminate any run that does not end in time.

    Raises:
        AlreadyEnded: it has.
        RPCError: there is no such run, or no answer.
    """
    handle = client.get_workflow_handle(id_)
    run = await describe(client, id_)
    if run.ended_at is not None:
        raise AlreadyEnded(f"{id_} ended at {run.ended_at:%Y-%m-%d %H:%M:%S} UTC")
    with _unless_ended():
        await handle.cancel()
    run = await _watch(client, id_)
    if run.ended_at is not None:
        return Ending(run=id_, state=run.state)
    reason = run.pause or _reason(run)
    if not (terminate or (has_own_queue(run) and run.pause is None)):
        return Ending(run=id_, state=run.state, reason=reason)
    with _unless_ended():
        await handle.terminate(reason=reason)
    state = (await describe(client, id_)).state
    return Ending(run=id_, state=state, reason=reason if state == "terminated" else None)


async def _watch(client: Client, id_: str) -> Described:
    """The run once it has ended, or once patience has."""
    clock = asyncio.get_running_loop()
    until = clock.time() + _PATIENCE_SECONDS
    while True:
        run = await describe(client, id_)
        if run.ended_at is not None or run.pause or clock.time() > until:
            return run
        await asyncio.sleep(_POLL_SECONDS)


def _reason(run: Described) -> str:
    """Why a run that was asked to end goes on: a worker that is there takes the request up at once."""
    untaken = PendingWorkflowTaskState.PENDING_WORKFLOW_TASK_STATE_SCHEDULED
    if run.description.pending_workflow_task.state != untaken:
        return f"it did not end within {_PATIENCE_SECONDS:g} s"
    if has_own_queue(run):
        return "no worker serves its queue any more"
    return f"no worker serves the task queue {run.info.task_queue} now"


def has_own_queue(run: Described) -> bool:
    """Whether nobody else ever serves the queue of a run than the process that began it."""
    return run.info.task_queue.startswith(RUN_QUEUE_PREFIX)


@contextlib.contextmanager
def _unless_ended() -> Generator[None]:
    """Pass over a run that has ended in the meantime."""
    try:
        yield
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
