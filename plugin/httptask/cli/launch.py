"""One run from start to end: its worker, its progress, its result, and its interruption."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.service import RPCError
from temporalio.worker import Worker

from httptask.cli.cluster import Cluster, connect
from httptask.cli.console import print_json, print_note, stderr
from httptask.cli.errors import CliError, ExitCode
from httptask.cli.failures import explain_failure, problem_of
from httptask.cli.interrupts import Interrupts
from httptask.cli.progress import LiveView, PlainView, View
from httptask.dsl.canonical import sha256
from httptask.dsl.loader import Loaded
from httptask.plugin import HttpTaskPlugin, fetch_status
from httptask.workflows.run import WORKFLOW_TYPE, RunInput

__all__ = ["RUN_QUEUE_PREFIX", "Launch", "launch"]

RUN_QUEUE_PREFIX = "httptask-run-"
_POLL_SECONDS = 0.2
_CANCEL_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Launch:
    """What is to be run, and where.

    Attributes:
        cluster: None for the embedded server of `state_directory`.
        as_json: whether stdout gets one JSON object about the run instead of its output.
    """

    loaded: Loaded
    input: Any
    plugin: HttpTaskPlugin
    cluster: Cluster | None
    state_directory: Path
    as_json: bool


def launch(launch: Launch) -> ExitCode:
    """Run to the end, or until interrupted; nothing of it goes on afterwards."""
    return asyncio.run(_launch(launch))


async def _launch(launch: Launch) -> ExitCode:
    with Interrupts.caught() as interrupts:
        async with connect(launch.cluster, launch.state_directory, interrupts, [launch.plugin]) as client:
            # A queue of its own: when this worker is gone, no other one makes the run's calls.
            token = secrets.token_hex(4)
            async with Worker(client, task_queue=f"{RUN_QUEUE_PREFIX}{token}"):
                handle = await _start(client, launch, token)
                print_note(f"run {handle.id}")
                return await _follow(handle, launch, interrupts)


async def _start(client: Client, launch: Launch, token: str) -> WorkflowHandle[Any, Any]:
    document = launch.loaded.data["document"]
    run_input = RunInput(
        definition=launch.loaded.data,
        sha256=sha256(launch.loaded.data),
        input=launch.input,
    )
    try:
        return await client.start_workflow(
            WORKFLOW_TYPE,
            run_input,
            id=f"{document['name']}-{token}",
            task_queue=f"{RUN_QUEUE_PREFIX}{token}",
            memo={"definition": f"{document['namespace']}/{document['name']}:{document['version']}"},
        )
    except RPCError as error:
        raise CliError(
            f"Temporal did not start the run: {error.message}", exit_code=ExitCode.UNREACHABLE
        ) from None


async def _follow(handle: WorkflowHandle[Any, Any], launch: Launch, interrupts: Interrupts) -> ExitCode:
    """Show the run until it ends, end it when interrupted, and report what came of it."""
    result = asyncio.ensure_future(handle.result())
    asked = asyncio.ensure_future(interrupts.asked.wait())
    async with _shown(handle):
        await asyncio.wait({result, asked}, return_when=asyncio.FIRST_COMPLETED)
        if not result.done():
            await _end(handle, result, interrupts)
    asked.cancel()
    if not result.done():
        raise CliError(f"{handle.id} did not end: Temporal does not answer", exit_code=ExitCode.INTERRUPTED)
    try:
        output = await result
    except WorkflowFailureError as failure:
        interrupted = interrupts.asked.is_set()
        _report_failure(launch, handle.id, problem_of(failure), "interrupted" if interrupted else "failed")
        return ExitCode.INTERRUPTED if interrupted else ExitCode.FAILED
    except RPCError as error:
        raise CliError(f"lost Temporal: {error.message}", exit_code=ExitCode.UNREACHABLE) from None
    print_json({"run": handle.id, "state": "completed", "output": output} if launch.as_json else output)
    return ExitCode.DONE


async def _end(
    handle: WorkflowHandle[Any, Any], result: "asyncio.Future[Any]", interrupts: Interrupts
) -> None:
    """Cancel the run, and terminate it if it does not end in time or the user insists."""
    print_note("cancelling the run; Ctrl-C again ends it at once")
    insisted = asyncio.ensure_future(interrupts.insisted.wait())
    with contextlib.suppress(RPCError):  # it may have ended by itself
        await handle.cancel()
        await asyncio.wait({result, insisted}, timeout=_CANCEL_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if not result.done():
            await handle.terminate("interrupted")
    insisted.cancel()
    await asyncio.wait({result}, timeout=_CANCEL_SECONDS)


@contextlib.asynccontextmanager
async def _shown(handle: WorkflowHandle[Any, Any]) -> AsyncGenerator[None]:
    """Keep the user informed while the context lasts; the last state is shown in any case."""
    view: View = LiveView() if stderr.is_terminal else PlainView()
    with view:
        watching = asyncio.ensure_future(_watch(handle, view))
        try:
            yield
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            await _show(handle, view)


async def _watch(handle: WorkflowHandle[Any, Any], view: View) -> None:
    while True:
        await _show(handle, view)
        await asyncio.sleep(_POLL_SECONDS)


async def _show(handle: WorkflowHandle[Any, Any], view: View) -> None:
    with contextlib.suppress(RPCError, TimeoutError):  # progress is a courtesy; the result tells
        async with asyncio.timeout(_CANCEL_SECONDS):
            view.show(await fetch_status(handle))


def _report_failure(launch: Launch, run_id: str, problem: dict[str, Any], state: str) -> None:
    if launch.as_json:
        print_json({"run": run_id, "state": state, "error": problem})
    print_note(explain_failure(problem, launch.loaded))
