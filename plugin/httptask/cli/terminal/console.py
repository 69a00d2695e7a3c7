"""Lines that commands write: results to stdout, everything else to stderr.

Tables, colours and what is redrawn are in `styled`, which costs ten times as much to import.
"""

import json
import os
import re
import shutil
import sys
from typing import Any, Final, Literal

from httptask.cli.terminal.notice import clear_notice

__all__ = [
    "can_ask",
    "end_line",
    "harmless",
    "is_terminal",
    "print_json",
    "print_note",
    "print_page",
    "print_piece",
]

_CONTROLS: Final = re.compile(r"\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_UNPRINTED: Final[dict[int, None]] = dict.fromkeys((0x07, 0x08, 0x0B, 0x0C, 0x0D))
"""Bell, backspace, tabulators and returns, which would write over what stands there."""
_DECISIVE: Final = ("FORCE_COLOR", "TTY_COMPATIBLE")
"""Variables that can make a terminal of what is none."""


_MANY_SCREENS: Final = 10


def is_terminal(stream: Literal["stdout", "stderr"]) -> bool:
    """Whether what is written there is looked at by a person."""
    if not getattr(sys, stream).isatty() and not any(map(os.environ.get, _DECISIVE)):
        return False
    from httptask.cli.terminal import styled

    return styled.stdout.is_terminal if stream == "stdout" else styled.stderr.is_terminal


def can_ask() -> bool:
    """Whether a person reads a question on stderr, and can answer it."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def print_json(value: Any) -> None:
    """Write one JSON value to stdout, coloured for a person and plain for a program."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    if not _is_writable(text):
        text = json.dumps(value, indent=2)
    if is_terminal("stdout"):
        from httptask.cli.terminal.styled import stdout

        stdout.print_json(text, ensure_ascii=False)
    else:
        sys.stdout.write(f"{text}\n")


def print_page(text: str, shorter: str) -> None:
    """Write a page to stdout, which a person reads in a pager where it is longer than the screen.

    Args:
        text: of a stranger perhaps.
        shorter: how to see less of it, which is said of one that fills many screens.
    """
    page = f"{harmless(text)}\n"
    lines, screen = page.count("\n"), shutil.get_terminal_size().lines
    if lines < screen or not (sys.stdin.isatty() and sys.stdout.isatty()):
        sys.stdout.write(page)
        return
    import pydoc

    clear_notice()
    pydoc.pager(page)
    if lines > _MANY_SCREENS * screen:
        print_note(f"{lines:,} lines; {shorter}")


def print_note(text: str) -> None:
    """Write a line for a person to stderr; markup in it is shown as it stands."""
    end_line()
    _write(f"{text}\n")


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
                _write(f"{label}> ")
            _write(piece.rstrip("\n"))
            if piece.endswith("\n"):
                self.end()

    def end(self) -> None:
        if self._label is not None:
            self._label = None
            _write("\n")


_line = _Line()


def _write(text: str) -> None:
    sys.stderr.write(text.translate(_UNPRINTED))
    sys.stderr.flush()


def _is_writable(text: str) -> bool:
    """Whether stdout takes it as it is; the name of a file may be no text at all."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
