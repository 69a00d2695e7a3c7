"""Ending runs from outside."""

import asyncio

from temporalio.api.enums.v1 import PendingWorkflowTaskState
from temporalio.client import Client, WorkflowHandle

from httptask.cli.errors import CliError
from httptask.cli.launch import RUN_QUEUE_PREFIX
from httptask.cli.records import state_of

__all__ = ["end_run"]

_WAIT_SECONDS = 5.0
_POLL_SECONDS = 0.1


async def end_run(client: Client, id_: str, *, terminate: bool) -> tuple[str, str]:
    """End a run: its worker cancels it, or it is terminated when nobody will ever serve it again.

    Returns:
        The state that it is in now, and a sentence about it.

    Raises:
        CliError: it has ended already.
        RPCError: there is no such run, or the server can't be reached.
    """
    handle = client.get_workflow_handle(id_)
    described = await handle.describe()
    if described.close_time is not None:
        raise CliError(
            f"{id_} ended at {described.close_time:%Y-%m-%d %H:%M:%S} UTC", "`httptask runs show` tells how"
        )
    if terminate:
        await handle.terminate("httptask runs cancel --terminate")
        return "terminated", "terminated"
    await handle.cancel()
    state = await _state_soon(handle)
    if state != "running":
        return state, f"it has ended: {state}"
    if not await _is_unserved(handle):
        return "cancel requested", "its worker has been asked to end it"
    if described.task_queue.startswith(RUN_QUEUE_PREFIX):
        await handle.terminate("no worker serves it any more")
        return "terminated", "its process is gone, so it was terminated"
    return (
        "cancel requested",
        f"no worker has taken it up on {described.task_queue} yet; it ends when one does, or with --terminate",
    )


async def _state_soon(handle: WorkflowHandle[object, object]) -> str:
    """The state, as soon as it is no longer running; a live worker needs a moment only."""
    deadline = asyncio.get_running_loop().time() + _WAIT_SECONDS
    while True:
        state = state_of((await handle.describe()).status)
        if state != "running" or asyncio.get_running_loop().time() > deadline:
            return state
        await asyncio.sleep(_POLL_SECONDS)


async def _is_unserved(handle: WorkflowHandle[object, object]) -> bool:
    """Whether the task that tells the workflow to cancel still waits for a worker."""
    raw = (await handle.describe()).raw_description
    waits = PendingWorkflowTaskState.PENDING_WORKFLOW_TASK_STATE_SCHEDULED
    return raw.HasField("pending_workflow_task") and raw.pending_workflow_task.state == waits
