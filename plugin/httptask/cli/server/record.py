"""What is noted of a server that runs, and whether a process still is that one.

Ids of processes are used again, and count anew in every container.
"""

import json
import os
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from httptask.cli.server.files import open_regular

__all__ = ["ServerRecord", "command_of", "is_in_this_network", "start_of"]

_PROC = Path("/proc")
_START_TIME = 19
"""Place of `starttime` behind the name of the command, in /proc/PID/stat (proc_pid_stat(5), field 22)."""
_PS_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class ServerRecord:
    """What other commands have to know of a server.

    Attributes:
        started: when the process began, which tells it from others that had its id, or have it elsewhere.
        ui: URL of Temporal's UI; None when the server has none.
        cluster: tells the server from others at its address; None until it has answered.
    """

    address: str
    pid: int
    started: str | None
    ui: str | None
    cluster: str | None

    @classmethod
    def read(cls, file: Path) -> Self:
        """What the file says.

        Raises:
            FileNotFoundError: there is none.
            TypeError, ValueError: it is no record.
        """
        with os.fdopen(open_regular(file, os.O_RDONLY)) as opened:
            return cls(**json.load(opened))

    def write(self, file: Path) -> None:
        """Put it into the file, complete or not at all."""
        draft = file.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        with os.fdopen(open_regular(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "w") as opened:
            json.dump(asdict(self), opened)
        draft.replace(file)

    def is_here(self, database: Path) -> bool:
        """Whether the process of that id is the server of a database, and its address one of this network."""
        return (
            self.started is not None
            and start_of(self.pid) == self.started
            and str(database) in command_of(self.pid)
            and is_in_this_network(self.pid)
        )


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
