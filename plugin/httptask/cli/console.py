"""Where commands write: results to stdout, everything else to stderr."""

import json
import sys
from typing import Any

from rich.console import Console

__all__ = ["print_json", "print_note", "stderr", "stdout"]

# What does not go to a terminal is read by programs, which want whole lines.
stdout = Console(highlight=False, emoji=False, soft_wrap=True, width=None if sys.stdout.isatty() else 10_000)
stderr = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)


def print_json(value: Any) -> None:
    """Write one JSON value to stdout, coloured for a person and plain for a program."""
    text = json.dumps(value, indent=2, ensure_ascii=not _takes_all_of_unicode())
    if stdout.is_terminal:
        stdout.print_json(text, ensure_ascii=False)
    else:
        sys.stdout.write(f"{text}\n")


def print_note(text: str) -> None:
    """Write a line for a person to stderr; markup in it is shown as it stands."""
    stderr.print(text, markup=False)


def _takes_all_of_unicode() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
