"""Files that people write. A pipe or a device under such a name is none: opening one may wait for ever."""

import errno
import fcntl
import os
import shutil
import stat
from collections.abc import Callable, Collection
from io import BufferedReader
from pathlib import Path

__all__ = ["files_in", "open_file", "replace_file"]


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
        OSError: it can't be written.
    """
    target = file.resolve()
    folder = os.open(target.parent, os.O_RDONLY | os.O_CLOEXEC)
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        draft.write_bytes(edited().encode())
        if target.exists():
            shutil.copymode(target, draft)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
        os.close(folder)


def _may_be_one(file: Path) -> bool:
    return not file.name.startswith(".") and (file.is_file() or not file.exists())
