"""The schedules of a cluster that start runs of definitions: Temporal's, with what they do noted in their memo."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel
from temporalio.api.common.v1 import Payload
from temporalio.client import (
    Client,
    ScheduleActionExecutionStartWorkflow,
    ScheduleActionResult,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleDescription,
    ScheduleHandle,
    ScheduleOverlapPolicy,
)
from temporalio.service import RPCError, RPCStatusCode

from httptask.json.types import is_object
from httptask.runs.executions import Described, describe
from httptask.starts.planning import MEMO, OVERLAPS, SHOWN_TIMES, ScheduleMemo, SchedulePlan
from httptask.workflows.run_then_wait import id_of_run

__all__ = [
    "ScheduleExists",
    "ScheduleRecord",
    "ScheduleRun",
    "ScheduleSummary",
    "create_schedule",
    "list_schedules",
    "read_schedule",
    "resume_schedule",
    "trigger_schedule",
]

_LOOKS, _BETWEEN_LOOKS = 50, 0.1
"""For the run that a schedule has been told to start."""


class ScheduleExists(Exception):
    """There is a schedule of that id already."""


class ScheduleRun(BaseModel):
    """A run that a schedule has started; `state` is None where Temporal does not know it, any more or yet."""

    id: str
    scheduled_at: datetime
    started_at: datetime
    state: str | None = None
    ended_at: datetime | None = None


class ScheduleSummary(BaseModel):
    """One schedule in a list."""

    id: str
    definition: str
    """By the name that runs are started by."""
    when: str
    """In words."""
    paused: bool
    input: Any = None
    """Of each run."""
    zone: str
    """Whose clock a cron means."""
    next: list[datetime] = []
    """When it starts runs, as far as that is known."""
    last: ScheduleRun | None = None


class ScheduleRecord(ScheduleSummary):
    """One schedule."""

    note: str | None = None
    """Of who paused it, or let it go on."""
    overlap: str
    """What becomes of a start while a run goes on: a policy of Temporal's."""
    catch_up: float
    """Seconds that a start which Temporal has missed may be late."""
    runs: list[ScheduleRun]
    """The latest, newest first."""
    after_end: bool
    """Whether it counts from the ends of runs."""
    started: int
    missed: int
    """Starts that came too late."""
    left_out: int
    """Starts that met a run that still went on."""


async def create_schedule(client: Client, plan: SchedulePlan) -> None:
    """Create a schedule as planned.

    Raises:
        ScheduleExists: there is one of its id.
        RPCError: the server can't be reached, or does not take it.
    """
    try:
        await client.create_schedule(
            plan.id,
            plan.schedule(),
            trigger_immediately=plan.timetable.after is not None,
            memo={MEMO: plan.memo.model_dump()},
        )
    except ScheduleAlreadyRunningError:
        raise ScheduleExists(plan.id) from None


async def list_schedules(client: Client) -> list[ScheduleSummary]:
    """All schedules that were made so, by their ids.

    Raises:
        RPCError: the server can't be reached.
    """
    ids = [listed.id async for listed in await client.list_schedules() if MEMO in await listed.memo()]
    found: list[ScheduleSummary] = []
    for id_ in sorted(ids):
        with suppress(RPCError):  # it may have been deleted a moment ago, which lists tell later
            found.append(ScheduleSummary.model_validate((await read_schedule(client, id_)).model_dump()))
    return found


