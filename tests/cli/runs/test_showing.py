"""Runs in a terminal of 80 columns, and in a pipe."""

import io
import sys
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from httptask.cli.runs import showing
from httptask.cli.runs.listing import print_runs
from httptask.cli.runs.showing import print_run
from httptask.runs.records import CallRecord, RunRecord, RunSummary, TaskRecord

BEGAN = datetime(2026, 11, 28, 19, 30, tzinfo=UTC)
LONG = "Checkout fails with a 502 since this morning, about one order in ten, and Dana wants a call back."


def printed(monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> io.StringIO:
    output = io.StringIO()
    console = Console(
        file=output,
        width=80 if terminal else 10_000,
        force_terminal=terminal,
        color_system=None,
        soft_wrap=True,
    )
    monkeypatch.setattr(showing, "stdout", console)
    return output


def summary(id_: str, definition: str) -> RunSummary:
    ended = BEGAN + timedelta(seconds=3.4)
    return RunSummary(
        id=id_,
        run_id="r",
        definition=definition,
        state="completed",
        started_at=BEGAN,
        ended_at=ended,
        simulated=True,
    )


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def listed(monkeypatch: pytest.MonkeyPatch, run: RunSummary, *, terminal: bool) -> list[str]:
    output = Terminal() if terminal else io.StringIO()
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr(sys, "stdout", output)
    print_runs([run])
    return output.getvalue().splitlines()


def test_rows_of_runs_are_one_line_each(monkeypatch: pytest.MonkeyPatch) -> None:
    run = summary("something-long-that-fails-362fd1d2", "a-rather-long-namespace/something:1.0.0")
    head, row = listed(monkeypatch, run, terminal=True)
    assert head.split() == ["id", "state", "started", "took"]
    assert row.startswith("something-long-that-fails-362fd1d2  completed; simulated  11-2")
    assert row.endswith("  3.4 s")
    assert max(len(head), len(row)) <= 80


def test_there_is_all_of_it_where_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    for terminal, id_ in ((False, "something-long-that-fails-362fd1d2"), (True, "a-1")):
        rows = listed(monkeypatch, summary(id_, "a/b:1.0.0"), terminal=terminal)
        assert rows[1].endswith("  3.4 s  a/b:1.0.0")


def record() -> RunRecord:
    request = {"method": "POST", "url": "/x", "body": {"text": LONG, "model": None, "parts": [{"a": None}]}}
    call = CallRecord(
        id="ask", activity="a", state="completed", attempts=1, request=request, scheduled_at=BEGAN
    )
    task = TaskRecord(
        id="ask",
        name="ask",
        pointer="/do/0/ask",
        kind="call.httpRequest",
        state="completed",
        started_at=BEGAN,
        ended_at=BEGAN,
        calls=[call],
        output=f"{LONG}\nBye.",
    )
    return RunRecord(
        **summary("a-1", "a/b:1.0.0").model_dump(), tasks=[task], output={"refusal": None, "n": 1}
    )


def test_a_task_tells_its_tokens_and_its_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    run = record()
    [task] = run.tasks
    task.calls[0].response = {"usage": {"total_tokens": 1204, "cost": None}, "cost": 0.0012}
    output = printed(monkeypatch, terminal=False)
    print_run(run)
    assert "ask  completed  1 attempt, 0.0 s, 1,204 tokens, $0.0012" in output.getvalue()
    json = run.model_dump(mode="json")["tasks"][0]["calls"][0]
    assert (json["tokens"], json["cost_usd"]) == (1204, 0.0012)


def test_bodies_are_folded_and_nulls_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    output = printed(monkeypatch, terminal=True)
    print_run(record())
    text = output.getvalue()
    assert max(map(len, text.splitlines())) <= 80
    assert "null" not in text
    assert (
        "  body:\n    {\n"
        '      "text": "Checkout fails with a 502 since this morning, about one order in\n'
        '      ten, and Dana wants a call back.",\n'
    ) in text
    assert "  output:\n    Checkout fails" in text
    assert '\noutput: {"n": 1}\n' in text


def test_a_pipe_gets_a_line_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    output = printed(monkeypatch, terminal=False)
    print_run(record())
    assert f'  body: {{"text": "{LONG}", "parts": [{{}}]}}\n' in output.getvalue()
