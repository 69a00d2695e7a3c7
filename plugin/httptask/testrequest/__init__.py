"""Test request: what one call of a definition would send, and what comes back, before anything runs."""

from httptask.testrequest.evaluation import ExpressionInvalid, evaluate_in_task
from httptask.testrequest.planning import PlannedRequest, plan_request
from httptask.testrequest.sample import NotTestable, Sample, SampleIncomplete, find_task
from httptask.testrequest.sending import Outcome, StillRunning, check_planned, send_once

__all__ = [
    "ExpressionInvalid",
    "NotTestable",
    "Outcome",
    "PlannedRequest",
    "Sample",
    "SampleIncomplete",
    "StillRunning",
    "check_planned",
    "evaluate_in_task",
    "find_task",
    "plan_request",
    "send_once",
]