async def read_schedule(client: Client, id_: str) -> ScheduleRecord:
    """One schedule, with the runs that it has started.

    Raises:
        RPCError: there is none of that id that was made so, or no answer.
    """
    found, memo = await _find(client.get_schedule_handle(id_))
    runs = [await _run(client, each, memo) for each in reversed(found.info.recent_actions)]
    policy = found.schedule.policy
    return ScheduleRecord(
        id=id_,
        definition=memo.definition,
        when=memo.words,
        paused=found.schedule.state.paused,
        input=await _input(client, found, memo),
        zone=memo.zone,
        note=found.schedule.state.note,
        overlap=next(name for name, (known, _) in OVERLAPS.items() if known is policy.overlap),
        catch_up=(policy.catchup_window or timedelta()).total_seconds(),
        next=_next(memo, found.info.next_action_times, runs),
        last=runs[0] if runs else None,
        runs=runs,
        after_end=memo.after is not None,
        started=found.info.num_actions,
        missed=found.info.num_actions_missed_catchup_window,
        left_out=0 if memo.after is not None else found.info.num_actions_skipped_overlap,
    )


async def resume_schedule(client: Client, id_: str, note: str | None) -> None:
    """Have a paused schedule go on; one that goes by the ends of runs starts one where the last has ended meanwhile.

    Raises:
        RPCError: there is no such schedule, or no answer.
    """
    handle = client.get_schedule_handle(id_)
    found, memo = await _find(handle)
    await handle.unpause(note=note)
    if memo.after is not None and found.schedule.state.paused and not found.info.running_actions:
        await handle.trigger()


async def trigger_schedule(client: Client, id_: str) -> str | None:
    """Have a schedule start a run now, whatever it does besides.

    Returns:
        The id of the run; None where Temporal has not told it within seconds.

    Raises:
        RPCError: there is no such schedule, or no answer.
    """
    handle = client.get_schedule_handle(id_)
    found, memo = await _find(handle)
    known = {_started(each).first_execution_run_id for each in found.info.recent_actions}
    await handle.trigger(overlap=ScheduleOverlapPolicy.ALLOW_ALL)
    for _ in range(_LOOKS):
        for each in (await handle.describe()).info.recent_actions:
            # Not by its id: Temporal makes that of the second, and two may be asked for in one.
            if _started(each).first_execution_run_id not in known:
                return _id_of(each, memo)
        await asyncio.sleep(_BETWEEN_LOOKS)
    return None


async def _find(handle: ScheduleHandle) -> tuple[ScheduleDescription, ScheduleMemo]:
    found = await handle.describe()
    noted = (await found.memo()).get(MEMO)
    if noted is None:
        raise RPCError("it was not made by httptask", RPCStatusCode.NOT_FOUND, b"")
    return found, ScheduleMemo.model_validate(noted)


def _started(result: ScheduleActionResult) -> ScheduleActionExecutionStartWorkflow:
    assert isinstance(result.action, ScheduleActionExecutionStartWorkflow)  # the only kind that there is
    return result.action


def _id_of(started: ScheduleActionResult, memo: ScheduleMemo) -> str:
    id_ = _started(started).workflow_id
    return id_ if memo.after is None else id_of_run(id_)


async def _run(client: Client, started: ScheduleActionResult, memo: ScheduleMemo) -> ScheduleRun:
    id_ = _id_of(started, memo)
    found: Described | None = None
    try:
        found = await describe(client, id_)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
    return ScheduleRun(
        id=id_,
        scheduled_at=started.scheduled_at,
        started_at=started.started_at,
        state=found and found.state,
        ended_at=found and found.ended_at,
    )


async def _input(client: Client, found: ScheduleDescription, memo: ScheduleMemo) -> Any:
    action = found.schedule.action
    given = action.args if isinstance(action, ScheduleActionStartWorkflow) else ()
    [value, *_] = [
        *await client.data_converter.decode([one for one in given if isinstance(one, Payload)]),
        None,
    ]
    return value if memo.after is None or not is_object(value) else value.get("input")


def _next(memo: ScheduleMemo, told: Sequence[datetime], runs: Sequence[ScheduleRun]) -> list[datetime]:
    """The next starts: as Temporal tells them, or from the end of the last run, once it has ended."""
    if memo.after is None:
        return list(told[:SHOWN_TIMES])
    ended = runs[0].ended_at if runs else None
    return [] if ended is None else [ended + timedelta(seconds=memo.after)]
