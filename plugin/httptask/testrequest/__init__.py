"""Test request: what one call of a definition would send, and what comes back, before anything runs."""

from httptask.testrequest.planning import (
    NotTestable,
    PlannedRequest,
    Sample,
    SampleIncomplete,
    find_task,
    plan_request,
)
from httptask.testrequest.sending import Outcome, StillRunning, check_planned, send_once

__all__ = [
    "NotTestable",
    "Outcome",
    "PlannedRequest",
    "Sample",
    "SampleIncomplete",
    "StillRunning",
    "check_planned",
    "find_task",
    "plan_request",
    "send_once",
]
