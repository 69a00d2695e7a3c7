"""Tries one request of a definition: plans it, shows it, has it sent, reports what came of it."""

import asyncio
import secrets
import sys
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer
from temporalio.client import Client, Plugin

from httptask.activities.connection_profile import ConnectionProfile, profile_of
from httptask.calls.problem import TaskFault
from httptask.catalog import FOLDER
from httptask.catalog.errors import CatalogError
from httptask.catalog.project_documents import ProjectDocuments
from httptask.cli.temporal.cluster import Cluster, connect, where_runs_are
from httptask.cli.terminal.background import beside, first_of, run_async
from httptask.cli.terminal.console import can_ask, print_json, print_note
from httptask.cli.terminal.errors import CliError, ExitCode
from httptask.cli.terminal.interrupts import Interrupts
from httptask.cli.terminal.notice import clear_notice, show_notice
from httptask.client.edge import Edge
from httptask.config import Config
from httptask.connections.connection import Connection
from httptask.dsl.expressions import ExpressionFailed, ExpressionLimitExceeded, ExpressionsBusy
from httptask.dsl.loader import Loaded
from httptask.http.errors import HttpTaskError
from httptask.request.curl import curl_command
from httptask.request.httpie import httpie_command
from httptask.request.httpx_script import httpx_script
from httptask.secrets.store import SecretStore
from httptask.testrequest import (
    Load,
    NotTestable,
    NoWorker,
    Outcome,
    OutputsInvalid,
    PlannedRequest,
    PreparedPart,
    Report,
    Reporter,
    Sample,
    SavedOutputs,
    StillRunning,
    find_operation,
    load_here,
    load_on,
    plan_request,
    profiles_on,
    send_once,
    values_read,
)

if TYPE_CHECKING:
    from httptask.catalog.catalog import Catalog

__all__ = ["Trial", "try_request"]

_PROGRAMS: Final = {"curl": curl_command, "httpie": httpie_command, "python": httpx_script}
_QUEUE_PREFIX = "httptask-test-"


@dataclass(frozen=True, slots=True)
class Trial:
    """What is to be tried, and where.

    Attributes:
        edge: knows what a worker would be configured with.
        plugin: of the client, and of the command's own worker; None to show the prepared request only.
        cluster: None for the embedded server.
        task_queue: of workers that are to send it; None for a worker of the command's own.
        program: that the request is only written down for: `curl`, `python` or `httpie`; None to show and send it.
        attempt: which of a run's attempts it is to be.
        save_output: the file that the task's output is added to, if it is to be.
        live: whether the text of a streamed chat completion is shown while it comes.
        confirmed: whether nobody has to be asked before something is sent that may change something.
    """

    loaded: Loaded
    task: str
    sample: Sample
    config: Config
    edge: Edge
    plugin: Plugin | None
    cluster: Cluster | None
    task_queue: str | None
    program: str | None
    as_json: bool
    attempt: int = 1
    save_output: Path | None = None
    confirmed: bool = False
    live: bool = False


@dataclass(frozen=True, slots=True)
class _Shown:
    """A request that was planned, and shown to whoever asked for it.

    Attributes:
        outputs: where its output is to be saved.
    """

    planned: PlannedRequest
    reporter: Reporter
    prepared: PreparedPart
    outputs: SavedOutputs | None


def try_request(trial: Trial) -> ExitCode:
    """Plan, show, send and report; or only write the request down for another program."""
    if trial.plugin is not None and trial.task_queue is not None:
        return run_async(_try_on_queue(trial, trial.plugin, trial.task_queue))
    profiles = {name: profile_of(found) for name, found in trial.config.connections.items()}
    if trial.program is not None:
        return _write_down(trial, trial.program, profiles)
    shown = run_async(_shown(trial, profiles, load_here(trial.edge)))
    if trial.plugin is None:
        return _ended(trial, shown, None)
    _ask(trial, shown)
    return _ended(trial, shown, run_async(_try_on_own_worker(trial, trial.plugin, shown.planned)))


def _write_down(trial: Trial, program: str, profiles: Mapping[str, ConnectionProfile]) -> ExitCode:
    """Print the program that sends the same."""
    planned, _ = run_async(_plan(trial, profiles, None))
    try:
        prepared = trial.edge.prepare(planned.by_hand)
        text = prepared.export(_PROGRAMS[program])
    except HttpTaskError as error:
        raise CliError(f"{trial.loaded.name}: {trial.task}: {error.message}") from None
    if trial.as_json:
        print_json({program: text})
    else:
        sys.stdout.write(f"{text}\n")
    return ExitCode.DONE


