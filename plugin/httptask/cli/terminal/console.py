"""Where commands write: results to stdout, everything else to stderr."""

import json
import re
import sys
from typing import Any, Final

from rich.console import Console

__all__ = ["end_line", "harmless", "print_json", "print_note", "print_piece", "stderr", "stdout"]

_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

# What does not go to a terminal is read by programs, which want whole lines.
stdout = Console(highlight=False, emoji=False, soft_wrap=True, width=None if sys.stdout.isatty() else 10_000)
stderr = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)


def print_json(value: Any) -> None:
    """Write one JSON value to stdout, coloured for a person and plain for a program."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    if not _is_writable(text):
        text = json.dumps(value, indent=2)
    if stdout.is_terminal:
        stdout.print_json(text, ensure_ascii=False)
    else:
        sys.stdout.write(f"{text}\n")


def print_note(text: str) -> None:
    """Write a line for a person to stderr; markup in it is shown as it stands."""
    end_line()
    stderr.print(text, markup=False)


def print_piece(label: str, text: str) -> None:
    """Write a piece of a text to stderr that goes on where the last one of that label ended."""
    _line.go_on(label, harmless(text))


def end_line() -> None:
    """End the line that pieces are being written on, if there is one."""
    _line.end()


def harmless(text: str) -> str:
    """A text of a stranger without what steers a terminal."""
    return _CONTROLS.sub("\ufffd", text)


class _Line:
    """The line of stderr that pieces are being written on, if there is one."""

    def __init__(self) -> None:
        self._label: str | None = None

    def go_on(self, label: str, text: str) -> None:
        for piece in text.splitlines(keepends=True):
            if self._label != label:
                self.end()
                self._label = label
                stderr.print(f"{label}> ", end="", markup=False)
            stderr.print(piece.rstrip("\n"), end="", markup=False)
            if piece.endswith("\n"):
                self.end()

    def end(self) -> None:
        if self._label is not None:
            self._label = None
            stderr.print()


_line = _Line()


def _is_writable(text: str) -> bool:
    """Whether stdout takes it as it is; the name of a file may be no text at all."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
