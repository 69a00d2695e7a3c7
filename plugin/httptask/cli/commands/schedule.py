"""`httptask schedule`: runs that Temporal starts at the times that a definition's `schedule` says."""

import sys
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

from httptask.cli.commands.options import (
    ConfigOption,
    InputFilesOption,
    InputOption,
    JsonOption,
    ProfileOption,
    ServingQueueOption,
)
from httptask.cli.runs.asking import ask
from httptask.cli.terminal.console import harmless, print_json, print_note

if TYPE_CHECKING:
    from temporalio.client import Client

    from httptask.starts import ScheduleRecord, ScheduleSummary

__all__ = ["schedule"]

_NO_SCHEDULE = ("no such schedule", "`httptask schedule list` shows the ids of those that it has made")

schedule = typer.Typer(
    help="Have Temporal start runs at the times that a definition's `schedule` says.", no_args_is_help=True
)

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Id of a schedule.")]
ReasonOption = Annotated[str | None, typer.Option("--reason", help="Why, for who looks at the schedule.")]


@schedule.command(
    epilog="Example: httptask schedule create report.yaml --time-zone Europe/Berlin --dry-run\n\n"
    "Example: httptask schedule create report --id nightly --input '{\"days\": 1}' --yes"
)
def create(
    definition: Annotated[
        str,
        typer.Argument(
            metavar="FILE|NAME",
            help="A definition with a schedule: a file, whose version a worker serves, or the name of a served one.",
        ),
    ],
    *,
    id_: Annotated[
        str | None, typer.Option("--id", help="Id of the schedule; by default the name of the definition.")
    ] = None,
    input_: InputOption = None,
    input_files: InputFilesOption = None,
    time_zone: Annotated[
        str, typer.Option("--time-zone", metavar="ZONE", help="Whose clock a cron means: Europe/Berlin.")
    ] = "UTC",
    overlap: Annotated[
        str | None,
        typer.Option(
            "--overlap",
            metavar="POLICY",
            help="What becomes of a start while a run goes on: skip, buffer-one, buffer-all, cancel-other, "
            "terminate-other, allow-all. By default allow-all for `every`, skip for `cron`.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what it would do, and create nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Create it without asking.")] = False,
    task_queue: ServingQueueOption = "httptask",
    json: JsonOption = False,
    config: ConfigOption = None,
    profile: ProfileOption = None,
) -> None:
    """Say when a definition's `schedule` starts runs, its next five times among it, and have Temporal keep it.

    NAME runs the highest version that is served at each time, NAMESPACE/NAME:VERSION and FILE that very one. A cron
    means UTC unless told otherwise; with days of the month and of the week both restricted, either is enough.

    Exit codes: 0 created, 1 not wanted, 2 no schedule or no such definition, 3 can't connect, 130 interrupted.
    """
    from httptask.cli.observability.telemetry import set_runtime
    from httptask.cli.project.inputs import read_input
    from httptask.cli.project.project import load_project
    from httptask.cli.runs.scheduling import Scheduling, create_from
    from httptask.cli.temporal.cluster import find_cluster

    set_runtime(log_core=False)
    scheduling = Scheduling(
        definition=definition,
        id=id_,
        input=read_input(input_, files=input_files or ()),
        has_input=bool(input_ or input_files),
        zone=time_zone,
        overlap=overlap,
        dry_run=dry_run,
        confirmed=yes,
        task_queue=task_queue,
        as_json=json,
    )
    project = load_project(config)
    create_from(scheduling, project.config, find_cluster(profile, project.environment))


