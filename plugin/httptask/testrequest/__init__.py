"""Test request: what one call of a definition would send, and what comes back, before anything runs."""

from httptask.testrequest.checking import check_planned
from httptask.testrequest.planning import PlannedTest, Sample, TestRequestError, plan_test
from httptask.testrequest.sending import Outcome, send_once

__all__ = ["Outcome", "PlannedTest", "Sample", "TestRequestError", "check_planned", "plan_test", "send_once"]
