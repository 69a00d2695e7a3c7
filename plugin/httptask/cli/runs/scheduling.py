"""Schedules, told before they are created, and as they are."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import typer

from httptask.cli.project.definitions import load_one
from httptask.cli.project.inputs import check_input
from httptask.cli.runs.asking import ask_cluster
from httptask.cli.runs.listing import in_columns, local_time, time_taken
from httptask.cli.runs.starting import ask_worker_for
from httptask.cli.temporal.cluster import Cluster
from httptask.cli.terminal.console import can_ask, harmless, print_json, print_note
from httptask.cli.terminal.errors import CliError, ExitCode
from httptask.cli.terminal.notice import clear_notice
from httptask.dsl.loader import Loaded
from httptask.dsl.timetable import period
from httptask.starts import (
    OVERLAPS,
    NotSchedulable,
    NotServed,
    ScheduleExists,
    SchedulePlan,
    ScheduleRecord,
    ScheduleRun,
    ScheduleSummary,
    compare_with_served,
    create_schedule,
    plan_schedule,
)

if TYPE_CHECKING:
    from temporalio.client import Client

    from httptask.config import Config

__all__ = ["Scheduling", "create_from", "print_schedule", "print_schedules"]

_FILES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduling:
    """What is to be scheduled.

    Attributes:
        definition: a file, or the name of a served one.
        id: of the schedule; None for the name of the definition.
        has_input: whether the user gave one.
        zone: whose clock a cron means.
        overlap: what becomes of a start while a run goes on; None for the default.
        confirmed: whether nobody has to be asked before it is created.
    """

    definition: str
    id: str | None
    input: Any
    has_input: bool
    zone: str
    overlap: str | None
    dry_run: bool
    confirmed: bool
    task_queue: str
    as_json: bool


def create_from(scheduling: Scheduling, config: "Config", cluster: Cluster | None) -> None:
    """Plan a schedule, tell it, and create it if that is wanted.

    Raises:
        CliError: it can't be, is not wanted, or there is one of its id.
    """
    name = scheduling.definition
    if name.endswith(_FILES) or Path(name).is_file():
        loaded, started_by = load_one(Path(name), "not scheduled"), None
    else:

        async def ask(client: "Client", where: str) -> Loaded:
            return (await ask_worker_for(client, where, scheduling.task_queue, name))[1]

        loaded, started_by = ask_cluster(ask, config, cluster), name
    plan = _planned(scheduling, loaded, started_by)
    if not scheduling.as_json:
        _print_plan(plan)
    if scheduling.dry_run:
        if scheduling.as_json:
            print_json({**_facts(plan), "created": False})
        return
    _confirm(scheduling)

    async def create(client: "Client", _where: str) -> None:
        if started_by is None:
            await _compare(client, scheduling.task_queue, plan, loaded)
        await create_schedule(client, plan)

    try:
        ask_cluster(create, config, cluster)
    except ScheduleExists:
        hint = f"`httptask schedule delete {quote(plan.id)}` makes room for it; --id gives it another id"
        raise CliError(f"there is a schedule {plan.id} already", hint, ExitCode.FAILED) from None
    if scheduling.as_json:
        print_json({**_facts(plan), "created": True})
    else:
        print_note(f"created; how it goes: {harmless(f'httptask schedule show {quote(plan.id)}')}")


def _planned(scheduling: Scheduling, loaded: Loaded, started_by: str | None) -> SchedulePlan:
    assert loaded.program is not None  # checked when it was loaded
    check_input(loaded, scheduling.input, given=scheduling.has_input)
    try:
        return plan_schedule(
            loaded.program,
            scheduling.input,
            name=started_by,
            id_=scheduling.id,
            zone=scheduling.zone,
            overlap=scheduling.overlap,
            task_queue=scheduling.task_queue,
            begin=datetime.now(UTC),
        )
    except NotSchedulable as refused:
        raise CliError(str(refused), refused.hint) from None


async def _compare(client: "Client", task_queue: str, plan: SchedulePlan, loaded: Loaded) -> None:
    """Hold a file against what is served under its name: that is what runs.

    Raises:
        CliError: a worker serves something else under it, or does not know it.
    """
    try:
        note = await compare_with_served(client, task_queue, plan.qualified, loaded.data, loaded.name)
    except NotServed as refused:
        raise CliError(str(refused), refused.hint) from None
    if note is not None:
        print_note(note)


def _confirm(scheduling: Scheduling) -> None:
    """Ask whether it is to be created.

    Raises:
        CliError: it is not, or nobody can be asked.
    """
    if scheduling.confirmed:
        return
    if not can_ask():
        raise CliError("nothing was created, for nobody can be asked", "--yes creates it without asking")
    clear_notice()
    try:
        is_wanted = typer.confirm("Create it?", err=True)
    except typer.Abort:
        print_note("")
        raise CliError("interrupted: nothing was created", exit_code=ExitCode.INTERRUPTED) from None
    if not is_wanted:
        raise CliError("nothing was created", exit_code=ExitCode.FAILED)


def _facts(plan: SchedulePlan) -> dict[str, Any]:
    return {
        "schedule": plan.id,
        "definition": plan.name,
        "means": plan.qualified,
        "when": plan.words,
        "next": [each.isoformat() for each in plan.next],
        "overlap": plan.overlap,
        "catch_up": plan.catch_up.total_seconds(),
    }


def _print_plan(plan: SchedulePlan) -> None:
    meant = "" if plan.name == plan.qualified else f", the highest version at each time, now {plan.qualified}"
    lines = [f"schedule {plan.id} runs {plan.name}{meant}", f"  when: {plan.words}"]
    lines += _times("next", plan.next, plan.zone)
    lines += [f"  {policy}" for policy in plan.policies]
    _print(lines)


def print_schedules(found: Iterable[ScheduleSummary]) -> None:
    """One row for each schedule."""
    rows = [("id", "state", "next", "last run", "definition", "when")]
    rows += [
        (
            each.id,
            "paused" if each.paused else "active",
            local_time(each.next[0]) if each.next and not each.paused else "-",
            "-" if each.last is None else each.last.state or "unknown",
            each.definition,
            each.when,
        )
        for each in found
    ]
    _print(in_columns(rows))


def print_schedule(record: ScheduleRecord) -> None:
    """A schedule, its next times, and the runs that it has started."""
    note = f": {record.note}" if record.note and record.paused else ""
    lines = [f"{record.id}  {record.definition}  {'paused' if record.paused else 'active'}{note}"]
    lines.append(f"  when: {record.when}")
    if record.paused:
        lines.append(f"  starts nothing until `httptask schedule resume {quote(record.id)}`")
    elif record.next:
        lines += _times("next", record.next, None)
    else:
        lines.append("  next: counts from the end of the run that goes on")
    if not record.after_end:
        policy = f"the next start {OVERLAPS[record.overlap][1]} ({record.overlap})"
        lines.append(f"  while a run goes on: {policy}; left out so far: {record.left_out:,}")
    late = period(int(record.catch_up))
    lines.append(
        f"  missed while Temporal is away: made up for within {late}; missed so far: {record.missed:,}"
    )
    _print([*lines, f"  started so far: {record.started:,}", "", *_runs(record.runs)])


def _runs(runs: Iterable[ScheduleRun]) -> list[str]:
    rows = [("run", "state", "started", "took")]
    for run in runs:
        took = "-" if run.state is None else time_taken(run.started_at, run.ended_at)
        rows.append((run.id, run.state or "unknown", local_time(run.started_at), took))
    return in_columns(rows) if len(rows) > 1 else ["no runs yet"]


def _times(label: str, moments: Iterable[datetime], zone: ZoneInfo | None) -> list[str]:
    """Moments, one a line, by a clock, or by that of whoever looks."""
    shown = [each.astimezone(zone).strftime("%a %Y-%m-%d %H:%M:%S %Z") for each in moments]
    return [f"  {label if number == 0 else ' ' * len(label)}: {each}" for number, each in enumerate(shown)]


def _print(lines: Iterable[str]) -> None:
    sys.stdout.writelines(f"{harmless(line)}\n" for line in lines)
