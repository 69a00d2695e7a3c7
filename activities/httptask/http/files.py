"""Files that people write. A pipe or a device under such a name is none: opening one may wait for ever."""

import errno
import fcntl
import os
import shutil
import stat
from collections.abc import Callable, Collection
from io import BufferedReader
from pathlib import Path
from typing import Final

__all__ = ["FileChanged", "files_in", "open_file", "replace_file", "replace_text"]

_ANY_WRITE: Final = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


class FileChanged(Exception):
    """A file holds something else than what was read from it."""


def files_in(folder: Path, suffixes: Collection[str]) -> list[Path]:
    """The files of a folder, in order of their names.

    Hidden files, as editors and file systems leave them, and what is no file don't count. A link that leads nowhere
    does: whoever reads it says so.
    """
    return sorted(file for file in folder.iterdir() if file.suffix in suffixes and _may_be_one(file))


def open_file(path: Path) -> BufferedReader:
    """A file to read from.

    Raises:
        OSError: it can't be opened, or is a pipe or a device.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # waits for no writer of a pipe
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "is no regular file", str(path))
    return os.fdopen(descriptor, "rb")


def replace_file(file: Path, edited: Callable[[], str]) -> None:
    """Write a file as a whole or not at all, where a link leads to, with the permissions that it has.

    Args:
        file: that need not be there yet.
        edited: reads the file, and gives its new text. Whoever else replaces files in this folder waits meanwhile.

    Raises:
        OSError: it can't be written, or is read-only: for a new file in its place, its folder alone would be asked.
    """
    target = file.resolve()
    folder = os.open(target.parent, os.O_RDONLY | os.O_CLOEXEC)
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        if target.exists() and _is_read_only(target):
            raise PermissionError(errno.EACCES, "the file is read-only", str(file))
        draft.write_bytes(edited().encode())
        if target.exists():
            shutil.copymode(target, draft)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
        os.close(folder)


def replace_text(file: Path, before: str, text: str) -> None:
    """Write a file as `replace_file` does, if it holds what it did when it was read.

    Args:
        file: that need not be there yet.
        before: what was read, empty where there was no file.
        text: that it is to hold.

    Raises:
        FileChanged: it was changed meanwhile.
        OSError: it can't be written.
    """

    def edited() -> str:
        if _bytes_of(file) != before.encode():
            raise FileChanged
        return text

    replace_file(file, edited)


def _bytes_of(file: Path) -> bytes:
    try:
        with open_file(file) as opened:
            return opened.read()
    except FileNotFoundError:
        return b""


def _is_read_only(file: Path) -> bool:
    """Whether its owner has it so, whom root is not kept from, or it is not this user's to write."""
    return not file.stat().st_mode & _ANY_WRITE or not os.access(file, os.W_OK)


def _may_be_one(file: Path) -> bool:
    return not file.name.startswith(".") and (file.is_file() or not file.exists())