async def _shown(trial: Trial, profiles: Mapping[str, ConnectionProfile], load: Load) -> _Shown:
    outputs = None if trial.save_output is None else _read_outputs(trial.save_output)
    try:
        planned, reporter = await _plan(trial, profiles, None if trial.plugin is None else load)
        prepared = await reporter.prepared(dry=trial.plugin is None, sent_here=trial.task_queue is None)
    finally:
        await trial.edge.aclose()
    if not trial.as_json:
        from httptask.cli.runs.report_view import print_prepared

        print_prepared(prepared, trial.loaded)
    return _Shown(planned, reporter, prepared, outputs)


def _ended(trial: Trial, shown: _Shown, outcome: Outcome | None) -> ExitCode:
    """Report what came of it, if it was sent."""
    report = Report(prepared=shown.prepared)
    if outcome is not None:
        report = shown.reporter.report(shown.prepared, outcome)
    if trial.as_json:
        print_json(report.to_json())
    else:
        from httptask.cli.runs.report_view import print_answer

        print_answer(report, trial.loaded)
    if shown.outputs is not None and report.outcome is not None and report.is_success:
        if report.outcome.handled_tools:
            print_note(
                "--save-output: nothing is saved, for the task has no output before its tools are answered"
            )
            return ExitCode.DONE
        try:
            shown.outputs.add(shown.planned.node.name, report.outcome.downstream)
        except OutputsInvalid as error:
            raise CliError(f"--save-output: {error}", "the request was sent; name another file") from None
        print_note(
            f"saved: {trial.save_output}; the next test request takes it with --outputs @{trial.save_output}"
        )
    return ExitCode.DONE if report.is_success else ExitCode.FAILED


async def _plan(
    trial: Trial, profiles: Mapping[str, ConnectionProfile], load: Load | None
) -> tuple[PlannedRequest, Reporter]:
    program, config = trial.loaded.program, trial.config
    assert program is not None  # checked when it was loaded
    documents = ProjectDocuments(config.root, config.state_directory, Path(trial.loaded.name).parent)
    try:
        found = await find_operation(program, trial.task, trial.sample, documents, load)
        planned = plan_request(
            program,
            trial.task,
            trial.sample,
            profiles,
            attempt=trial.attempt,
            operation=None if found is None else found.operation,
        )
        return planned, Reporter(program, planned, trial.edge, _catalog_of(config), found)
    except NotTestable as error:
        raise CliError(f"{trial.loaded.name}: {error}", facts=error.facts) from None
    except CatalogError as error:
        raise CliError(error.message, error.hint) from None
    except ExpressionFailed as failed:
        raise _expression_failed(trial, failed) from None
    except (ValueError, ExpressionLimitExceeded, ExpressionsBusy) as error:
        raise CliError(f"{trial.loaded.name}: {error}") from None
    except TaskFault as fault:
        raise CliError(
            f"{trial.loaded.name}: {trial.task}: {fault.problem.title}: {fault.problem.detail}"
        ) from None
    except HttpTaskError as error:
        raise CliError(f"{trial.loaded.name}: {trial.task}: {error.message}") from None


def _expression_failed(trial: Trial, failed: ExpressionFailed) -> CliError:
    """What an expression failed on; the first to be mended is what nobody gave."""
    assert trial.loaded.program is not None  # checked when it was loaded
    file, at = trial.loaded.where(failed.pointer)
    unset = values_read(trial.loaded.program, trial.task, trial.sample)
    to_give = " ".join(f"--set {name}=…" for name in unset)
    return CliError(
        f"{file}:{at.line}:{at.column}: {failed.message}",
        (f"give what it reads: `{to_give}`" if unset else failed.hint)
        or "correct the expression or the values; `httptask eval` tries it on the same ones",
        facts={"missing": {"values": unset}} if unset else {},
    )


def _catalog_of(config: Config) -> "Catalog | None":
    """The catalogue of a project that has one: who has none does not wait for what reads it."""
    if not (config.root / FOLDER).is_dir():
        return None
    from httptask.catalog.catalog import Catalog

    return Catalog(config.root, config.state_directory)


def _read_outputs(file: Path) -> SavedOutputs:
    try:
        return SavedOutputs.read(file)
    except OutputsInvalid as error:
        raise CliError(
            f"--save-output: {error}", "name a file that is not there yet, or one of its own"
        ) from None


def _ask(trial: Trial, shown: _Shown) -> None:
    """Let a person at a terminal decide about what may not be undone; a script has decided already."""
    if trial.confirmed or not shown.reporter.may_change_something or not can_ask():
        return
    prepared = shown.prepared
    warning = f"{prepared.method} {prepared.uri} is sent for real, and may change something there."
    clear_notice()
    try:
        is_wanted = typer.confirm(f"{warning} Send it?", err=True)
    except typer.Abort:
        print_note("")
        raise CliError("interrupted: nothing was sent", exit_code=ExitCode.INTERRUPTED) from None
    if not is_wanted:
        raise CliError(
            "nothing was sent", "--yes sends it without asking, --dry-run shows it", ExitCode.FAILED
        )


