"""Schedules: what a definition's `schedule` would do, created, paused, resumed, triggered and deleted."""

import asyncio
import json
import time
from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import Any, TypeVar

from fastapi import APIRouter
from pydantic import BaseModel, Field

from httptask.designer.problems import Problem
from httptask.designer.routes.definitions import EditedText, list_definitions
from httptask.designer.routes.runs import Reason
from httptask.designer.workspace import AskedWorkspace, Temporal, Workspace, check_run_input
from httptask.dsl.model import DurationLiteral
from httptask.dsl.timetable import whole_seconds
from httptask.starts import (
    NotSchedulable,
    NotServed,
    ScheduleExists,
    ScheduleSummary,
    compare_with_served,
    create_schedule,
    list_schedules,
    plan_schedule,
    resume_schedule,
    trigger_schedule,
)

router = APIRouter(prefix="/schedules", tags=["schedules"])

_T = TypeVar("_T")
_SHOWN = 3
_TAKEN_UP_SECONDS = 10.0
_ASKED_AGAIN_SECONDS = 0.2


class NewSchedule(EditedText):
    """A definition whose `schedule` is to start runs."""

    input: Any = None
    """Of each run."""
    zone: str = Field("UTC", max_length=100)
    """Whose clock a cron means."""
    overlap: str | None = Field(None, max_length=40)
    """What becomes of a start while a run goes on; else the default of its kind."""
    id: str | None = Field(None, min_length=1, max_length=200)
    """Else the name of the definition."""
    dry: bool = False
    """Whether only to tell what it would do."""


class WrittenInterval(BaseModel):
    """A duration of a `schedule`."""

    written: str
    seconds: int | None
    """None where what is written is none that Temporal can keep."""


class WrittenSchedule(BaseModel):
    """What a form of a `schedule` is filled with; keys that are not written are None."""

    is_there: bool
    cron: str | None = None
    every: WrittenInterval | None = None
    after: WrittenInterval | None = None


class PlannedSchedule(BaseModel):
    """What a schedule does."""

    id: str
    definition: str
    when: str
    """In words."""
    next: list[datetime]
    policies: list[str]
    """What becomes of a start while the run before goes on, and of those that are missed."""
    overlap: str
    """The policy by which that is decided."""
    created: bool
    note: str | None = None
    """What to know, where no worker is there that serves the definition."""


class TriggeredRun(BaseModel):
    """A run that a schedule was told to start."""

    run: str | None
    """None where Temporal has not told it within seconds."""


@router.get("")
async def get_schedules(workspace: AskedWorkspace) -> list[ScheduleSummary]:
    """All that were made by httptask."""
    temporal = workspace.required_temporal()
    return await _asked(temporal, list_schedules(temporal.client))


@router.post("", status_code=201)
async def create(new: NewSchedule, workspace: AskedWorkspace) -> PlannedSchedule:
    """Create the schedule of a definition, as `httptask schedule create` does, or tell what it would do."""
    loaded, program = await asyncio.to_thread(workspace.runnable, new.path, new.text)
    temporal = workspace.required_temporal()
    if not new.dry:
        check_run_input(program, new.input)
    try:
        plan = plan_schedule(
            program,
            new.input,
            id_=new.id,
            zone=new.zone,
            overlap=new.overlap,
            task_queue=temporal.task_queue,
            begin=datetime.now(UTC),
        )
        note = None
        if not new.dry:
            note = await _compared_with_served(workspace, plan.qualified, loaded.data, new.path)
            await _asked(temporal, create_schedule(temporal.client, plan))
    except NotServed as refused:
        faulty = _faulty(workspace) if temporal.own_worker else None
        raise Problem(422, str(refused), faulty or refused.hint) from None
    except NotSchedulable as refused:
        raise Problem(422, str(refused), refused.hint) from None
    except ScheduleExists:
        id_ = new.id or program.definition.document.name
        raise Problem(409, f"there is a schedule {id_} already", "delete it first") from None
    return PlannedSchedule(
        id=plan.id,
        definition=plan.name,
        when=plan.words,
        next=plan.next,
        policies=plan.policies,
        overlap=plan.overlap,
        created=not new.dry,
        note=note,
    )


@router.post("/written")
def get_written(edited: EditedText, workspace: AskedWorkspace) -> WrittenSchedule:
    """The `schedule` of a definition as it is written, whether or not it can be kept."""
    _, program = workspace.readable(edited.path, edited.text)
    schedule = program.definition.schedule
    if schedule is None:
        return WrittenSchedule(is_there=False)
    return WrittenSchedule(
        is_there=True, cron=schedule.cron, every=_interval(schedule.every), after=_interval(schedule.after)
    )


@router.post("/{id_}/pause", status_code=202)
async def pause(id_: str, reason: Reason, workspace: AskedWorkspace) -> None:
    """Have it start nothing until it is resumed."""
    temporal = workspace.required_temporal()
    handle = temporal.client.get_schedule_handle(id_)
    await _asked(temporal, handle.pause(note=reason.reason or "in the designer"))


@router.post("/{id_}/resume", status_code=202)
async def resume(id_: str, reason: Reason, workspace: AskedWorkspace) -> None:
    """Have it go on; what it would have started meanwhile is not made up for."""
    temporal = workspace.required_temporal()
    await _asked(temporal, resume_schedule(temporal.client, id_, reason.reason or None))


@router.post("/{id_}/trigger", status_code=202)
async def trigger(id_: str, workspace: AskedWorkspace) -> TriggeredRun:
    """Have it start a run now, whatever it does besides."""
    temporal = workspace.required_temporal()
    return TriggeredRun(run=await _asked(temporal, trigger_schedule(temporal.client, id_)))


@router.delete("/{id_}", status_code=204)
async def delete(id_: str, workspace: AskedWorkspace) -> None:
    """Delete it; a run that goes on is left alone."""
    temporal = workspace.required_temporal()
    await _asked(temporal, temporal.client.get_schedule_handle(id_).delete())


async def _compared_with_served(workspace: Workspace, name: str, document: Any, path: str) -> str | None:
    """What `compare_with_served` tells; the worker of this process serves a file some moments after it was saved."""
    temporal = workspace.required_temporal()
    until = None
    while True:
        try:
            comparing = compare_with_served(temporal.client, temporal.task_queue, name, document, path)
            return await _asked(temporal, comparing)
        except NotServed:
            if until is None:
                is_expected = temporal.own_worker and not await asyncio.to_thread(_faulty, workspace)
                until = time.monotonic() + (_TAKEN_UP_SECONDS if is_expected else 0)
            if time.monotonic() >= until:
                raise
        await asyncio.sleep(_ASKED_AGAIN_SECONDS)


def _interval(written: DurationLiteral | None) -> WrittenInterval | None:
    if written is None:
        return None
    told = written if isinstance(written, str) else json.dumps(written.model_dump(exclude_defaults=True))
    return WrittenInterval(written=told, seconds=whole_seconds(written))


def _faulty(workspace: Workspace) -> str | None:
    """What keeps the worker of this process from serving what stands in the folder."""
    paths = [one.path for one in list_definitions(workspace) if one.faults]
    shown = ", ".join(paths[:_SHOWN]) + (" and others" if len(paths) > _SHOWN else "")
    return (
        f"correct {shown}: until then no definition of the folder can be run by its name" if paths else None
    )


async def _asked(temporal: Temporal, answer: Awaitable[_T]) -> _T:
    return await temporal.asked(answer, f"no such schedule at {temporal.where}")
