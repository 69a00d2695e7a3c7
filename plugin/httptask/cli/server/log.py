"""What the embedded server says, on its stdout and stderr."""

import os
import re
from pathlib import Path

from httptask.cli.server.files import open_regular

__all__ = ["ServerLog"]

_RESERVED_BYTES = 4096
_SHOWN_BEGIN = 100
_SHOWN_END = 200
_NOT_WRITTEN = re.compile(
    r"(?:database or disk is full|disk I/O error|attempt to write a readonly database"
    r"|unable to open database file|no space left on device)(?: \(\d+\))?"
)
"""What SQLite and the system say where a database can't be written."""


class ServerLog:
    """The file that the server writes its errors to.

    A block of it is there before the server needs it: a full disk could not be told of otherwise.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def clear(self) -> None:
        """Begin anew, with blanks that the server writes over.

        Raises:
            OSError: the disk is full, for example.
        """
        with os.fdopen(open_regular(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "wb") as file:
            file.write(b" " * (_RESERVED_BYTES - 1) + b"\n")

    def end(self) -> int:
        """Where what the server has said ends, in bytes."""
        return len(self._read(0).rstrip())

    def last_words(self) -> str:
        """The last line, in short; the reason stands at its end."""
        lines = self._read(0).decode(errors="replace").split("\n")
        line = next((line.strip() for line in reversed(lines) if line.strip()), "it ended without a word")
        if len(line) <= _SHOWN_BEGIN + _SHOWN_END:
            return line
        return f"{line[:_SHOWN_BEGIN]} ... {line[-_SHOWN_END:]}"

    def storage_failure(self, since: int = 0) -> str | None:
        """Why the server could not write its database, in its own words; None when it said nothing of the kind.

        Args:
            since: how much of the log to pass over: a disk that was full once may not be any more.
        """
        found = _NOT_WRITTEN.search(self._read(since).decode(errors="replace"))
        return found[0] if found else None

    def _read(self, since: int) -> bytes:
        try:
            with os.fdopen(open_regular(self.path, os.O_RDONLY), "rb") as file:
                file.seek(since)
                return file.read()
        except FileNotFoundError:
            return b""