@schedule.command("list", epilog="Example: httptask schedule list --json")
def list_(*, json: JsonOption = False, config: ConfigOption = None, profile: ProfileOption = None) -> None:
    """List schedules: id, state, next start, how the last run went, definition, and when it starts runs."""
    from httptask.cli.runs.scheduling import print_schedules

    async def read(client: "Client", where: str) -> "tuple[list[ScheduleSummary], str]":
        from httptask.starts import list_schedules

        return await list_schedules(client), where

    found, where = ask(read, config, profile, _NO_SCHEDULE)
    if json:
        print_json([each.model_dump(mode="json") for each in found])
    elif found:
        print_schedules(found)
    else:
        sys.stdout.write(f"no schedules yet {where}; `httptask schedule create FILE` makes one\n")


@schedule.command(epilog="Example: httptask schedule show nightly")
def show(
    id_: IdArgument,
    *,
    json: JsonOption = False,
    config: ConfigOption = None,
    profile: ProfileOption = None,
) -> None:
    """Show a schedule: when it starts runs, its next times, and how the latest runs went."""
    from httptask.cli.runs.scheduling import print_schedule

    async def read(client: "Client", _where: str) -> "ScheduleRecord":
        from httptask.starts import read_schedule

        return await read_schedule(client, id_)

    record = ask(read, config, profile, _NO_SCHEDULE)
    if json:
        print_json(record.model_dump(mode="json"))
    else:
        print_schedule(record)


@schedule.command(epilog="Example: httptask schedule pause nightly --reason 'the shop is down'")
def pause(
    id_: IdArgument,
    *,
    reason: ReasonOption = None,
    json: JsonOption = False,
    config: ConfigOption = None,
    profile: ProfileOption = None,
) -> None:
    """Have a schedule start nothing until it is resumed; a run that goes on is left alone."""

    async def work(client: "Client", _where: str) -> None:
        await client.get_schedule_handle(id_).pause(note=reason or f"by {client.identity}")

    ask(work, config, profile, _NO_SCHEDULE)
    _tell(
        {"schedule": id_, "state": "paused"},
        f"{id_}: paused; `httptask schedule resume {quote(id_)}` ends that",
        json,
    )


@schedule.command(epilog="Example: httptask schedule resume nightly")
def resume(
    id_: IdArgument,
    *,
    reason: ReasonOption = None,
    json: JsonOption = False,
    config: ConfigOption = None,
    profile: ProfileOption = None,
) -> None:
    """Have a paused schedule go on; what it would have started meanwhile is not made up for."""

    async def work(client: "Client", _where: str) -> None:
        from httptask.starts import resume_schedule

        await resume_schedule(client, id_, reason)

    ask(work, config, profile, _NO_SCHEDULE)
    _tell({"schedule": id_, "state": "active"}, f"{id_}: goes on", json)


@schedule.command(epilog="Example: httptask schedule trigger nightly")
def trigger(
    id_: IdArgument, *, json: JsonOption = False, config: ConfigOption = None, profile: ProfileOption = None
) -> None:
    """Start a run now, beside what the schedule starts by itself; a paused one does so too."""

    async def work(client: "Client", _where: str) -> str | None:
        from httptask.starts import trigger_schedule

        return await trigger_schedule(client, id_)

    run = ask(work, config, profile, _NO_SCHEDULE)
    told = (
        f"started run {run}; follow it: httptask runs show {quote(run)}" if run else f"{id_}: asked for a run"
    )
    _tell({"schedule": id_, "run": run}, told, json)
    if run and not json:
        sys.stdout.write(f"{harmless(run)}\n")


@schedule.command(epilog="Example: httptask schedule delete nightly")
def delete(
    id_: IdArgument, *, json: JsonOption = False, config: ConfigOption = None, profile: ProfileOption = None
) -> None:
    """Delete a schedule; a run that goes on is left alone."""

    async def work(client: "Client", _where: str) -> None:
        await client.get_schedule_handle(id_).delete()

    ask(work, config, profile, _NO_SCHEDULE)
    _tell({"schedule": id_, "state": "deleted"}, f"{id_}: deleted", json)


def _tell(facts: dict[str, Any], told: str, json: bool) -> None:
    if json:
        print_json(facts)
    else:
        print_note(harmless(told))
