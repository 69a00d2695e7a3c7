"""`schedule`: whether Temporal can keep it."""

from collections.abc import Iterator

from httptask.diagnostics.fault import Fault, TextFault
from httptask.dsl.durations import seconds_of
from httptask.dsl.model import Duration, DurationLiteral
from httptask.dsl.program import Program
from httptask.dsl.timetable import CRON_FIELDS, CronInvalid, alternatives, whole_seconds

__all__ = ["check_schedule"]


def check_schedule(program: Program) -> Iterator[Fault]:
    """Find schedules that start nothing, or that Temporal would keep otherwise than they are written."""
    schedule = program.definition.schedule
    if schedule is None:
        return
    if not schedule.model_fields_set:
        message, hint = "the schedule starts nothing", "write `every`, `cron` or `after` under it"
        yield TextFault("/schedule", "empty", message, hint, at_key=True)
    if schedule.after is not None and (schedule.every is not None or schedule.cron is not None):
        message = "`after` counts from the ends of runs, and can't stand beside `every` or `cron`"
        yield TextFault("/schedule/after", "after-alone", message, "keep one of them", at_key=True)
    for key in ("every", "after"):
        written: DurationLiteral | None = getattr(schedule, key)
        if written is not None:
            yield from _interval(f"/schedule/{key}", written)
    if schedule.cron is not None:
        try:
            alternatives(schedule.cron)
        except CronInvalid as invalid:
            yield Fault(
                "/schedule/cron", "cron", f"`{schedule.cron}` is no cron: {invalid}", f"write {CRON_FIELDS}"
            )


def _interval(pointer: str, written: DurationLiteral) -> Iterator[Fault]:
    if isinstance(written, str) and "${" in written:
        message = "there is no data yet when a schedule is made, so an expression has no value"
        yield Fault(pointer, "not-constant", message, "write the duration out: PT15M, or { minutes: 15 }")
        return
    value = written.model_dump(exclude_unset=True) if isinstance(written, Duration) else written
    seconds = seconds_of(value)
    if value != {} and seconds is not None and not whole_seconds(written):
        message = f"{seconds:g} s is no number of whole seconds, from 1, in which Temporal counts"
        yield Fault(pointer, "interval", message, "write PT1S, or more")
