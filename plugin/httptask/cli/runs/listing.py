"""Runs as a table, which needs nothing that draws: whoever lists them waits for little else than to read it."""

import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from rich.cells import cell_len, set_cell_size

from httptask.cli.terminal.console import harmless
from httptask.runs.records import RunSummary

__all__ = ["in_columns", "local_time", "print_runs", "state_of", "time_taken"]

_YEAR = len("2026-")


def print_runs(found: Iterable[RunSummary]) -> None:
    """One row for each run; where a terminal has no room for all, definition and year are left out, never an id."""
    runs = list(found)
    lines = in_columns([("id", "state", "started", "took", "definition"), *(_row(run) for run in runs)])
    if sys.stdout.isatty() and max(map(cell_len, lines)) > shutil.get_terminal_size().columns:
        lines = in_columns(
            [
                ("id", "state", "started", "took"),
                *((id_, state, started[_YEAR:], took) for id_, state, started, took, _ in map(_row, runs)),
            ]
        )
    head, *rows = lines
    is_styled = sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
    sys.stdout.write(f"\x1b[1m{head}\x1b[0m\n" if is_styled else f"{head}\n")
    sys.stdout.writelines(f"{row}\n" for row in rows)


def state_of(run: RunSummary) -> str:
    """Its state, and whether nothing was sent in it."""
    return run.state + ("; simulated" if run.simulated else "")


def local_time(moment: datetime) -> str:
    """A moment by the clock of whoever looks."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def time_taken(begin: datetime, end: datetime | None) -> str:
    """How long something took, or takes already."""
    return f"{((end or datetime.now(UTC)) - begin).total_seconds():.1f} s"


def _row(run: RunSummary) -> tuple[str, str, str, str, str]:
    took = time_taken(run.started_at, run.ended_at)
    return harmless(run.id), state_of(run), local_time(run.started_at), took, harmless(run.definition)


def in_columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of texts as lines, each column as wide as its widest text."""
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(set_cell_size, row, widths)).rstrip() for row in rows]
