"""`httptask runs`: looks at runs, and cancels them."""

import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from httptask.activities.names import TOKEN_LIMIT
from httptask.cli.commands.options import ConfigOption, JsonOption, ProfileOption
from httptask.cli.terminal.console import print_json, print_note
from httptask.cli.terminal.errors import CliError
from httptask.cli.terminal.notice import show_notice

if TYPE_CHECKING:
    from temporalio.client import Client

    from httptask.cli.runs.ending import Ending
    from httptask.cli.runs.records import RunRecord, RunSummary

__all__ = ["runs"]

_T = TypeVar("_T")
_LAST = "last"
_OURS = (
    f"(WorkflowType = 'httptask.run' OR TaskQueue STARTS_WITH 'httptask') AND WorkflowType != '{TOKEN_LIMIT}'"
)
_STARTS_ONE = "`httptask run FILE` starts one"
_LATEST = "ExecutionStatus != 'ContinuedAsNew'"

runs = typer.Typer(help="Look at runs, and cancel them.", no_args_is_help=True)

RunArgument = Annotated[
    str, typer.Argument(metavar="RUN|last", help="Id of a run, or `last` for the latest.")
]


@runs.command("list", epilog="Example: httptask runs list --limit 5")
def list_runs(
    *,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many, the latest first.")] = 20,
    json: JsonOption = False,
    config: ConfigOption = None,
    profile: ProfileOption = None,
) -> None:
    """List runs: id, definition, state, start and duration."""
    from httptask.cli.runs.listing import print_runs

    async def read(client: "Client", where: str) -> "tuple[list[RunSummary], str]":
        return await _latest(client, limit), where

    found, where = _ask(read, config, profile)
    if json:
        print_json([run.model_dump(mode="json") for run in found])
    elif found:
        print_runs(found)
    else:
        sys.stdout.write(f"no runs yet {where}; {_STARTS_ONE}\n")


@runs.command(epilog="Example: httptask runs show last --json")
def show(
    run: RunArgument = _LAST,
    *,
    json: JsonOption = False,
    config: ConfigOption = None,
    profile: ProfileOption = None,
) -> None:
    """Show a run: each task's state, request, attempts, and output or failure."""
    from httptask.cli.runs.history import read_run
    from httptask.cli.runs.showing import print_run

    async def read(client: "Client", where: str) -> "RunRecord":
        return await read_run(client, await _resolve(client, where, run))

    record = _ask(read, config, profile, replays=True)
    if json:
        print_json(record.model_dump(mode="json"))
    else:
        print_run(record)


@runs.command(epilog="Example: httptask runs cancel call-actions-1f0c9a2b")
def cancel(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of a run, or `last` for the latest.")],
    *,
    terminate: Annotated[
        bool, typer.Option("--terminate", help="Terminate it if it does not end within a few seconds.")
    ] = False,
    json: JsonOption = False,
    config: ConfigOption = None,
    profile: ProfileOption = None,
) -> None:
    """Ask a run to end, and wait a few seconds for it.

    A run of `httptask run` that does not end is terminated: its command was killed.
    A run that a worker serves ends as soon as a worker is there to do so.
    """
    from httptask.cli.runs.ending import end_run

    async def end(client: "Client", where: str) -> "Ending":
        return await end_run(client, await _resolve(client, where, run), terminate=terminate)

    ending = _ask(end, config, profile)
    if json:
        print_json(ending.model_dump())
    elif ending.state == "running":
        print_note(f"asked {ending.run} to end, but {ending.reason}")
        print_note("  hint: it ends when its worker does so; `--terminate` ends it at once")
    elif ending.state == "paused":
        print_note(f"asked {ending.run} to end, but it is {ending.reason}")
        print_note("  hint: it ends when it is unpaused; `--terminate` ends it at once")
    else:
        reason = f"{ending.reason}: " if ending.reason else ""
        print_note(f"{ending.run}: {reason}{ending.state}")


async def _latest(client: "Client", limit: int) -> "list[RunSummary]":
    from httptask.cli.runs.records import summarize
    from httptask.cli.temporal.executions import list_executions

    of_ours = f"{_OURS} AND {_LATEST} AND CloseTime"
    opened = [run async for run in list_executions(client, f"{of_ours} IS NULL", limit) if not run.is_part]
    found = sorted(opened, key=lambda each: each.started_at, reverse=True)[:limit]
    known = {run.run_id for run in found}
    # Not every store of Temporal sorts as asked: open runs come by their start, ended ones by their end.
    async for run in list_executions(client, f"{of_ours} IS NOT NULL"):
        if len(found) >= limit and run.ended_at is not None and run.ended_at < found[limit - 1].started_at:
            break
        if run.run_id not in known and not run.is_part:
            found = sorted((*found, run), key=lambda each: each.started_at, reverse=True)[:limit]
    return [await summarize(run) for run in found]


async def _resolve(client: "Client", where: str, run: str) -> str:
    if run != _LAST:
        return run
    latest = await _latest(client, 1)
    if not latest:
        raise CliError(f"no runs yet {where}", _STARTS_ONE)
    return latest[0].id


def _ask(
    work: "Callable[[Client, str], Coroutine[Any, Any, _T]]",
    config: Path | None,
    profile: str | None,
    *,
    replays: bool = False,
) -> _T:
    """Do some work with a client of the cluster or of the embedded server, and with words for where its runs are.

    Where it replays a run, what the interpreter logs is left out; else there is nobody to log anything.
    """
    import asyncio

    from temporalio.service import RPCError, RPCStatusCode

    from httptask.cli.observability.telemetry import set_runtime
    from httptask.cli.project.plugins import plugins_for_reading
    from httptask.cli.project.project import load_project
    from httptask.cli.temporal.cluster import connect, find_cluster
    from httptask.cli.terminal.interrupts import Interrupts

    if replays:
        from httptask.cli.observability.logging import configure_logging

        configure_logging("WARNING")
    else:
        set_runtime(log_core=False)
    project = load_project(config)
    cluster = find_cluster(profile, project.environment)
    where = f"at {cluster.address}" if cluster else f"in {project.config.state_directory}"

    async def ask() -> _T:
        with Interrupts.caught() as interrupts:
            plugins = plugins_for_reading(project.config)
            async with connect(cluster, project.config.state_directory, interrupts, plugins) as client:
                show_notice("reading")
                try:
                    return await interrupts.guard(work(client, where))
                except RPCError as error:
                    if error.status is not RPCStatusCode.NOT_FOUND:
                        raise
                    raise CliError(
                        f"no such run {where}: {error.message}", "`httptask runs list` shows the ids"
                    ) from None

    return asyncio.run(ask())
