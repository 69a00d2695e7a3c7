"""Test request: what one call of a definition would send, and what comes back, before anything runs."""

from httptask.testrequest.concerning import concerning, for_task
from httptask.testrequest.documents import FoundOperation, Load, find_operation, load_here, load_on
from httptask.testrequest.evaluation import ExpressionInvalid, evaluate_in_task
from httptask.testrequest.execution import StillRunning
from httptask.testrequest.naming import with_value
from httptask.testrequest.outcome import Outcome
from httptask.testrequest.planning import PlannedRequest, plan_request, values_read
from httptask.testrequest.report import (
    Estimate,
    OutcomePart,
    PreparedPart,
    Report,
    ResponsePart,
    WirePart,
)
from httptask.testrequest.reporting import Reporter
from httptask.testrequest.sample import (
    NotTestable,
    RunUnreadable,
    Sample,
    SampleIncomplete,
    sample_of_run,
)
from httptask.testrequest.saved_outputs import OutputsInvalid, SavedOutputs
from httptask.testrequest.sending import send_once
from httptask.testrequest.workers import NoWorker, profiles_on

__all__ = [
    "Estimate",
    "ExpressionInvalid",
    "FoundOperation",
    "Load",
    "NoWorker",
    "NotTestable",
    "Outcome",
    "OutcomePart",
    "OutputsInvalid",
    "PlannedRequest",
    "PreparedPart",
    "Report",
    "Reporter",
    "ResponsePart",
    "RunUnreadable",
    "Sample",
    "SampleIncomplete",
    "SavedOutputs",
    "StillRunning",
    "WirePart",
    "concerning",
    "evaluate_in_task",
    "find_operation",
    "for_task",
    "load_here",
    "load_on",
    "plan_request",
    "profiles_on",
    "sample_of_run",
    "send_once",
    "values_read",
    "with_value",
]
