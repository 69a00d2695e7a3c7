"""Runs that end with their command: one that is interrupted, and those that it has left to themselves."""

import asyncio
import contextlib
from datetime import timedelta
from typing import Any

from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.service import RPCError

from httptask.cli.terminal.background import beside, first_of
from httptask.cli.terminal.console import harmless, print_note
from httptask.cli.terminal.failures import problem_of, state_after
from httptask.cli.terminal.interrupts import Interrupts
from httptask.runs.executions import runs_left_by

__all__ = ["CANCEL_SECONDS", "end_interrupted", "wait_for_left_runs"]

CANCEL_SECONDS = 2.0
"""What a run has to end in, once it is cancelled."""
_CANCEL_TIME = timedelta(seconds=CANCEL_SECONDS)


async def end_interrupted(
    handle: WorkflowHandle[Any, Any], result: "asyncio.Task[Any]", interrupts: Interrupts
) -> None:
    """Cancel a run, and terminate it if it does not end in time or the user insists."""
    print_note("cancelling the run; Ctrl-C again ends it at once")
    async with beside(interrupts.insisted.wait()) as insisted:
        with contextlib.suppress(RPCError):  # it may have ended by itself
            await handle.cancel(rpc_timeout=_CANCEL_TIME)
            await first_of(result, insisted, seconds=CANCEL_SECONDS)
            if not result.done():
                await handle.terminate(reason="interrupted", rpc_timeout=_CANCEL_TIME)
    await first_of(result, seconds=CANCEL_SECONDS)


async def wait_for_left_runs(client: Client, id_: str, interrupts: Interrupts) -> None:
    """Wait for the runs that a run has left to themselves: no other worker than that of this command serves them.

    Raises:
        RPCError: the server gives no answer.
    """
    async for run in runs_left_by(client, id_):
        handle = client.get_workflow_handle(run)
        async with beside(handle.result()) as result, beside(interrupts.asked.wait()) as asked:
            await first_of(result, asked, seconds=0 if interrupts.asked.is_set() else 0.1)
            if not result.done() and not asked.done():
                print_note(f"{harmless(run)} goes on by itself; waiting for its end")
                await first_of(result, asked)
            if not result.done():
                await end_interrupted(handle, result, interrupts)
            print_note(f"{harmless(run)}: {_told(result)}")


def _told(result: "asyncio.Task[Any]") -> str:
    """How a run ended, as far as it has."""
    failure = result.exception() if result.done() else None
    if not result.done():
        return "did not end"
    if failure is None:
        return "completed"
    if not isinstance(failure, WorkflowFailureError):
        return str(failure)
    problem = problem_of(failure)
    why = problem.get("detail") or problem["title"]
    return f"{state_after(failure)}: {harmless(str(why))}"
