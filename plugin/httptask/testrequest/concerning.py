"""What of a definition's faults keeps the request of one task from being tried; the others are those of other tasks."""

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from httptask.diagnostics.fault import Severity
from httptask.dsl.loader import Loaded
from httptask.dsl.program import Program
from httptask.dsl.report import Report
from httptask.json.pointer import pointer_tokens
from httptask.testrequest.sample import NotTestable, find_task

__all__ = ["concerning", "for_task"]

_BEHIND_TASKS: Final = ("output", "schedule")
"""Parts of a definition that no request reads."""


def for_task(loaded: Loaded, task: str) -> Loaded:
    """A definition as the request of one task sees it: without the faults of others, and with a program without these.

    Args:
        loaded: the definition.
        task: name or JSON Pointer of the task.

    Returns:
        The same, with all faults, where it is sound, can't be read, or has no task of that name that can be.
    """
    if loaded.program is not None or loaded.draft is None:
        return loaded
    try:
        find_task(loaded.draft, task)
    except NotTestable:  # or its own faults leave nothing of it
        return loaded
    reports = concerning(loaded.draft, task, loaded.reports)
    failed = any(report.severity is Severity.ERROR for report in reports)
    return replace(loaded, reports=reports, program=None if failed else loaded.draft)


def concerning(program: Program, task: str, reports: Iterable[Report]) -> list[Report]:
    """Faults of a task, of what it names under `use`, and of what stands at the head of the definition.

    Raises:
        NotTestable: there is no such task.
    """
    at = program.written_at(find_task(program, task).pointer)
    text = json.dumps(program.written(at), ensure_ascii=False)
    return [report for report in reports if _concerns(report.pointer, at, text)]


def _concerns(pointer: str, task: str, text: str) -> bool:
    """Whether a fault is one of a task, told by its place.

    Args:
        pointer: of the fault.
        task: where the task is written.
        text: of the task.
    """
    if f"{pointer}/".startswith(f"{task}/"):
        return True
    match pointer_tokens(pointer):
        case ["do", _, *_]:
            return False
        case ["use", "functions", _, *_]:
            return False  # a request calls none; one inside of a function is at its own place
        case ["use", section, name, *_] if section != "secrets":  # which is a list
            return name in text
        case [part, *_]:
            return part not in _BEHIND_TASKS
        case _:
            return True
