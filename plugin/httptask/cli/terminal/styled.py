"""The streams of a command as rich writes to them: for tables, colours, and what is redrawn."""

import sys
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.markup import escape

from httptask.cli.terminal.console import harmless

__all__ = ["print_table", "stderr", "stdout"]

# What does not go to a terminal is read by programs, which want whole lines.
stdout = Console(highlight=False, emoji=False, soft_wrap=True, width=None if sys.stdout.isatty() else 10_000)
stderr = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)


def print_table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print texts of strangers in columns."""
    from rich.table import Table

    table = Table(*titles, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(escape(harmless(cell)) for cell in row))
    stdout.print(table)
