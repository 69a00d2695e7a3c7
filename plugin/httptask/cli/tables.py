"""Runs and their calls as tables and text."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from rich.table import Table
from rich.text import Text

from httptask.cli.console import stdout
from httptask.cli.records import CallRecord, FailureRecord, RunRecord, RunSummary, TaskRecord
from httptask.http.json_tree import is_object

__all__ = ["print_run", "print_runs"]

_SHOWN_CHARACTERS = 2000
_BODY_CONTENT = {"json": "value", "text": "text"}
_PASS_THEIR_INPUT_ON = frozenset({"switch", "wait"})


def print_runs(found: Iterable[RunSummary]) -> None:
    """One row for each run."""
    table = Table(box=None, pad_edge=False)
    table.add_column("id", no_wrap=True)
    for heading in ("definition", "state", "started", "took"):
        table.add_column(heading)
    for run in found:
        table.add_row(
            run.id, run.definition, run.state, _local(run.started_at), _took(run.started_at, run.ended_at)
        )
    if table.row_count:
        stdout.print(table)
    else:
        stdout.print("no runs yet; `httptask run FILE` starts one")


def print_run(run: RunRecord) -> None:
    """The run, then each task with its requests and what came of it."""
    _print(f"{run.id}  {run.definition}  {run.state}")
    _print(f"started {_local(run.started_at)}, took {_took(run.started_at, run.ended_at)}")
    _print_value("input", run.input)
    if run.omitted:
        _print(f"\n{run.omitted} earlier tasks are left out")
    for task in run.tasks:
        _print_task(task)
    for call in run.calls:
        _print("")
        _print(f"{call.id}  {call.state}  {_attempts(call)}")
        _print_call(call)
        if call.state == "completed":
            _print_value("  response", call.response)
    _print("")
    if run.failure is not None:
        _print_failure("failure", run.failure)
    elif run.state == "completed":
        _print_value("output", run.output)


def _print_task(task: TaskRecord) -> None:
    _print("")
    parts = [
        f"{task.id}  {task.state}",
        _took(task.started_at, task.ended_at),
        *map(_attempts, task.calls[:1]),
    ]
    _print("  ".join(parts))
    for number, call in enumerate(task.calls):
        if number:
            _print(f"  asked again  {call.state}  {_attempts(call)}")
        _print_call(call)
    if task.state == "completed":
        if task.kind not in _PASS_THEIR_INPUT_ON:
            _print_value("  output", task.output)
    elif task.detail and not any(call.failure for call in task.calls):
        _print(f"  {task.detail}")


def _attempts(call: CallRecord) -> str:
    attempts = f"{call.attempts} attempt" + ("" if call.attempts == 1 else "s")
    return "  ".join(part for part in (attempts, (call.summary or "").removeprefix(f"{call.id}: ")) if part)


def _print_call(call: CallRecord) -> None:
    for name, part in _request_parts(call.request).items():
        _print_value(f"  {name}", part)
    if call.failure is not None:
        _print_failure("  failure", call.failure)


def _request_parts(request: Any) -> dict[str, Any]:
    """Method and URL in one line, and the body; only what the author asked for."""
    if not is_object(request):
        return {"request": request}
    parts: dict[str, Any] = {}
    if "method" in request:
        parts["request"] = f"{request['method']} {request.get('url', '')}"
    for name in ("connection", "headers", "query"):
        if request.get(name):
            parts[name] = request[name]
    body = request.get("body")
    if body is not None:
        parts["body"] = body[_BODY_CONTENT[body["kind"]]] if "method" in request else body
    return parts


def _print_failure(label: str, failure: FailureRecord) -> None:
    _print(f"{label}: {f'{failure.type}: ' if failure.type else ''}{failure.message}")


def _print_value(label: str, value: Any) -> None:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if len(text) > _SHOWN_CHARACTERS:
        text = f"{text[:_SHOWN_CHARACTERS]} ... {len(text)} characters; --json shows all"
    _print(f"{label}: {text}")


def _print(line: str) -> None:
    stdout.print(Text(line))


def _local(moment: datetime) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _took(begin: datetime, end: datetime | None) -> str:
    return f"{((end or datetime.now(UTC)) - begin).total_seconds():.1f} s"
