"""One run from start to end: its worker, its progress, its result, and its interruption."""

import asyncio
import contextlib
import os
import secrets
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import TemporalError
from temporalio.service import RPCError

from httptask.cli.runs.following import CANCEL_SECONDS, end_interrupted, wait_for_left_runs
from httptask.cli.temporal.cluster import Cluster, connect
from httptask.cli.temporal.worker import new_worker, while_working
from httptask.cli.terminal.background import beside, first_of, run_async
from httptask.cli.terminal.console import is_terminal, print_json, print_note
from httptask.cli.terminal.errors import CliError, ExitCode
from httptask.cli.terminal.failures import explain_failure, hint_at_input, problem_of, state_after
from httptask.cli.terminal.interrupts import Interrupts
from httptask.cli.terminal.notice import show_notice
from httptask.cli.terminal.progress.plain import PlainView
from httptask.cli.terminal.progress.view import View
from httptask.cli.terminal.progress.wording import describe_spent
from httptask.cli.worker.webhooks import WebhookAddress, events_taken, tell_webhooks
from httptask.dsl.canonical import qualified_name, sha256
from httptask.dsl.loader import Loaded
from httptask.interpreter.fetch_status import SIMULATED_MEMO
from httptask.interpreter.status import RunStatus
from httptask.interpreter.workflow_types import WORKFLOW_TYPE, RunInput, keep_program
from httptask.plugin import HttpTaskPlugin, fetch_status, live_texts
from httptask.runs.ending import RUN_QUEUE_PREFIX
from httptask.runs.executions import describe
from httptask.runs.records import FILE_MEMO, id_of_rerun
from httptask.scheduling.spending_state import SPENT_MEMO, Spent

if TYPE_CHECKING:
    from httptask.reruns import Rerun

__all__ = ["Followed", "Launch", "follow", "launch"]

_POLL_SECONDS = 0.2
_LOOK_TIME = timedelta(seconds=2)
_LAST_LOOK_TIME = timedelta(seconds=10)
"""A run that has ended is not in its worker's cache any more: what it tells then takes a replay of all of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A run that is shown until it ends.

    Attributes:
        as_json: whether stdout gets one JSON object about the run instead of its output.
        live: whether texts are shown while they come.
        simulated: whether answers come from fixtures.
        stays: whether it goes on when the user has seen enough, rather than end with the command.
    """

    loaded: Loaded
    input: Any
    as_json: bool
    live: bool = False
    simulated: bool = False
    stays: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch(Followed):
    """What is to be run, and where.

    Attributes:
        cluster: None for the embedded server of `state_directory`.
        leaves_runs: whether it may leave runs of other definitions to themselves.
        rerun: what it goes on from; None where it begins with its first task.
        webhooks: where events are taken for it while it runs, if they are.
    """

    plugin: HttpTaskPlugin
    cluster: Cluster | None
    state_directory: Path
    leaves_runs: bool = False
    rerun: "Rerun | None" = None
    webhooks: WebhookAddress | None = None


def launch(launch: Launch) -> ExitCode:
    """Run to the end, or until interrupted; nothing of it goes on afterwards."""
    return run_async(_launch(launch))


async def _launch(launch: Launch) -> ExitCode:
    with Interrupts.caught() as interrupts:
        async with connect(launch.cluster, launch.state_directory, interrupts, [launch.plugin]) as client:
            # A queue of its own: when this worker is gone, no other one makes the run's calls.
            token = secrets.token_hex(4)
            show_notice("starting the run")
            worker = new_worker(client, f"{RUN_QUEUE_PREFIX}{token}")
            async with events_taken(launch.webhooks, client):
                return await while_working(worker, _run(client, launch, token, interrupts))


async def _run(client: Client, launch: Launch, token: str, interrupts: Interrupts) -> ExitCode:
    handle = await _start(client, launch, token)
    print_note(f"run {handle.id}")
    tell_webhooks(launch.webhooks)
    code = await follow(client, handle, launch, interrupts)
    if launch.leaves_runs:
        await wait_for_left_runs(client, handle.id, interrupts)
        return ExitCode.INTERRUPTED if interrupts.asked.is_set() else code
    return code


async def _start(client: Client, launch: Launch, token: str) -> WorkflowHandle[Any, Any]:
    assert launch.loaded.program is not None  # checked when it was loaded
    keep_program(launch.loaded.data, launch.loaded.program)
    queue = f"{RUN_QUEUE_PREFIX}{token}"
    file = os.fsencode(launch.loaded.name).decode(
        errors="replace"
    )  # as text, which it need not be in this locale
    memo: dict[str, Any] = {FILE_MEMO: file}
    if launch.simulated:
        memo[SIMULATED_MEMO] = True
    if launch.rerun is not None:
        from httptask.reruns import NotRerunnable

        id_ = id_of_rerun(launch.rerun.source.run, token)
        try:
            return await launch.rerun.start(client, id_, queue, live=launch.live, memo=memo, is_eager=True)
        except NotRerunnable as error:
            raise CliError(str(error), error.hint) from None
    run_input = RunInput(
        definition=launch.loaded.data,
        sha256=sha256(launch.loaded.data),
        input=launch.input,
        live=launch.live,
    )
    return await client.start_workflow(
        WORKFLOW_TYPE,
        run_input,
        id=f"{launch.loaded.program.definition.document.name}-{token}",
        task_queue=queue,
        memo={"definition": qualified_name(launch.loaded.data), **memo},
        request_eager_start=True,  # its worker is this one
    )


