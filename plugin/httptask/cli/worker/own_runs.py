"""Runs of the designer by fixtures, or into fixtures, as `httptask run` has them with `--fixtures` and `--record`."""

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from temporalio.client import WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import TemporalError
from temporalio.service import RPCError, RPCStatusCode

from httptask.cli.project.run_setup import run_setup_of
from httptask.cli.temporal.cluster import connect_again
from httptask.cli.temporal.worker import end_worker, new_worker
from httptask.cli.terminal.background import beside, first_of
from httptask.cli.terminal.errors import CliError
from httptask.runs.ending import RUN_QUEUE_PREFIX
from httptask.runs.executions import runs_left_by

if TYPE_CHECKING:
    from temporalio.client import Client
    from temporalio.worker import Worker

    from httptask.cli.project.project import Project
    from httptask.cli.project.run_setup import RunSetup
    from httptask.designer.workspace import Start, Temporal
    from httptask.dsl.loader import Loaded
    from httptask.fixtures.recording import Recorder
    from httptask.fixtures.transport import Fixtures

__all__ = ["OwnRuns"]

_GONE: Final = "httptask dev has ended, which had its worker"
_AGAIN_SECONDS: Final = 1.0
_LAST_LOOK_SECONDS: Final = 3.0
"""Who watches a run asks its worker once more when it has ended."""
_PARTING_TIME: Final = timedelta(seconds=2)
_MOST_RECORDERS: Final = 20
"""Of the latest runs; each holds the answers that it wrote."""


class OwnRuns:
    """Each has a worker and a task queue of its own, so that no other worker sends its requests; with it both end.

    Args:
        load: reads the project, as `load_project` does.
    """

    def __init__(self, load: "Callable[..., Project]") -> None:
        self._load = load
        self._serving: set[asyncio.Task[None]] = set()
        self._recorders: dict[str, Recorder] = {}

    async def begin(
        self,
        temporal: "Temporal",
        loaded: "Loaded",
        file: Path,
        start: "Start",
        *,
        fixtures: "Fixtures | None" = None,
        recorder: "Recorder | None" = None,
    ) -> str:
        """See `httptask.designer.workspace.OwnRuns`."""
        from httptask.designer.problems import Problem

        try:
            setup = await asyncio.to_thread(self._setup, loaded, file, fixtures, recorder)
            client = await connect_again(temporal.client, [setup.plugin()])
        except CliError as error:
            raise Problem(422, error.message, error.hint) from None
        queue = f"{RUN_QUEUE_PREFIX}{secrets.token_hex(4)}"
        begun: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        there = replace(temporal, client=client, task_queue=queue)
        serving = asyncio.create_task(_serve(new_worker(client, queue), start, there, begun))
        self._serving.add(serving)
        serving.add_done_callback(self._serving.discard)
        id_ = await asyncio.shield(begun)
        if recorder is not None:
            self._recorders = dict([*self._recorders.items(), (id_, recorder)][-_MOST_RECORDERS:])
        return id_

    def recorder_of(self, id_: str) -> "Recorder | None":
        """See `httptask.designer.workspace.OwnRuns`."""
        return self._recorders.get(id_)

    async def end(self) -> None:
        """End those that go on: nobody else serves their queues."""
        serving = [*self._serving]
        for one in serving:
            one.cancel()
        await asyncio.gather(*serving, return_exceptions=True)

    def _setup(
        self, loaded: "Loaded", file: Path, fixtures: "Fixtures | None", recorder: "Recorder | None"
    ) -> "RunSetup":
        def nothing(_: str) -> None:
            """Was said when the command began."""

        project = self._load(fixtures=fixtures, say=nothing)
        return run_setup_of(project, file, loaded, fixtures, recorder)


async def _serve(worker: "Worker", start: "Start", there: "Temporal", begun: "asyncio.Future[str]") -> None:
    """Start a run, and work for it until it has ended, and those that it left to themselves."""
    working = asyncio.ensure_future(worker.run())
    going: list[WorkflowHandle[Any, Any]] = []
    try:
        try:
            going.append(await start(there))
        except Exception as error:  # noqa: BLE001 - who asked for it is told
            begun.set_exception(error)
            return
        begun.set_result(going[0].id)
        async with beside(_until_ended(there.client, going)) as ended:
            await first_of(working, ended)
        await first_of(working, seconds=_LAST_LOOK_SECONDS)
    finally:
        for handle in going:
            with suppress(TemporalError):
                await handle.terminate(reason=_GONE, rpc_timeout=_PARTING_TIME)
        await end_worker(working, gone=bool(going))


async def _until_ended(client: "Client", going: list[WorkflowHandle[Any, Any]]) -> None:
    """Wait for the end of runs, and take out of the list what has ended; a server that is away comes back."""
    while going:
        handle = going[0]
        try:
            with suppress(WorkflowFailureError):
                await handle.result()
            left = [client.get_workflow_handle(id_) async for id_ in runs_left_by(client, handle.id)]
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                await asyncio.sleep(_AGAIN_SECONDS)
                continue
            left = []
        going[:] = [*going[1:], *left]
