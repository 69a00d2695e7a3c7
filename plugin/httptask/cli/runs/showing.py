"""A run and its tasks as text."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from shlex import quote
from typing import Any

from rich.cells import cell_len
from rich.text import Text

from httptask.cli.runs.listing import local_time, state_of, time_taken
from httptask.cli.terminal.failures import said_by_server
from httptask.cli.terminal.progress.wording import describe, describe_impasse, describe_spent, describe_usage
from httptask.cli.terminal.styled import stdout
from httptask.json.types import is_array, is_object
from httptask.runs.records import CallRecord, FailureRecord, RunRecord, TaskRecord

__all__ = ["print_failure", "print_run"]

_SHOWN_CHARACTERS = 2000
_SHOWN_EXECUTIONS = 100


def print_run(run: RunRecord) -> None:
    """The run, then each task with its requests and what it gave to the next one."""
    _print(f"{run.id}  {run.definition}  {state_of(run)}")
    _print(f"started {local_time(run.started_at)}, took {time_taken(run.started_at, run.ended_at)}")
    if run.parent is not None:
        _print(f"run by {run.parent}")
    if run.schedule is not None:
        _print(f"started by the schedule {run.schedule}")
    if run.spent is not None:
        _print(describe_spent(run.spent))
    if run.rerun_of is not None:
        taken = ", ".join(run.rerun_of.reused) or "its input alone"
        _print(f"begins at {run.rerun_of.task}; from {run.rerun_of.run}: {taken}")
    for again in run.reruns:
        _print(f"continued by {again}")
    if run.pause is not None:
        _print(
            f"{run.pause}; its clock goes on, so timers and timeouts pass: `httptask runs resume {quote(run.id)}`"
        )
    if run.impasse is not None:
        cure = f"it is tried again until that is cured; `httptask runs cancel {quote(run.id)}` ends it"
        _print(describe_impasse(run.impasse, cure))
    if run.input is not None:
        _print_value("input", run.input)
    if run.note is not None:
        _print(f"note: {run.note}")
    _print_tasks(run.tasks)
    _print("")
    if run.failure is not None:
        print_failure("failure", run.failure)
    elif run.state == "completed":
        _print_value("output", run.output)


def _print_tasks(tasks: Iterable[TaskRecord]) -> None:
    """Each task; of one that a loop runs often, the latest executions."""
    tasks = list(tasks)
    surplus = Counter(map(_place, tasks))
    surplus.subtract(dict.fromkeys(surplus, _SHOWN_EXECUTIONS))
    told = set[str]()
    for task in tasks:
        place = _place(task)
        if surplus[place] <= 0:
            _print_task(task)
        elif place not in told:
            told.add(place)
            _print(f"\n{task.name}: {surplus[place]:,} earlier executions are left out; --json shows all")
        surplus[place] -= 1


def _place(task: TaskRecord) -> str:
    """What executions of one task have in common; calls that stand for tasks have no place in a definition."""
    return task.pointer or task.kind


def _print_task(task: TaskRecord) -> None:
    _print("")
    attempts = _attempts(task.calls[0]) if len(task.calls) == 1 else ""
    took = time_taken(task.started_at, task.ended_at)
    facts = _joined(attempts, took, *_used(task.calls), separator=", ")
    _print(_joined(f"{task.id}  {task.state}", facts, describe(task)))
    if task.child_run is not None:
        _print(f"  run: {task.child_run}")
    for call in task.calls:
        if len(task.calls) > 1:
            _print(_joined(f"  {call.id}  {call.state}", _attempts(call)))
        for name, part in _request_parts(call.request).items():
            _print_value(f"  {name}", part)
        if call.earlier_failure is not None:
            print_failure("  attempt before", call.earlier_failure)
        if call.failure is not None:
            print_failure("  failure", call.failure)
    if task.state == "completed":
        _print_value("  output", task.output)


def _attempts(call: CallRecord) -> str:
    """How often a call was tried; a run that was cut off does not tell."""
    return "" if call.attempts == 0 else f"{call.attempts} attempt" + ("" if call.attempts == 1 else "s")


def _used(calls: Sequence[CallRecord]) -> list[str]:
    """Tokens and dollars of a task, as far as its answers tell."""
    costs = [call.cost_usd for call in calls if call.cost_usd is not None]
    return describe_usage(sum(call.tokens or 0 for call in calls), sum(costs) if costs else None)


def _request_parts(request: Any) -> dict[str, Any]:
    """Method and URL in one line, and what goes with them; only what the author asked for."""
    if not is_object(request) or "method" not in request:
        return {"request": request}
    parts: dict[str, Any] = {"request": f"{request['method']} {request.get('url', '')}"}
    for name in ("connection", "headers", "query", "authentication", "body"):
        if name in request:
            parts[name] = request[name]
    return parts


def _joined(*parts: str, separator: str = "  ") -> str:
    return separator.join(part for part in parts if part)


def print_failure(label: str, failure: FailureRecord) -> None:
    """Why an attempt, a call or a run failed, and what there was of an answer."""
    _print(f"{label}: {f'{failure.type}: ' if failure.type else ''}{failure.message}")
    if is_object(failure.details):
        # A run's failure is the problem of the task, whose call tells it already.
        for line in said_by_server(failure.details, failure.type):
            _print(f"  {line}")


def _print_value(label: str, value: Any) -> None:
    """A value in one line; in a terminal that has no room for it, on lines of their own below its name."""
    value = _told(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if len(text) > _SHOWN_CHARACTERS:
        text = f"{text[:_SHOWN_CHARACTERS]} ... {len(text)} characters; --json shows all"
    elif not isinstance(value, str) and stdout.is_terminal and not _fits(label, text):
        text = json.dumps(value, ensure_ascii=False, indent=2)
    if not stdout.is_terminal or _fits(label, text):
        _print(f"{label}: {text}")
        return
    _print(f"{label}:")
    indent = " " * (len(label) - len(label.lstrip()) + 2)
    for line in text.splitlines():
        begins = indent + " " * (len(line) - len(line.lstrip()))
        for piece in Text(line.lstrip()).wrap(stdout, max(20, stdout.width - len(begins)), overflow="fold"):
            _print(begins + piece.plain.rstrip())


def _fits(label: str, text: str) -> bool:
    return "\n" not in text and cell_len(f"{label}: {text}") <= stdout.width


def _told(value: Any) -> Any:
    """A value without the members that are null, which tell nothing."""
    if is_object(value):
        return {key: _told(member) for key, member in value.items() if member is not None}
    return [_told(member) for member in value] if is_array(value) else value


def _print(line: str) -> None:
    stdout.print(Text(line))
