"""Writes what a run came to in the place of what was expected, and leaves every other byte of the file as it is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from httptask.definitiontests.comparing import NOTHING, Difference, conditions
from httptask.definitiontests.running import TestResult
from httptask.dsl.expressions import as_literal
from httptask.dsl.yaml.editing import EditRefused
from httptask.dsl.yaml.values import remove_value, set_value
from httptask.json.tree import map_texts

__all__ = ["Updated", "update"]


@dataclass(frozen=True, slots=True)
class Updated:
    """A file of tests in which what was seen is expected.

    Attributes:
        text: of the file.
        count: how many values were written.
        left: the differences that stay, each with the reason.
    """

    text: str
    count: int
    left: Sequence[tuple[Difference, str]]


def update(text: str, results: Sequence[TestResult]) -> Updated:
    """Have a file expect what its tests came to.

    Conditions stay as they are, and so does what a test says that must not happen. A test that expects nothing yet
    gets the output, or the error, of its run.

    Args:
        text: of the file.
        results: of tests in it.
    """
    count = 0
    left: list[tuple[Difference, str]] = []
    for result in results:
        for difference, changes in _changes(result):
            if isinstance(changes, str):
                left.append((difference, changes))
                continue
            try:
                text = _with(text, changes)
            except EditRefused as error:
                left.append((difference, f"{error.message}: {error.hint}"))
            else:
                count += 1
    return Updated(text, count, left)


def _with(text: str, changes: Mapping[str, Any]) -> str:
    for pointer, value in changes.items():
        text = (
            remove_value(text, pointer)
            if value is NOTHING
            else set_value(text, pointer, map_texts(value, as_literal))
        )
    return text


def _changes(result: TestResult) -> Iterator[tuple[Difference, Mapping[str, Any] | str]]:
    """What is to be written for each difference, by pointers, NOTHING for what goes; or why nothing is."""
    at = f"{result.loaded.pointer}/expect"
    expect = result.loaded.test.expect
    if result.passed and not expect.model_fields_set:
        output = result.outcome.output
        yield Difference(at, "output", NOTHING, output), {f"{at}/output": output}
    written = expect.model_dump(mode="json", by_alias=True, exclude_unset=True)
    kept = [pointer for pointer, _ in conditions(written, at)]
    for difference in result.differences:
        changes = _change(result, difference, at)
        yield difference, changes if isinstance(changes, str) else _unless_condition(changes, kept)


def _unless_condition(changes: Mapping[str, Any], kept: Sequence[str]) -> Mapping[str, Any] | str:
    for pointer in changes:
        if pointer in kept:
            return "it is a condition"
        if any(one.startswith(f"{pointer}/") for one in kept):
            return "there is a condition in it"
    return changes


def _change(result: TestResult, difference: Difference, at: str) -> Mapping[str, Any] | str:
    """What was seen in place of what was expected; no request or event is known to stand for another as a whole."""
    pointer, got = difference.pointer, difference.got
    if pointer == result.loaded.pointer:
        is_failure = difference.path == "error"
        return _error_instead(result, at) if is_failure else "that is no expectation"
    if pointer == f"{at}/error" and got is NOTHING:
        return {f"{at}/output": result.outcome.output, pointer: NOTHING}
    match pointer.removeprefix(f"{at}/").split("/"):
        case ["notRequested" | "notEmitted" | "notRun", *_]:
            return "it says what must not happen"
        case ["requests"] | ["requests", _]:
            return "write the request that is meant by hand"
        case ["emitted"] | ["emitted", _]:
            return "write the event that is meant by hand"
        case ["error", "error"] if pointer not in result.loaded.positions.spots:
            return {f"{at}/error": got}  # which stands there by its name alone
        case _:
            return {pointer: got}


def _error_instead(result: TestResult, at: str) -> Mapping[str, Any]:
    """Of a run that failed, and should not have: the name of its error, its status and its task."""
    problem = result.outcome.problem or {}
    name = problem.get("error") or problem.get("title")
    seen = {"error": name, "status": problem.get("status"), "task": result.outcome.failed_task}
    expected = {key: value for key, value in seen.items() if value is not None}
    changes: dict[str, Any] = {f"{at}/error": expected}
    if "output" in result.loaded.test.expect.model_fields_set:
        changes[f"{at}/output"] = NOTHING
    return changes
