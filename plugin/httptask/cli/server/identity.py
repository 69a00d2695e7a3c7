"""Which process an id stands for: ids are used again, and count anew in every container."""

import os
import subprocess
from pathlib import Path

__all__ = ["command_of", "is_in_this_network", "start_of"]

_PROC = Path("/proc")
_START_TIME = 19
"""Place of `starttime` behind the name of the command, in /proc/PID/stat (proc_pid_stat(5), field 22)."""
_PS_SECONDS = 5.0


def start_of(pid: int) -> str | None:
    """When a process began, as its system tells it; None when there is none of that id."""
    if not _has_proc():
        return _ps("lstart", pid)
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[_START_TIME]
    except OSError:
        return None


def command_of(pid: int) -> str:
    """The words of its command line, as they are or with blanks between them; empty when it has ended."""
    if not _has_proc():
        return _ps("command", pid) or ""
    try:
        return os.fsdecode((_PROC / str(pid) / "cmdline").read_bytes())
    except OSError:
        return ""


def is_in_this_network(pid: int) -> bool:
    """Whether 127.0.0.1 is the same for a process and this one; where there are no network namespaces it is."""
    if not _has_proc():
        return True
    try:
        networks = {(_PROC / who / "ns" / "net").readlink() for who in (str(pid), "self")}
    except OSError:  # gone, or not ours to look at
        return False
    return len(networks) == 1


def _has_proc() -> bool:
    return (_PROC / "self" / "stat").exists()


def _ps(column: str, pid: int) -> str | None:
    """What ps(1) says of a process: times in words that are the same for whoever asks, in any language or time zone."""
    characters = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_CTYPE", "LANG"))), "C")
    told = subprocess.run(  # noqa: S603 - the id is a number
        ["ps", "-ww", "-o", f"{column}=", "-p", str(pid)],  # noqa: S607
        capture_output=True,
        env={**os.environ, "LC_ALL": "", "LC_CTYPE": characters, "LC_TIME": "C", "TZ": "UTC"},
        encoding="utf-8",
        errors="surrogateescape",
        timeout=_PS_SECONDS,
        check=False,
    )
    return told.stdout.strip() or None
