"""A run as a table that is redrawn in place, for terminals."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from httptask.cli.terminal.console import harmless
from httptask.cli.terminal.progress.view import View
from httptask.cli.terminal.progress.wording import (
    OWN_RUN_CURE,
    PAUSED,
    describe,
    describe_beginning,
    describe_impasse,
    seconds_taken,
)
from httptask.cli.terminal.styled import stderr

if TYPE_CHECKING:
    from httptask.interpreter.status import RunStatus, TaskStatus
    from httptask.plugin import LiveText

__all__ = ["LiveView"]

_MARKS = {
    "pending": Text("·", "dim"),
    "waiting": Text("◷", "yellow"),
    "paused": Text("‖", "yellow"),
    "completed": Text("✓", "green"),
    "faulted": Text("✗", "red"),
    "cancelled": Text("⊘", "yellow"),
    "skipped": Text("-", "dim"),
}
_MARGIN_LINES = 3
_ID_SHARE = 3
"""Which part of the width the ids of tasks may have at most: a third."""
_DETAIL_LINES = 3
"""How many lines the detail of a task may fold onto, where there is room for so many of each."""
_TEXT_LINES = 4
"""How much is shown of each text: its end."""
_KEPT = 4000
"""How many characters of each text are remembered for that."""


class LiveView(View):
    """Redraws the tasks ten times a second; what no longer fits on the screen is counted."""

    def __init__(self) -> None:
        self._status: RunStatus | None = None
        self._texts: dict[str, str] = {}
        self._spinner = Spinner("dots", style="cyan")
        self._live = Live(self, console=stderr, refresh_per_second=10)

    def __enter__(self) -> "LiveView":
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, status: "RunStatus") -> None:
        """Draw a newer state."""
        self._status = status

    def hear(self, piece: "LiveText") -> None:
        """Draw the end of the text below the tasks, for as long as its task goes on."""
        before = self._texts.get(piece.name, "")
        if piece.begins and before:
            before = f"[{describe_beginning(piece)}]\n"
        self._texts[piece.name] = (before + harmless(piece.text))[-_KEPT:]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self._status is None:
            yield Text("starting", "dim")
            return
        running = [task.id for task in self._status.tasks if task.ended_at is None]
        texts = [line for name in running for line in self._end_of_text(name, console, options)]
        texts = texts[-(console.size.height // 2) :]
        room = max(1, console.size.height - _MARGIN_LINES - len(texts))
        tasks = _most_telling(self._status.tasks, room)
        hidden = self._status.omitted + len(self._status.tasks) - len(tasks)
        if hidden:
            yield Text(f"  and {hidden} tasks that have ended", "dim")
        lines = max(1, min(_DETAIL_LINES, room // max(1, len(tasks))))
        yield self._table(tasks, console, options.max_width, lines)
        yield from texts
        if self._status.impasse is not None:
            yield Text(describe_impasse(self._status.impasse, OWN_RUN_CURE), "red")
        if self._status.state == "paused":
            yield Text(PAUSED, "yellow")

    def _end_of_text(self, name: str, console: Console, options: ConsoleOptions) -> list[Text]:
        label = Text(f"{name}> ", "dim")
        width = max(1, options.max_width - label.cell_len)
        lines = Text(self._texts.get(name, "")).wrap(console, width)
        return [label + line for line in lines[-_TEXT_LINES:] if line]

    def _table(self, tasks: "list[TaskStatus]", console: Console, width: int, lines: int) -> Table:
        now = datetime.now(UTC)
        ids = [_end(task.id, width // _ID_SHARE) for task in tasks]
        times = [f"{seconds_taken(task, now):.1f} s" for task in tasks]
        left = width - len("- ") - sum(max(map(cell_len, column), default=0) + 1 for column in (ids, times))
        table = Table.grid(padding=(0, 1))
        table.add_column(width=1)
        table.add_column(no_wrap=True)
        table.add_column(justify="right", no_wrap=True, style="dim")
        table.add_column()
        for task, id_, time in zip(tasks, ids, times, strict=True):
            detail = _beginning(Text(describe(task)), console, max(1, left), lines)
            table.add_row(_MARKS.get(task.state, self._spinner), Text(id_), time, detail)
        return table


def _end(text: str, cells: int) -> str:
    """A text, or as much of its end as there is room for."""
    if cell_len(text) <= cells:
        return text
    while cell_len(text) >= cells:
        text = text[1:]
    return f"…{text}"


def _beginning(text: Text, console: Console, width: int, lines: int) -> Text:
    """A text folded to that width, or as much of its beginning as there is room for."""
    folded = text.wrap(console, width, overflow="fold")
    if len(folded) > lines:
        folded[lines - 1].rstrip()
        folded[lines - 1].truncate(width - 1)
        folded[lines - 1].append("…")
    return Text("\n").join(folded[:lines])


def _most_telling(tasks: "list[TaskStatus]", room: int) -> "list[TaskStatus]":
    """Those that still go on, then the latest of the others, in their order."""
    going_on = [task for task in tasks if task.ended_at is None][-room:]
    ended = [task for task in tasks if task.ended_at is not None]
    kept = {task.id for task in (*going_on, *ended[max(0, len(ended) + len(going_on) - room) :])}
    return [task for task in tasks if task.id in kept]
