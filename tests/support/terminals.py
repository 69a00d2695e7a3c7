"""Commands on a terminal of their own: what is on its screen, and when."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from support.commands import HTTPTASK

__all__ = ["Screen", "first_words", "interrupted_on_terminal", "on_terminal", "opened_terminal"]

_STYLE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
_ERASED = re.compile(r"[^\n]*\r\x1b\[K")
_READ = 65536
_CTRL_C = b"\x03"
_TAKING_IT = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Makes stdin the terminal of the session, whose keys then signal, and goes on as a command."""


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
    try:
        written = _written(process, terminal, seconds)
        code = process.wait()
    finally:
        os.close(terminal)
    return _screen(code, written)


def interrupted_on_terminal(
    folder: Path, environment: Mapping[str, str], *arguments: str, at: str, seconds: float = 60
) -> Screen:
    """Run a command, and type Ctrl-C once it has written a text."""
    process, terminal = _start(folder, environment, arguments, 80, (sys.executable, "-c", _TAKING_IT))
    before = termios.tcgetattr(terminal)
    try:
        written = _written(process, terminal, seconds, at.encode())
        os.write(terminal, _CTRL_C)
        written += _written(process, terminal, seconds)
        code = process.wait()
        assert termios.tcgetattr(terminal) == before, "what the terminal does with keys is changed"
    finally:
        os.close(terminal)
    return _screen(code, written)


def _written(
    process: "subprocess.Popen[bytes]", terminal: int, seconds: float, at: bytes | None = None
) -> bytes:
    """What a command writes to its end, or up to a text; it is ended when the time is over."""
    written = b""
    until = time.monotonic() + seconds
    while at is None or at not in written:
        if not select.select([terminal], [], [], max(0.0, until - time.monotonic()))[0]:
            os.killpg(process.pid, signal.SIGKILL)
            break
        try:
            written += os.read(terminal, _READ)
        except OSError:  # the other end is closed
            break
    return written


def _screen(code: int, written: bytes) -> Screen:
    text = written.decode().replace("\r\n", "\n")
    return Screen(code, text, _STYLE.sub("", _ERASED.sub("", text)).splitlines())


def _start(
    folder: Path,
    environment: Mapping[str, str],
    arguments: tuple[str, ...],
    columns: int,
    before: tuple[str, ...] = (),
) -> tuple["subprocess.Popen[bytes]", int]:
    ours, theirs = opened_terminal(columns)
    process = subprocess.Popen(
        [*before, HTTPTASK, *arguments],
        cwd=folder,
        env={**environment, "TERM": "xterm-256color"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    return process, ours
