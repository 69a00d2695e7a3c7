"""Files that people write. A pipe or a device under such a name is none: opening one may wait for ever."""

import errno
import fcntl
import os
import shutil
import stat
from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack
from io import BufferedReader
from pathlib import Path
from typing import Final

__all__ = [
    "FileChanged",
    "cure_of",
    "files_in",
    "is_disguised",
    "open_file",
    "replace_file",
    "replace_files",
    "replace_text",
]

_MAKE_ROOM: Final = "make room on its disk, and try again"
_ALLOW: Final = "let the user that runs httptask write it and its folder, and try again"
_CURES: Final = {
    errno.ENOSPC: _MAKE_ROOM,
    errno.EDQUOT: _MAKE_ROOM,
    errno.EACCES: _ALLOW,
    errno.EPERM: _ALLOW,
    errno.EROFS: _ALLOW,
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.ENOTDIR: "a file stands where its folder is to be: choose another name",
}
_KINDS: Final = {".yml": ".yaml"}
_ANY_WRITE: Final = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


class FileChanged(Exception):
    """A file holds something else than what was read from it."""


def cure_of(error: OSError) -> str | None:
    """What a person does about a file that can't be written."""
    return _CURES.get(error.errno or 0)


def files_in(folder: Path, suffixes: Collection[str]) -> list[Path]:
    """The files of a folder, in order of their names.

    Hidden files, as editors and file systems leave them, links to such and what is no file don't count. A link that
    leads nowhere does: whoever reads it says so.
    """
    return sorted(file for file in folder.iterdir() if file.suffix in suffixes and _may_be_one(file))


def is_disguised(file: Path) -> bool:
    """Whether it is a link to a hidden file or to one of another kind: a copied folder may call a `.env` `x.yaml`.

    What a file is said to hold wrongly is told with a part of it, and may be a secret then. Hidden folders on the way
    are as good as others: Kubernetes mounts the files of a ConfigMap as links through one.
    """
    if not file.is_symlink() or not file.exists():  # one that leads nowhere shows nothing
        return False
    target = Path(os.path.realpath(file))
    kinds = {_KINDS.get(each.suffix, each.suffix) for each in (file, target)}
    return target.name.startswith(".") or len(kinds) > 1


def open_file(path: Path | str) -> BufferedReader:
    """A file to read from.

    Raises:
        OSError: it can't be opened, or is a pipe or a device.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # waits for no writer of a pipe
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "is no regular file", str(path))
    return os.fdopen(descriptor, "rb")


def replace_file(file: Path, edited: Callable[[], str], *, private: bool = False) -> None:
    """Write a file as a whole or not at all, where a link leads to, with the permissions that it has.

    Args:
        file: that need not be there yet.
        edited: reads the file, and gives its new text. Whoever else replaces files in this folder waits meanwhile.
        private: whether one that is made may be read by its owner alone.

    Raises:
        OSError: it can't be written, or is read-only: for a new file in its place, its folder alone would be asked.
    """
    replace_files({file: edited}, private=private)


def replace_files(edited: Mapping[Path, Callable[[], str]], *, private: bool = False) -> None:
    """Write several files as `replace_file` does, all of them or none.

    Args:
        edited: by file, what gives its new text.
        private: whether those that are made may be read by their owner alone.

    Raises:
        OSError: one can't be written; none was changed.
    """
    targets = {file.resolve(): (file, text) for file, text in edited.items()}
    drafts = {target: target.with_name(f".{target.name}.{os.getpid()}.part") for target in targets}
    before: dict[Path, bytes | None] = {}
    with ExitStack() as stack:
        for folder in sorted({target.parent for target in targets}):
            descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
            stack.callback(os.close, descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        for draft in drafts.values():
            stack.callback(draft.unlink, missing_ok=True)
        for target, (file, text) in targets.items():
            if target.exists() and _is_read_only(target):
                raise PermissionError(errno.EACCES, "the file is read-only", str(file))
            is_there = target.exists()
            _write_draft(drafts[target], text().encode(), 0o600 if private or is_there else 0o666)
            if is_there:
                shutil.copymode(target, drafts[target])
        try:
            for target, draft in drafts.items():
                kept = target.read_bytes() if target.exists() and len(drafts) > 1 else None
                draft.replace(target)
                before[target] = kept
        except BaseException:  # Ctrl-C too
            _put_back(before)
            raise


def _write_draft(draft: Path, content: bytes, mode: int) -> None:
    """Write a file that nobody reads meanwhile who may not read the one that it takes the place of."""
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(content)


def _put_back(contents: Mapping[Path, bytes | None]) -> None:
    for file, content in contents.items():
        if content is None:
            file.unlink()
        else:
            file.write_bytes(content)


def replace_text(
    file: Path, before: str, text: str, beside: Mapping[Path, Callable[[], str]] | None = None
) -> None:
    """Write a file as `replace_file` does, if it holds what it did when it was read.

    Args:
        file: that need not be there yet.
        before: what was read, empty where there was no file.
        text: that it is to hold.
        beside: other files, which are written with it or not at all.

    Raises:
        FileChanged: it was changed meanwhile.
        OSError: it can't be written.
    """

    def edited() -> str:
        if _bytes_of(file) != before.encode():
            raise FileChanged
        return text

    replace_files({file: edited, **(beside or {})})


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
    return not file.name.startswith(".") and (file.is_file() or not file.exists()) and not is_disguised(file)