async def _try_on_own_worker(trial: Trial, plugin: Plugin, planned: PlannedRequest) -> Outcome:
    """As `httptask run` does."""
    from httptask.cli.temporal.worker import new_worker, while_working

    with Interrupts.caught() as interrupts:
        async with connect(trial.cluster, trial.config.state_directory, interrupts, [plugin]) as client:
            task_queue = f"{_QUEUE_PREFIX}{secrets.token_hex(4)}"
            worker = new_worker(client, task_queue)
            show_notice("sending")
            sending = _unless_interrupted(_sent(trial, client, task_queue, planned), interrupts)
            return await while_working(worker, sending)


async def _try_on_queue(trial: Trial, plugin: Plugin, task_queue: str) -> ExitCode:
    """As the runs that workers of a task queue serve: their connections, secrets and policy hold."""
    assert trial.loaded.program is not None  # checked when it was loaded
    with Interrupts.caught() as interrupts:
        async with connect(trial.cluster, trial.config.state_directory, interrupts, [plugin]) as client:
            try:
                asking = profiles_on(client, task_queue, trial.loaded.program, trial.task)
                profiles = await interrupts.guard(asking)
            except NoWorker as error:
                command = "dev" if trial.cluster is None else "worker"
                raise CliError(
                    f"{error} {where_runs_are(trial.cluster, trial.config)}",
                    f"start one: httptask {command} --task-queue {task_queue} --definitions DIR; or leave out "
                    "--task-queue, and this command sends the request itself",
                    ExitCode.UNREACHABLE,
                ) from None
            except NotTestable as error:
                raise CliError(f"{trial.loaded.name}: {error}") from None
            except TaskFault as fault:
                told = fault.problem.detail or fault.problem.title
                raise CliError(f"{trial.loaded.name}: {trial.task}: {told}") from None
            seen = _as_the_workers_have_it(trial, profiles)
            with interrupts.let_through():
                shown = await _shown(seen, profiles, load_on(client, task_queue))
                _ask(trial, shown)
            show_notice("sending")
            outcome = await _unless_interrupted(_sent(trial, client, task_queue, shown.planned), interrupts)
    return _ended(trial, shown, outcome)


async def _sent(trial: Trial, client: Client, task_queue: str, planned: PlannedRequest) -> Outcome:
    """Send it, and show the text while it comes, where that is wanted."""
    if not trial.live:
        return await send_once(client, task_queue, planned)
    if not planned.call.argument.is_streamed:
        print_note("--live shows answers that are streamed: write `stream: true` into a chatCompletion")
    from httptask.cli.terminal.progress.plain import PlainView

    with PlainView() as view:
        return await send_once(client, task_queue, planned, view.hear)


def _as_the_workers_have_it(trial: Trial, profiles: Mapping[str, ConnectionProfile]) -> Trial:
    """The trial, with stand-ins for connections that are known to the workers alone, who tell their servers.

    Raises:
        CliError: a server is not told, for the workers have its address in a secret.
    """
    known = dict(trial.config.connections)
    for name, profile in profiles.items():
        here = known[name].origin if name in known else None
        if name not in known:
            if profile.server is None:
                raise CliError(
                    f"the workers do not tell the server of {name}", f"declare [connections.{name}] here"
                )
            known[name] = Connection(name=name, base_url=profile.server)
            print_note(
                f"note: {name} is not in httptask.toml: of its settings, only its server is shown beforehand"
            )
        elif here is not None and profile.server not in (None, here):
            print_note(f"note: the connection {name} leads to {profile.server} there, and here to {here}")
    return replace(trial, edge=Edge(known, SecretStore(trial.config.secrets, {})))


async def _unless_interrupted(sending: Coroutine[Any, Any, Outcome], interrupts: Interrupts) -> Outcome:
    """Wait for what is sent; a call that does not end with this command is told of.

    Raises:
        CliError: interrupted.
    """
    async with beside(sending) as task, beside(interrupts.asked.wait()) as asked:
        await first_of(task, asked)
        if task.done():
            return task.result()
        task.cancel()
        try:
            await task
        except StillRunning as running:
            raise CliError(f"interrupted: {running}", exit_code=ExitCode.INTERRUPTED) from None
        except asyncio.CancelledError:
            pass
    raise CliError("interrupted: the call was cancelled", exit_code=ExitCode.INTERRUPTED)
