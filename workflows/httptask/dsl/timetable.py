"""When a `schedule` starts runs (dsl-reference.md, Schedule): read from a definition, in words, and its next times."""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from typing import Final
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from httptask.dsl.durations import seconds_of
from httptask.dsl.model import Duration, DurationLiteral, Schedule

__all__ = [
    "CRON_FIELDS",
    "CronInvalid",
    "Timetable",
    "alternatives",
    "period",
    "timetable_of",
    "whole_seconds",
]

CRON_FIELDS: Final = "minute, hour, day of the month, month, day of the week, as in `0 9 * * MON-FRI`"
_FIELDS: Final = 5
_DAY, _WEEKDAY = 2, 4
_MACROS: Final = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_FIELD_RANGES: Final = {
    "minute": (0, "its minute", "0 to 59"),
    "hour": (1, "its hour", "0 to 23"),
    "day-of-month": (2, "its day of the month", "1 to 31"),
    "month": (3, "its month", "1 to 12 or JAN to DEC"),
    "day-of-week": (4, "its day of the week", "0 to 7 or SUN to SAT"),
}
"""By the words of cronsim: the place of each field, its name, and what it takes."""
_MOST_DAYS: Final = 31
_UNITS: Final = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
_LONGEST_SHIFT: Final = timedelta(hours=2)
"""By which clocks are put back."""
_ANY_DATE: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - nothing is asked of it but what the cron says


class CronInvalid(ValueError):
    """A text is no cron of five fields that Temporal can keep."""


@dataclass(frozen=True, slots=True)
class Timetable:
    """When runs are started.

    Attributes:
        every: whole seconds between two starts; None where none is set.
        cron: five fields; None where none is set.
        after: whole seconds between the end of a run and the start of the next; None where none is set.
    """

    every: int | None = None
    cron: str | None = None
    after: int | None = None

    def words(self) -> str:
        """What it does, in plain words; times of a cron are those of a clock that is told elsewhere."""
        parts: list[str] = []
        if self.every is not None:
            parts.append(f"every {period(self.every)}")
        if self.cron is not None:
            parts += [_lowered(_read(one).explain()) for one in alternatives(self.cron)]
        if self.after is not None:
            parts.append(
                f"at once, and again {period(self.after)} after the end of each run, however that ends"
            )
        return "; and ".join(parts)

    def times(self, begin: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        """The times at which it starts runs, from a moment on, where those can be told: not by the ends of runs.

        Args:
            begin: when it is created; intervals count from there.
            zone: whose clock a cron means.
        """
        sources: list[Iterator[datetime]] = []
        if self.every is not None:
            sources.append(_multiples(begin, self.every))
        sources += [_by_clock(one, begin, zone) for one in (alternatives(self.cron) if self.cron else ())]
        before = begin
        for moment in heapq.merge(*sources):
            if moment > before:  # two alternatives may mean the same one
                yield moment
                before = moment

    def shortest_gap(self, begin: datetime, zone: ZoneInfo) -> timedelta | None:
        """The shortest time between two of its next starts; None where there are none to be told."""
        moments = list(islice(self.times(begin, zone), 20))
        return min((later - earlier for earlier, later in pairwise(moments)), default=None)


def timetable_of(schedule: Schedule) -> Timetable:
    """Read a `schedule` that the checks have passed."""
    return Timetable(
        None if schedule.every is None else whole_seconds(schedule.every),
        schedule.cron,
        None if schedule.after is None else whole_seconds(schedule.after),
    )


def whole_seconds(written: DurationLiteral) -> int | None:
    """Seconds of a duration; None where it is none, or has fractions of them, which Temporal drops."""
    seconds = seconds_of(written.model_dump() if isinstance(written, Duration) else written)
    return None if seconds is None or seconds != int(seconds) else int(seconds)


def alternatives(cron: str) -> Sequence[str]:
    """Crons that mean together what one does: a time of any of them is one of its.

    Where both its days of the month and its days of the week are restricted, each of them is enough (crontab(5)); of
    Temporal's calendars both have to fit, so there are two. A field that begins with `*` does not count as restricted.

    Raises:
        CronInvalid: it is none.
    """
    cron = _MACROS.get(cron.strip().lower(), cron)
    found = _read(cron)
    if found.day_and:
        return [" ".join(cron.split())]
    fields = cron.split()
    by_day, by_weekday = list(fields), list(fields)
    by_day[_WEEKDAY] = by_weekday[_DAY] = "*"
    return [" ".join(by_day), " ".join(by_weekday)]


def _read(cron: str) -> CronSim:
    fields = cron.split()
    if len(fields) != _FIELDS:
        raise CronInvalid(f"it has {len(fields)} fields, not {_FIELDS}")
    try:
        found = CronSim(cron, _ANY_DATE)
    except CronSimError as error:
        raise CronInvalid(_told(str(error), fields)) from None
    if min(found.days) < 0 or any(isinstance(day, tuple) for day in found.weekdays):
        raise CronInvalid("it has `L` or `#`, which Temporal has not")
    return found


def _told(fault: str, fields: Sequence[str]) -> str:
    """What is wrong with a cron, of a fault such as `Bad hour`."""
    name = fault.removeprefix("Bad ")
    if name not in _FIELD_RANGES:
        return fault.lower()
    index, told, most = _FIELD_RANGES[name]
    value = fields[index]
    if name == "day-of-month" and value.isdecimal() and 1 <= int(value) <= _MOST_DAYS:
        return f"no month that it names has a day {value}"
    return f"{told} can't be `{value}`, but {most}"


def _by_clock(cron: str, begin: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """The moments of a cron; what a clock that is put forward jumps over is left out, as Temporal does it."""
    repeated: list[datetime] = []
    for shown in CronSim(cron, begin.astimezone(zone).replace(tzinfo=None) - _LONGEST_SHIFT):
        moment = _moment(shown, zone)
        if moment is None:
            continue
        while repeated and repeated[0] <= moment:
            yield repeated.pop(0)
        if moment > begin:
            yield moment
        later = shown.replace(tzinfo=zone, fold=1).astimezone(UTC)
        if later > max(moment, begin):
            repeated.append(later)


def _moment(shown: datetime, zone: ZoneInfo) -> datetime | None:
    """When a clock shows a time: of two such moments the one that Go's `time.Date` takes; None if it never does.

    That is the later one east of Greenwich, and the earlier one west of it, where Temporal takes the later one too.
    """
    as_utc = shown.replace(tzinfo=UTC)
    moment = as_utc - _offset(as_utc, zone)
    moment = as_utc - _offset(moment, zone)
    return moment if moment.astimezone(zone).replace(tzinfo=None) == shown else None


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    offset = moment.astimezone(zone).utcoffset()
    assert offset is not None  # every zone of the database has one
    return offset


def _multiples(begin: datetime, seconds: int) -> Iterator[datetime]:
    moment = begin.replace(microsecond=0)
    while True:
        moment += timedelta(seconds=seconds)
        yield moment


def period(seconds: int) -> str:
    """A duration in words: `1 hour 30 minutes`."""
    parts: list[str] = []
    for unit, length in _UNITS:
        count, seconds = divmod(seconds, length)
        if count:
            parts.append(f"{count:,} {unit}" if count == 1 else f"{count:,} {unit}s")
    return " ".join(parts)


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]
