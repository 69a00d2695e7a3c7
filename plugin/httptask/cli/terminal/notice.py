"""What a command is doing now: one line of a terminal, which goes when anything else is written.

It needs the standard library only, so that the line is there while everything else is still being imported.
"""

import contextlib
import os
import sys
from typing import Any, Final, TextIO

__all__ = ["clear_notice", "show_notice"]

_ERASE: Final = "\r\x1b[K"
_STREAMS: Final = ("stdout", "stderr")


def show_notice(doing: str) -> None:
    """Show what the command does now, in place of what it did before; nothing where stderr is no terminal.

    Args:
        doing: such as `loading`.
    """
    clear_notice()
    stream = sys.stderr
    if stream is None or not stream.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        return
    with contextlib.suppress(OSError):
        room = os.get_terminal_size(stream.fileno()).columns - len(" …") - 1
        if room > 0:
            stream.write(f"\x1b[2m{doing[:room]} …\x1b[0m")
            stream.flush()
            for name in _STREAMS:
                if getattr(sys, name) is not None:  # as it is where a caller has closed it
                    setattr(sys, name, _Clearing(getattr(sys, name), stream))


def clear_notice() -> None:
    """Take the line away, if one is shown."""
    for name in _STREAMS:
        shown = getattr(sys, name)
        if isinstance(shown, _Clearing):
            setattr(sys, name, shown.stream)
            if name == "stderr":
                with contextlib.suppress(OSError):
                    shown.terminal.write(_ERASE)
                    shown.terminal.flush()


class _Clearing:
    """A stream that takes the line away before anything is written to it."""

    def __init__(self, stream: TextIO, terminal: TextIO) -> None:
        self.stream = stream
        self.terminal = terminal

    def write(self, text: str) -> int:
        clear_notice()
        return self.stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)
