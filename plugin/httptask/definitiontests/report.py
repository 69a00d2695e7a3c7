"""Results of tests as people and programs read them."""

import json
from collections.abc import Iterator, Sequence
from difflib import unified_diff
from typing import Any, Final
from xml.etree.ElementTree import Element, SubElement, tostring

from httptask.definitiontests.comparing import NOTHING, Difference
from httptask.definitiontests.running import TestResult
from httptask.diagnostics.cutting import shortened
from httptask.json.types import is_array, is_object

__all__ = ["as_json", "as_junit", "describe"]

_SHOWN_CHARACTERS: Final = 300
_IN_ONE_LINE: Final = 100
_DIFF_LINES: Final = 40
_AROUND: Final = 60


def describe(result: TestResult) -> Iterator[str]:
    """The differences of a test that failed: the place of each, what was expected and what came."""
    for difference in result.differences:
        place = result.loaded.place(difference.pointer)
        told = f": {difference.message}" if difference.message else ""
        yield f"{result.loaded.file}:{place.line}:{place.column}: {difference.path}{told}"
        yield from _values(difference)


def as_json(results: Sequence[TestResult], seconds: float) -> dict[str, Any]:
    """All results, as JSON."""
    failed = sum(not result.passed for result in results)
    return {
        "tests": [_result_as_json(result) for result in results],
        "passed": len(results) - failed,
        "failed": failed,
        "seconds": round(seconds, 3),
        "simulated": True,
    }


def as_junit(results: Sequence[TestResult], seconds: float) -> str:
    """All results as JUnit's XML, a suite for each file.

    A failure is a test that is not as expected; an error is one of which nobody knows, as its run has not ended.
    """
    root = Element("testsuites", {"name": "httptask", "time": f"{seconds:.3f}", **_counts(results)})
    for file in dict.fromkeys(result.loaded.file for result in results):
        of_file = [result for result in results if result.loaded.file == file]
        taken = sum(result.seconds for result in of_file)
        attributes = {"name": _in_xml(str(file)), "time": f"{taken:.3f}", **_counts(of_file)}
        suite = SubElement(root, "testsuite", attributes)
        for result in of_file:
            loaded = result.loaded
            place = loaded.place(loaded.pointer)
            attributes = {
                "classname": _in_xml(str(file)),
                "name": _in_xml(loaded.test.name),
                "file": _in_xml(str(file)),
                "line": str(place.line),
                "time": f"{result.seconds:.3f}",
            }
            case = SubElement(suite, "testcase", attributes)
            if result.outcome.unended is not None:
                SubElement(case, "error", message=_in_xml(result.outcome.unended))
            elif not result.passed:
                paths = ", ".join(dict.fromkeys(difference.path for difference in result.differences))
                failure = SubElement(case, "failure", message=_in_xml(f"not as expected: {paths}"))
                failure.text = _in_xml("\n".join(describe(result)))
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _counts(results: Sequence[TestResult]) -> dict[str, str]:
    unended = sum(result.outcome.unended is not None for result in results)
    failed = sum(not result.passed for result in results) - unended
    return {
        "tests": str(len(results)),
        "failures": str(failed),
        "errors": str(unended),
        "skipped": "0",
    }


def _in_xml(text: str) -> str:
    """Without what XML 1.0 has no form for."""
    return "".join(
        letter
        if letter in "\t\n"
        or " " <= letter <= "\ud7ff"
        or "\ue000" <= letter <= "\ufffd"
        or letter > "\uffff"
        else "\ufffd"
        for letter in text
    )


def _result_as_json(result: TestResult) -> dict[str, Any]:
    loaded, outcome = result.loaded, result.outcome
    told: dict[str, Any] = {
        "file": str(loaded.file),
        "name": loaded.test.name,
        "line": loaded.place(loaded.pointer).line,
        "passed": result.passed,
        "seconds": round(result.seconds, 3),
        "differences": [_difference_as_json(result, difference) for difference in result.differences],
        "requests": [request.model_dump(exclude_none=True) for request in outcome.requests],
        "emitted": [dict(event) for event in outcome.emitted],
        "tasks": [{"name": task.name, "state": task.state} for task in outcome.tasks],
    }
    if outcome.problem is not None:
        return {**told, "error": dict(outcome.problem)}
    return told if outcome.unended is not None else {**told, "output": outcome.output}


def _difference_as_json(result: TestResult, difference: Difference) -> dict[str, Any]:
    place = result.loaded.place(difference.pointer)
    told = {
        "path": difference.path,
        "pointer": difference.pointer,
        "line": place.line,
        "column": place.column,
        "message": difference.message,
        "expected": difference.expected,
        "got": difference.got,
    }
    return {key: value for key, value in told.items() if value is not NOTHING}


def _values(difference: Difference) -> Iterator[str]:
    expected, got = difference.expected, difference.got
    if expected is NOTHING and got is NOTHING:
        return
    if isinstance(expected, str) and isinstance(got, str) and max(len(expected), len(got)) > _IN_ONE_LINE:
        at = _first_difference(expected, got)
        expected, got = _around(expected, at), _around(got, at)
    elif _is_large(expected) and _is_large(got):
        yield from _diff(expected, got)
        return
    if expected is not NOTHING:
        yield f"  expected  {_shown(expected)}"
    yield f"  got       {_shown(got)}"


def _is_large(value: Any) -> bool:
    return (is_object(value) or is_array(value)) and len(json.dumps(value)) > _IN_ONE_LINE


def _diff(expected: Any, got: Any) -> Iterator[str]:
    """Two values, a line each for what only one of them has."""
    before, after = (
        json.dumps(value, indent=2, ensure_ascii=False).splitlines() for value in (expected, got)
    )
    lines = list(unified_diff(before, after, "expected", "got", lineterm="", n=2))
    yield from (f"  {shortened(line, _SHOWN_CHARACTERS)}" for line in lines[:_DIFF_LINES])
    if len(lines) > _DIFF_LINES:
        yield f"  and {len(lines) - _DIFF_LINES} more lines; --json shows all"


def _shown(value: Any) -> str:
    return (
        "nothing" if value is NOTHING else shortened(json.dumps(value, ensure_ascii=False), _SHOWN_CHARACTERS)
    )


def _first_difference(one: str, other: str) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (left, right) in pairs if left != right), min(len(one), len(other)))


def _around(text: str, at: int) -> str:
    """The text around a place, and how much of it is left out."""
    start, end = max(0, at - _AROUND), at + _AROUND
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")
