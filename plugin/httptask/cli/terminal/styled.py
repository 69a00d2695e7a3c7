"""The streams of a command as rich writes to them: for tables, colours, and what is redrawn."""

import sys

from rich.console import Console

__all__ = ["stderr", "stdout"]

# What does not go to a terminal is read by programs, which want whole lines.
stdout = Console(highlight=False, emoji=False, soft_wrap=True, width=None if sys.stdout.isatty() else 10_000)
stderr = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)
