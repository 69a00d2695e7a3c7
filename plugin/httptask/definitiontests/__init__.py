"""Tests of definitions: files that say what a run is given, how servers answer it, and what is to come of it."""

from httptask.definitiontests.comparing import NOTHING, Difference
from httptask.definitiontests.loading import LoadedTest, LoadedTests, find_tests, load_tests
from httptask.definitiontests.outcome import Outcome
from httptask.definitiontests.report import as_json, as_junit, describe
from httptask.definitiontests.running import TestResult, run_tests, unended
from httptask.definitiontests.updating import Updated, update

__all__ = [
    "NOTHING",
    "Difference",
    "LoadedTest",
    "LoadedTests",
    "Outcome",
    "TestResult",
    "Updated",
    "as_json",
    "as_junit",
    "describe",
    "find_tests",
    "load_tests",
    "run_tests",
    "unended",
    "update",
]
