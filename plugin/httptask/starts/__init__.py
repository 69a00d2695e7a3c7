"""Runs of definitions that workers serve: started now, or by a schedule."""

from httptask.starts.planning import OVERLAPS, NotSchedulable, SchedulePlan, plan_schedule
from httptask.starts.schedules import (
    ScheduleExists,
    ScheduleRecord,
    ScheduleRun,
    ScheduleSummary,
    create_schedule,
    list_schedules,
    read_schedule,
    resume_schedule,
    trigger_schedule,
)
from httptask.starts.served import NotServed, Served, compare_with_served, find_served, start_run

__all__ = [
    "OVERLAPS",
    "NotSchedulable",
    "NotServed",
    "ScheduleExists",
    "SchedulePlan",
    "ScheduleRecord",
    "ScheduleRun",
    "ScheduleSummary",
    "Served",
    "compare_with_served",
    "create_schedule",
    "find_served",
    "list_schedules",
    "plan_schedule",
    "read_schedule",
    "resume_schedule",
    "start_run",
    "trigger_schedule",
]
