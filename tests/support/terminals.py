"""Commands on a terminal of their own: what is on its screen, and when."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from support.commands import HTTPTASK

__all__ = ["Screen", "first_words", "on_terminal", "opened_terminal"]

_STYLE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
_ERASED = re.compile(r"[^\n]*\r\x1b\[K")
_READ = 65536


@dataclass
class Screen:
    """What a command wrote to its terminal."""

    code: int
    written: str = ""
    lines: list[str] = field(default_factory=list[str])
    """As they stand in the end: without styles, and without what was erased."""


def opened_terminal(columns: int = 80) -> tuple[int, int]:
    """Both ends of a terminal of that width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    return ours, theirs


def first_words(folder: Path, environment: Mapping[str, str], *arguments: str) -> tuple[float, str]:
    """Seconds until a command wrote anything, and what; it is ended then."""
    began = time.monotonic()
    process, terminal = _start(folder, environment, arguments, 80)
    try:
        written = os.read(terminal, _READ).decode()
        return time.monotonic() - began, written
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        os.close(terminal)


def on_terminal(
    folder: Path,
    environment: Mapping[str, str],
    *arguments: str,
    columns: int = 80,
    seconds: float = 60,
    typed: str = "",
) -> Screen:
    """Run a command to its end; what is typed waits until it reads."""
    process, terminal = _start(folder, environment, arguments, columns)
    os.write(terminal, typed.encode())
    written = b""
    until = time.monotonic() + seconds
    try:
        while select.select([terminal], [], [], max(0.0, until - time.monotonic()))[0]:
            try:
                written += os.read(terminal, _READ)
            except OSError:  # the other end is closed
                break
        else:
            os.killpg(process.pid, signal.SIGKILL)
        code = process.wait()
    finally:
        os.close(terminal)
    text = written.decode().replace("\r\n", "\n")
    return Screen(code, text, _STYLE.sub("", _ERASED.sub("", text)).splitlines())


def _start(
    folder: Path, environment: Mapping[str, str], arguments: tuple[str, ...], columns: int
) -> tuple["subprocess.Popen[bytes]", int]:
    ours, theirs = opened_terminal(columns)
    process = subprocess.Popen(
        [HTTPTASK, *arguments],
        cwd=folder,
        env={**environment, "TERM": "xterm-256color"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    return process, ours
