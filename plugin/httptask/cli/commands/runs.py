"""`httptask runs`: looks at runs, cancels them, and has them pause."""

import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

from httptask.cli.commands.options import ConfigOption, JsonOption, ProfileOption
from httptask.cli.runs.asking import LAST, STARTS_ONE, ask, resolve_run
from httptask.cli.terminal.console import print_json, print_note
from httptask.cli.terminal.errors import CliError

if TYPE_CHECKING:
    from temporalio.client import Client

    from httptask.runs.ending import Ending
    from httptask.runs.records import RunRecord, RunSummary

__all__ = ["runs"]

runs = typer.Typer(help="Look at runs, cancel them, and have them pause.", no_args_is_help=True)

RunArgument = Annotated[
    str, typer.Argument(metavar="RUN|last", help="Id of a run, or `last` for the latest.")
]

ReasonOption = Annotated[str, typer.Option("--reason", help="Why, for who looks at the run.")]


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
        from httptask.runs.records import latest_runs

        return await latest_runs(client, limit), where

    found, where = ask(read, config, profile)
    if json:
        print_json([run.model_dump(mode="json") for run in found])
    elif found:
        print_runs(found)
    else:
        sys.stdout.write(f"no runs yet {where}; {STARTS_ONE}\n")


@runs.command(epilog="Example: httptask runs show last --json")
def show(
    run: RunArgument = LAST,
    *,
    json: JsonOption = False,
    config: ConfigOption = None,
    profile: ProfileOption = None,
) -> None:
    """Show a run: each task's state, request, attempts, and output or failure."""
    from httptask.cli.observability.logging import configure_logging
    from httptask.cli.runs.showing import print_run
    from httptask.runs.history import read_run
    from httptask.runs.records import reruns_of

    async def read(client: "Client", where: str) -> "RunRecord":
        record = await read_run(client, await resolve_run(client, where, run))
        record.reruns = await reruns_of(client, record.id)
        return record

    configure_logging("WARNING", begin_core=False)  # a replay logs what the interpreter does
    record = ask(read, config, profile)
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
    from httptask.runs.ending import AlreadyEnded, end_run

    async def end(client: "Client", where: str) -> "Ending":
        try:
            return await end_run(client, await resolve_run(client, where, run), terminate=terminate)
        except AlreadyEnded as ended:
            raise CliError(str(ended), ended.hint) from None

    ending = ask(end, config, profile)
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


@runs.command(epilog="Example: httptask runs pause last --reason 'the shop is down'")
def pause(
    run: Annotated[str, typer.Argument(metavar="RUN|last", help="Id of a run, or `last` for the latest.")],
    *,
    reason: ReasonOption = "",
    json: JsonOption = False,
    config: ConfigOption = None,
    profile: ProfileOption = None,
) -> None:
    """Have a run begin nothing more until it is resumed.

    Calls under way come to their end. The run's clock goes on: what it waits for, and its timeouts, pass.
    Temporal does that where its operator has switched it on; the embedded server has it on.
    """
    from httptask.runs.pausing import pause_run

    id_ = _change(pause_run, run, reason, config, profile)
    if json:
        print_json({"run": id_, "state": "paused"})
    else:
        print_note(f"{id_}: paused; `httptask runs resume {quote(id_)}` lets it go on")
        print_note("  until then it answers no queries, and its clock goes on: waits and timeouts pass")


@runs.command(epilog="Example: httptask runs resume last")
def resume(
    run: Annotated[str, typer.Argument(metavar="RUN|last", help="Id of a run, or `last` for the latest.")],
    *,
    reason: ReasonOption = "",
    json: JsonOption = False,
    config: ConfigOption = None,
    profile: ProfileOption = None,
) -> None:
    """Have a paused run go on; what became due meanwhile is done at once."""
    from httptask.runs.pausing import resume_run

    id_ = _change(resume_run, run, reason, config, profile)
    if json:
        print_json({"run": id_, "state": "running"})
    else:
        print_note(f"{id_}: goes on")


def _change(
    change: "Callable[[Client, str, str], Coroutine[Any, Any, None]]",
    run: str,
    reason: str,
    config: Path | None,
    profile: str | None,
) -> str:
    """Pause or resume a run; its id."""
    from httptask.runs.pausing import CannotPause

    async def work(client: "Client", where: str) -> str:
        id_ = await resolve_run(client, where, run)
        await change(client, id_, reason)
        return id_

    try:
        return ask(work, config, profile)
    except CannotPause as error:
        raise CliError(str(error), error.hint) from None
