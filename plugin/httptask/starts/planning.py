"""A schedule before it is created: what it starts, when, and what becomes of starts that meet a run or are missed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel
from temporalio.client import (
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
)

from httptask.activities.names import RUN_THEN_WAIT
from httptask.diagnostics.suggest import hint_for_unknown
from httptask.dsl.canonical import qualified_name
from httptask.dsl.program import Program
from httptask.dsl.timetable import Timetable, alternatives, period, timetable_of
from httptask.scheduling.spending_state import SCHEDULE_MEMO
from httptask.workflows.run_then_wait import RunThenWait

__all__ = ["MEMO", "OVERLAPS", "NotSchedulable", "ScheduleMemo", "SchedulePlan", "plan_schedule"]

MEMO: Final = "httptask"
"""Key of the memo of the schedules that are made here."""
OVERLAPS: Final[Mapping[str, tuple[ScheduleOverlapPolicy, str]]] = MappingProxyType(
    {
        "skip": (ScheduleOverlapPolicy.SKIP, "is left out"),
        "buffer-one": (ScheduleOverlapPolicy.BUFFER_ONE, "waits for its end, and further ones are left out"),
        "buffer-all": (ScheduleOverlapPolicy.BUFFER_ALL, "waits for its end, as do further ones"),
        "cancel-other": (ScheduleOverlapPolicy.CANCEL_OTHER, "cancels it, and begins then"),
        "terminate-other": (ScheduleOverlapPolicy.TERMINATE_OTHER, "terminates it, and begins then"),
        "allow-all": (ScheduleOverlapPolicy.ALLOW_ALL, "begins beside it"),
    }
)
"""What becomes of a start while a run still goes on: Temporal's policies, and what they do."""
SHOWN_TIMES: Final = 5
_LEAST_CATCH_UP, _MOST_CATCH_UP = timedelta(seconds=10), timedelta(days=1)
"""The former is Temporal's own."""


class NotSchedulable(Exception):
    """There is nothing to be scheduled, or not so.

    Attributes:
        hint: what can be done.
    """

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class ScheduleMemo(BaseModel):
    """What is noted about a schedule, beside what Temporal knows of it.

    Attributes:
        definition: by the name that it is started by.
        words: when that is.
        zone: whose clock they mean.
        after: seconds from the end of a run to the start of the next, where that is what it goes by.
    """

    definition: str
    words: str
    zone: str
    after: int | None = None


