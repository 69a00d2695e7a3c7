"""The folder that the embedded server keeps its files in, its database among them: written through no link."""

import contextlib
import os
import sqlite3
import stat
import time
from pathlib import Path

from httptask.cli.terminal.console import print_note
from httptask.cli.terminal.errors import CliError

__all__ = ["Database", "open_regular", "prepare_folder"]

_PRIVATE = 0o600


def open_regular(path: Path, flags: int) -> int:
    """A descriptor of a file that lies where its path says; a file that is created is readable by its owner alone.

    Raises:
        OSError: it can't be opened, or is a link: whoever wrote the folder, as the author of a repository does,
            could have any file of the user's written to.
    """
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, _PRIVATE)


def prepare_folder(directory: Path) -> None:
    """Create the folder, readable by its owner alone: the database in it holds inputs and outputs of runs.

    Raises:
        CliError: it can't be written; it, or a file in it, is a link or another thing that no file is written
            through, or one of them belongs to another user, who could have runs and their credentials sent to a
            server of theirs.
    """
    try:
        if not directory.is_symlink():
            directory.mkdir(parents=True, exist_ok=True)
        _require_own(directory)
        directory.chmod(0o700)
        ignore = directory / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n!.gitignore\n!schema.json\n")
    except OSError as error:
        raise CliError(
            f"{error.filename}: {error.strerror}",
            "work in a folder that you may write to, or set TEMPORAL_ADDRESS to use a server of your own",
        ) from None


def _require_own(directory: Path) -> None:
    if not stat.S_ISDIR(directory.lstat().st_mode):
        raise CliError(
            f"{directory}: is not a folder", "remove it: httptask keeps its files in a folder of that name"
        )
    for entry in (directory, *directory.iterdir()):
        try:
            found = entry.lstat()
        except FileNotFoundError:
            continue  # a draft, or a journal of the database: other commands may run beside this one
        if found.st_uid != os.geteuid():
            raise CliError(
                f"{entry}: belongs to another user (uid {found.st_uid}): runs and their data would be in their hands",
                "work in a folder of your own, or remove it if nobody needs the runs in it",
            )
        if not stat.S_ISREG(found.st_mode) and not stat.S_ISDIR(found.st_mode):
            raise CliError(f"{entry}: is no regular file: httptask writes through no link", "remove it")


class Database:
    """The files of a database, and a mark beside them while a server lays it out.

    A server that was killed over that leaves half of one, which opens no more.
    """

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