async def follow(
    client: Client, handle: WorkflowHandle[Any, Any], launch: Followed, interrupts: Interrupts
) -> ExitCode:
    """Show the run until it ends, end it when interrupted unless it stays, and report what came of it."""
    async with beside(handle.result()) as result:
        async with (
            _shown(client, handle, interrupts, live=launch.live),
            beside(interrupts.asked.wait()) as asked,
        ):
            await first_of(result, asked)
            if not result.done() and not launch.stays:
                await end_interrupted(handle, result, interrupts)
        if not result.done() and launch.stays:
            print_note(f"{handle.id} goes on; `httptask runs show {quote(handle.id)}` tells how far it is")
            return ExitCode.INTERRUPTED
        if not result.done():
            raise CliError(
                f"{handle.id} did not end: Temporal does not answer", exit_code=ExitCode.INTERRUPTED
            )
        spent = await _spent(client, handle)
        try:
            output = result.result()
        except WorkflowFailureError as failure:
            _report_failure(launch, handle.id, failure, spent)
            return ExitCode.INTERRUPTED if interrupts.asked.is_set() else ExitCode.FAILED
    whole = {
        "run": handle.id,
        "state": "completed",
        "simulated": launch.simulated,
        "output": output,
        "spent": spent,
    }
    print_json(whole if launch.as_json else output)
    return ExitCode.DONE


async def _spent(client: Client, handle: WorkflowHandle[Any, Any]) -> dict[str, Any] | None:
    """What the run has used, as JSON; shown where it was asking models."""
    with contextlib.suppress(RPCError, TimeoutError):
        async with asyncio.timeout(CANCEL_SECONDS):
            found = (await (await describe(client, handle.id)).memo()).get(SPENT_MEMO)
        if found is not None:
            spent = Spent.model_validate(found)
            if spent.questions:
                print_note(describe_spent(spent))
            return spent.model_dump()
    return None


@contextlib.asynccontextmanager
async def _shown(
    client: Client, handle: WorkflowHandle[Any, Any], interrupts: Interrupts, *, live: bool
) -> AsyncGenerator[None]:
    """Keep the user informed while the context lasts, with `live` of texts too; the last state is shown in any case."""
    with _new_view() as view:
        watch = _Watch(client, handle, view)
        try:
            async with (
                beside(watch.look_on()),
                beside(_listen(client if live else None, handle, view)) as listening,
            ):
                yield
                await first_of(listening, seconds=CANCEL_SECONDS)
        finally:
            if interrupts.asked.is_set():
                await watch.look()
            else:
                async with (
                    beside(watch.look(_LAST_LOOK_TIME)) as last_look,
                    beside(interrupts.asked.wait()) as asked,
                ):
                    await first_of(last_look, asked)


def _new_view() -> View:
    if not is_terminal("stderr"):
        return PlainView()
    from httptask.cli.terminal.progress.live import LiveView

    return LiveView()


async def _listen(client: Client | None, handle: WorkflowHandle[Any, Any], view: View) -> None:
    """Show the texts of a run while they come, to its end."""
    if client is None:
        return
    try:
        async for piece in live_texts(client, handle.id):
            view.hear(piece)
    except TemporalError:
        print_note("texts are not shown any more as they come: Temporal does not give them")


class _Watch:
    """Looks at a run for a view."""

    def __init__(self, client: Client, handle: WorkflowHandle[Any, Any], view: View) -> None:
        self._client = client
        self._handle = handle
        self._view = view
        self._status: RunStatus | None = None

    async def look_on(self) -> None:
        """Look again and again."""
        while True:
            await self.look()
            await asyncio.sleep(_POLL_SECONDS)

    async def look(self, patience: timedelta = _LOOK_TIME) -> None:
        """Show what the run does now."""
        with contextlib.suppress(TemporalError, TimeoutError):  # progress is a courtesy; the result tells
            async with asyncio.timeout(patience.total_seconds()):
                self._status = await fetch_status(
                    self._handle, self._status, client=self._client, rpc_timeout=patience
                )
            self._view.show(self._status)


def _report_failure(launch: Followed, run_id: str, failure: WorkflowFailureError, spent: Any) -> None:
    problem = problem_of(failure)
    if launch.as_json:
        told = {"run": run_id, "state": state_after(failure), "simulated": launch.simulated}
        print_json({**told, "error": problem, "spent": spent})
    print_note(explain_failure(problem, launch.loaded, has_file=not launch.stays))
    if hint := hint_at_input(problem, launch.input):
        print_note(f"  hint: {hint}")
