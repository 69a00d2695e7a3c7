"""A run as lines of text: one for each change, for logs and pipes."""

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from httptask.cli.terminal.console import end_line, print_note, print_piece
from httptask.cli.terminal.progress.view import View
from httptask.cli.terminal.progress.wording import (
    OWN_RUN_CURE,
    PAUSED,
    describe,
    describe_beginning,
    describe_impasse,
    in_order_of_events,
    seconds_taken,
)
from httptask.dsl.tasks.map_items import MAP

if TYPE_CHECKING:
    from httptask.interpreter.status import Impasse, RunStatus, TaskStatus
    from httptask.plugin import LiveText

__all__ = ["PlainView"]

_MOST_LINES = 100
"""How much is printed of one task, however often a loop runs it."""


class PlainView(View):
    """Prints a line when a task begins, waits, tries again, asks again, or ends, or the run is stuck or paused."""

    def __init__(self) -> None:
        self._shown: dict[str, object] = {}
        self._lines = Counter[str]()
        self._impasse: Impasse | None = None
        self._is_paused = False
        self._heard: set[str] = set()

    def __exit__(self, *_: object) -> None:
        end_line()

    def show(self, status: "RunStatus") -> None:
        """Print what has changed since the last time."""
        for task in in_order_of_events(status.tasks):
            # A call that nobody has taken up yet reads like its first attempt.
            # How far a map is, the lines of its items tell.
            detail = None if task.kind == MAP.name else task.detail
            now = (task.state, max(task.attempt, 1), detail, task.caught)
            if self._lines[task.pointer] > _MOST_LINES or self._shown.get(task.id) == now:
                continue
            self._shown[task.id] = now
            self._lines[task.pointer] += 1
            if self._lines[task.pointer] <= _MOST_LINES:
                print_note(_line(task))
            else:
                print_note(f"{task.name}: runs more often; the rest of it is not shown here")
        if status.impasse is not None and status.impasse != self._impasse:
            print_note(describe_impasse(status.impasse, OWN_RUN_CURE))
        self._impasse = status.impasse
        if self._is_paused != (status.state == "paused"):
            self._is_paused = not self._is_paused
            print_note(PAUSED if self._is_paused else "the run goes on")

    def hear(self, piece: "LiveText") -> None:
        """Print the text on lines that begin with its name, and a line when it begins anew."""
        if piece.begins and piece.name in self._heard:
            print_note(f"{piece.name}: {describe_beginning(piece)}")
            self._heard.discard(piece.name)
        if piece.text:
            self._heard.add(piece.name)
            print_piece(piece.name, piece.text)


def _line(task: "TaskStatus") -> str:
    took = f"{seconds_taken(task, datetime.now(UTC)):.1f} s" if task.ended_at else ""
    return "  ".join(part for part in (f"{task.id}: {task.state}", took, describe(task)) if part)
