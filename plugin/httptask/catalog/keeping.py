"""How an API is kept in a project: its folder with `entry.json`, and its document's files below `document/`."""

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final

from httptask.catalog.errors import CatalogError
from httptask.diagnostics.cutting import shortened
from httptask.diagnostics.fault import Fault
from httptask.diagnostics.suggest import hint_for_unknown
from httptask.http.files import cure_of, replace_file
from httptask.json.types import is_array, is_object
from httptask.openapi.document import Document, load_document
from httptask.openapi.text import DocumentInvalid

__all__ = [
    "DOCUMENT",
    "ENTRY",
    "change_entry",
    "keep_files",
    "load_files",
    "read_entry",
    "recover",
    "remove_folder",
    "stamp_of",
    "unknown_operations",
]

ENTRY: Final = "entry.json"
DOCUMENT: Final = "document"
_REPLACED: Final = "replaced"
_DRAFT: Final = ".httptask-"
"""In the names of folders that are being written, behind that of the API."""
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
    """Write the folder of an API at once, or its files in place of those that it had; see `recover` for the rest.

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
        with _locked(folder.parent, fcntl.LOCK_EX):
            draft = Path(mkdtemp(prefix=f".{folder.name}{_DRAFT}", dir=folder.parent))
            yield draft
    except OSError as error:
        raise CatalogError(f"{folder}: can't be {done}: {error.strerror}", cure_of(error)) from None
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
        _put_back(folder, draft)
        raise


def _put_back(folder: Path, draft: Path) -> None:
    """Undo what was begun of `_replace`: the entry is the last that it writes."""
    kept, replaced = folder / DOCUMENT, draft / _REPLACED
    if replaced.exists() and (draft / ENTRY).exists():
        if kept.exists():
            kept.rename(draft / DOCUMENT)
        replaced.rename(kept)


def recover(catalog: Path) -> None:
    """Undo the change of an API in whose middle a process was killed, and delete what it left.

    Args:
        catalog: the folder of all APIs, which need not be there. While another process writes in it, nothing is done.
    """
    left = [path for path in catalog.glob(f".*{_DRAFT}*") if path.is_dir() and not path.is_symlink()]
    if not left:
        return
    with suppress(OSError), _locked(catalog, fcntl.LOCK_EX | fcntl.LOCK_NB):
        for draft in left:
            _put_back(catalog / draft.name[1:].partition(_DRAFT)[0], draft)
            shutil.rmtree(draft, ignore_errors=True)


@contextmanager
def _locked(folder: Path, operation: int) -> Generator[None]:
    """A lock that is gone with the process."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, operation)
        yield
    finally:
        os.close(descriptor)


def remove_folder(folder: Path) -> None:
    """Take the folder of an API away at once, and delete what was in it.

    Raises:
        CatalogError: it can't be taken away, and is there as it was.
    """
    with _folder_beside(folder, "removed") as aside:
        folder.rename(aside / folder.name)


def read_entry(file: Path) -> dict[str, Any]:
    """What `entry.json` holds, and people write into it.

    Raises:
        ValueError: it is none.
        CatalogError: a member is of another kind.
    """
    written: Any = json.loads(file.read_bytes())
    if not is_object(written) or not isinstance(written.get("document"), str):
        raise ValueError("is no entry")
    for name in ("source", "authentication"):
        if not isinstance(written.get(name), str | None):
            raise CatalogError(f"{file}: `{name}` has to be a text", f'write "{name}": "…", or leave it out')
    safe = written.get("safe", [])
    if not is_array(safe) or not all(isinstance(one, str) for one in safe):
        raise CatalogError(
            f"{file}: `safe` has to be a list of names of operations", 'write "safe": ["listOrders"]'
        )
    told: dict[str, Any] = {name: written[name] for name in ("source", "authentication") if name in written}
    return {"document": written["document"], "safe": tuple(safe), **told}


def unknown_operations(safe: Iterable[str], names: Collection[str]) -> Iterator[Fault]:
    """What of an entry's `safe` is no operation, so that it has no effect: a misspelt one, or one that is gone."""
    for name in safe:
        if name not in names:
            message = f"`safe` of {ENTRY} names {shortened(name, 60)!r}, which is no operation of it"
            yield Fault("/safe", "unknown-operation", message, hint_for_unknown(name, names, "operations"))


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


def stamp_of(folder: str) -> str:
    """Tells whether a file below was changed, as far as count, sizes and times tell it."""
    count = size = time = 0
    pending = [folder]
    while pending:
        with os.scandir(pending.pop()) as found:
            for one in found:
                if one.is_dir(follow_symlinks=False):
                    pending.append(one.path)
                    continue
                at = one.stat(follow_symlinks=False)
                count += 1
                size += at.st_size
                time += at.st_mtime_ns
    return f"{count} {size} {time}"
