"""The embedded server's database, and what becomes of one that a server was killed over while it laid it out."""

import contextlib
import sqlite3
import time
from pathlib import Path

from httptask.cli.terminal.console import print_note

__all__ = ["Database"]


class Database:
    """The files of a database, and a mark beside them while a server lays it out: half of one opens no more."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "temporal.db"
        self._mark = directory / "temporal.db.unfinished"

    def prepare(self) -> None:
        """Make way for a new database, where the last one was not finished.

        Only what certainly holds no run is removed. What can't be read is moved aside, and that is said.
        """
        if self._mark.exists() and self.path.exists():
            runs = self._runs()
            if runs == 0:
                self._remove()
            elif runs is None:
                self._move_aside()
            else:
                self._mark.unlink()
        if not self.path.exists():
            self._mark.touch()

    def finished(self) -> None:
        """Note that a server that answers has laid it out."""
        self._mark.unlink(missing_ok=True)

    def _runs(self) -> int | None:
        """How many runs it holds; None when it can't be told."""
        try:
            with contextlib.closing(sqlite3.connect(self.path)) as connection:
                tables = connection.execute(
                    "SELECT 1 FROM sqlite_master WHERE name = 'executions'"
                ).fetchall()
                if not tables:
                    return 0
                [(runs,)] = connection.execute("SELECT count(*) FROM executions").fetchall()
                return int(runs)
        except sqlite3.Error:
            return None

    def _files(self) -> list[Path]:
        """The database, and the journals of SQLite's beside it."""
        return [file for file in self.path.parent.glob(f"{self.path.name}*") if file != self._mark]

    def _remove(self) -> None:
        for file in self._files():
            file.unlink()

    def _move_aside(self) -> None:
        aside = self.path.with_name(f"set-aside-{time.strftime('%Y%m%dT%H%M%S')}")
        aside.mkdir(exist_ok=True)
        for file in self._files():
            file.rename(aside / file.name)
        print_note(
            f"{self.path} can't be read, and was not finished when its server was killed: moved to {aside}/"
        )
