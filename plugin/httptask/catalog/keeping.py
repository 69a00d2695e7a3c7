"""How an API is kept in a project: its folder with `entry.json`, and its document's files below `document/`."""

import json
import os
import shutil
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final

from httptask.catalog.errors import CatalogError
from httptask.http.files import replace_file
from httptask.openapi.document import Document, load_document
from httptask.openapi.text import DocumentInvalid

__all__ = ["DOCUMENT", "ENTRY", "change_entry", "keep_files", "load_files", "remove_folder", "stamps_of"]

ENTRY: Final = "entry.json"
DOCUMENT: Final = "document"
_REPLACED: Final = "replaced"
_MOST_BYTES: Final = 128 * 1024 * 1024
"""Of all files of a document together."""


def load_files(
    document: str, read: Callable[[str], bytes | None], source: str | None
) -> tuple[Document, dict[str, bytes]]:
    """A document, and the files that it is in.

    Raises:
        CatalogError: it is no API document, or too large.
    """
    files: dict[str, bytes] = {}
    size = 0

    def kept(path: str) -> bytes | None:
        nonlocal size
        data = read(path)
        if data is not None:
            files[path] = data
            size += len(data)
        if size > _MOST_BYTES:
            raise DocumentInvalid(f"has more than {_MOST_BYTES} bytes in all its files")
        return data

    try:
        return load_document(document, kept), files
    except DocumentInvalid as error:
        raise CatalogError(f"{source or document}: {error}") from None


def keep_files(folder: Path, entry: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
    """Write the folder of an API at once, or its files in place of those that it had.

    Raises:
        CatalogError: they can't be written.
    """
    with _folder_beside(folder, "written") as draft:
        draft.chmod(0o755)
        for parent in {(draft / DOCUMENT / path).parent for path in files}:
            parent.mkdir(parents=True, exist_ok=True)
        for path, data in files.items():
            (draft / DOCUMENT / path).write_bytes(data)
        (draft / ENTRY).write_text(_text_of(entry), encoding="utf-8")
        if folder.exists():
            _replace(folder, draft)
        else:
            draft.rename(folder)


@contextmanager
def _folder_beside(folder: Path, done: str) -> Generator[Path]:
    draft = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(mkdtemp(prefix=".", dir=folder.parent))
        yield draft
    except OSError as error:
        raise CatalogError(f"{folder}: can't be {done}: {error.strerror}") from None
    finally:
        if draft is not None:
            shutil.rmtree(draft, ignore_errors=True)


def _replace(folder: Path, draft: Path) -> None:
    kept, replaced = folder / DOCUMENT, draft / _REPLACED
    try:
        if kept.exists():
            kept.rename(replaced)
        (draft / DOCUMENT).rename(kept)
        (draft / ENTRY).replace(folder / ENTRY)
    except BaseException:  # Ctrl-C too
        if replaced.exists() and (draft / ENTRY).exists():
            if kept.exists():
                kept.rename(draft / DOCUMENT)
            replaced.rename(kept)
        raise


def remove_folder(folder: Path) -> None:
    """Take the folder of an API away at once, and delete what was in it.

    Raises:
        CatalogError: it can't be taken away, and is there as it was.
    """
    with _folder_beside(folder, "removed") as aside:
        folder.rename(aside / folder.name)


def change_entry(file: Path, members: Mapping[str, Any]) -> None:
    """Put members into `entry.json`.

    Raises:
        CatalogError: it can't be written.
    """
    try:
        replace_file(file, lambda: _text_of({**json.loads(file.read_bytes()), **members}))
    except OSError as error:
        raise CatalogError(f"{file}: can't be written: {error.strerror}") from None


def _text_of(entry: Mapping[str, Any]) -> str:
    return json.dumps(entry, indent=2, ensure_ascii=False) + "\n"


def stamps_of(folder: str) -> Iterator[tuple[int, int]]:
    """Size and time of each file."""
    with os.scandir(folder) as found:
        for one in found:
            if one.is_dir(follow_symlinks=False):
                yield from stamps_of(one.path)
            else:
                at = one.stat(follow_symlinks=False)
                yield at.st_size, at.st_mtime_ns