@dataclass(frozen=True, slots=True)
class SchedulePlan:
    """A schedule that can be created.

    Attributes:
        name: by which runs are started: `NAME`, the highest version at each time, or `NAMESPACE/NAME:VERSION`.
        qualified: what that means now.
        overlap: a key of `OVERLAPS`.
        begin: from when intervals count.
    """

    id: str
    name: str
    qualified: str
    input: Any
    timetable: Timetable
    zone: ZoneInfo
    overlap: str
    task_queue: str
    begin: datetime

    @property
    def words(self) -> str:
        """When it starts runs; a cron by the clock of `zone`."""
        told = self.timetable.words()
        return f"{told} ({self.zone})" if self.timetable.cron is not None else told

    @property
    def next(self) -> list[datetime]:
        """Its next times; of one that goes by the ends of runs, the first alone is known."""
        if self.timetable.after is not None:
            return [self.begin]
        return list(islice(self.timetable.times(self.begin, self.zone), SHOWN_TIMES))

    @property
    def catch_up(self) -> timedelta:
        """How late a start may be that Temporal has missed: one, not all of a long absence, is made up for."""
        after = None if self.timetable.after is None else timedelta(seconds=self.timetable.after)
        gap = after or self.timetable.shortest_gap(self.begin, self.zone)
        return min(max(gap or _MOST_CATCH_UP, _LEAST_CATCH_UP), _MOST_CATCH_UP)

    @property
    def policies(self) -> list[str]:
        """What becomes of starts that meet a run, and of those that are missed."""
        late = period(int(self.catch_up.total_seconds()))
        missed = f"missed while Temporal is away: made up for within {late}"
        if self.timetable.after is not None:
            return [missed]
        return [f"while a run goes on: the next start {OVERLAPS[self.overlap][1]} ({self.overlap})", missed]

    @property
    def memo(self) -> ScheduleMemo:
        """What is noted about it."""
        return ScheduleMemo(
            definition=self.name, words=self.words, zone=str(self.zone), after=self.timetable.after
        )

    def schedule(self) -> Schedule:
        """It, as Temporal takes it.

        Of its own accord Temporal does not count from the ends of runs. So a workflow around each run ends so long
        after it, and a start that has come meanwhile waits for that: one has, because starts come as often.
        """
        timetable, spec = self.timetable, ScheduleSpec(time_zone_name=str(self.zone))
        action = ScheduleActionStartWorkflow(
            self.name,
            self.input,
            id=self.id,
            task_queue=self.task_queue,
            memo={SCHEDULE_MEMO: self.id},
        )
        if timetable.after is not None:
            around = RunThenWait(
                schedule=self.id, definition=self.name, input=self.input, seconds=timetable.after
            )
            action = ScheduleActionStartWorkflow(
                RUN_THEN_WAIT, around.model_dump(), id=self.id, task_queue=self.task_queue
            )
        for seconds in filter(None, (timetable.every, timetable.after)):
            offset = int(self.begin.timestamp()) % seconds  # Temporal counts from 1970
            spec.intervals = [
                ScheduleIntervalSpec(every=timedelta(seconds=seconds), offset=timedelta(seconds=offset))
            ]
        if timetable.cron is not None:
            spec.cron_expressions = alternatives(timetable.cron)
        policy = SchedulePolicy(overlap=OVERLAPS[self.overlap][0], catchup_window=self.catch_up)
        return Schedule(action=action, spec=spec, policy=policy)


def plan_schedule(
    program: Program,
    data: Any,
    *,
    name: str | None = None,
    id_: str | None = None,
    zone: str = "UTC",
    overlap: str | None = None,
    task_queue: str,
    begin: datetime,
) -> SchedulePlan:
    """Plan what the `schedule` of a definition says.

    Args:
        program: the definition.
        data: the input of each run, which has been checked.
        name: by which runs are started; left out, that of this very version.
        id_: of the schedule; left out, the name of the definition.
        zone: name of the time zone whose clock a cron means.
        overlap: a key of `OVERLAPS`; left out, `allow-all` for an `every`, as the standard says, else `skip`.
        task_queue: of workers that serve the definition.
        begin: from when on.

    Raises:
        NotSchedulable: it has no schedule, there is no such time zone, or no start ever meets a run.
    """
    schedule, document = program.definition.schedule, program.definition.document
    qualified = qualified_name(program.document)
    if schedule is None:
        raise NotSchedulable(
            f"{qualified} has no schedule", "write one at its top: schedule: { cron: 0 9 * * MON-FRI }"
        )
    timetable = timetable_of(schedule)
    if overlap is not None and overlap not in OVERLAPS:
        raise NotSchedulable(f"--overlap {overlap}", hint_for_unknown(overlap, OVERLAPS, "policies"))
    if timetable.after is not None and overlap is not None:
        raise NotSchedulable("--overlap: with `after` no start ever meets a run", "leave it out")
    default = (
        "buffer-one" if timetable.after is not None else "skip" if timetable.every is None else "allow-all"
    )
    return SchedulePlan(
        id=id_ or document.name,
        name=name or qualified,
        qualified=qualified,
        input=data,
        timetable=timetable,
        zone=_zone(zone),
        overlap=overlap or default,
        task_queue=task_queue,
        begin=begin,
    )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise NotSchedulable(
            f"there is no time zone {name} here", "write one of the tz database, such as Europe/Berlin"
        ) from None
