"""API documents that a project has: of its catalogue, by the address they came from, and files beside definitions."""

import hashlib
from pathlib import Path
from typing import Final

from httptask.catalog import FOLDER
from httptask.catalog.catalog import Catalog, Entry
from httptask.catalog.errors import CatalogError
from httptask.catalog.importing.credentials import without_credentials
from httptask.catalog.sources import files_below
from httptask.diagnostics.suggest import hint_for_misspelt
from httptask.dsl.tasks.http.addresses import FILE, is_path
from httptask.http.errors import RequestInvalid
from httptask.openapi.described import Described, describe, find_operation
from httptask.openapi.document import Document, Problems
from httptask.openapi.reader import OperationReader
from httptask.openapi.text import DocumentInvalid

__all__ = ["DocumentFinder"]

_SUFFIXES: Final = (".json", ".yaml", ".yml")


class DocumentFinder:
    """Finds operations in the documents of a project.

    Args:
        root: the project's folder.
        state: the folder for what can be made again.
        home: the folder of the definition, at which paths begin.
    """

    def __init__(self, root: Path, state: Path, home: Path) -> None:
        self._root = root.resolve()
        self._state = state
        self._home = home.resolve()

    def find(self, address: str, operation_id: str) -> Described | None:
        """An operation of the document at an address; returns and raises what `KeptDocuments` does."""
        try:
            if is_path(address):
                return self._in_file(address[len(FILE) :], operation_id)
            return self._by_source(without_credentials(address), operation_id)
        except CatalogError as error:
            raise RequestInvalid(error.message, cure=error.hint) from None

    def _by_source(self, source: str, id_: str) -> Described | None:
        if not (self._root / FOLDER).is_dir():
            return None
        catalog = Catalog(self._root, self._state)
        entry = next((one for one in catalog.entries() if one.source == source), None)
        return None if entry is None else _in_entry(catalog, entry, id_)

    def _in_file(self, path: str, id_: str) -> Described:
        file = (self._home / path).resolve()
        if not any(file.is_relative_to(folder) for folder in (self._root, self._home)):
            raise RequestInvalid(f"the document `{path}` is outside of the project", cure="copy it there")
        entry = self._entry_of(file)
        if entry is not None:
            catalog = Catalog(self._root, self._state)
            return _in_entry(catalog, catalog.entry(entry), id_)
        shown = str(file.relative_to(self._root)) if file.is_relative_to(self._root) else path
        if not file.is_file():
            raise RequestInvalid(f"there is no document `{shown}`", cure=self._cure(file, path))
        try:
            return describe(file.name, files_below(file.parent), id_, source=None, place=shown)
        except DocumentInvalid as invalid:
            raise RequestInvalid(f"the document `{shown}` {invalid}") from None

    def _entry_of(self, file: Path) -> str | None:
        """The API of the catalogue to whose folder a path leads."""
        catalog = self._root / FOLDER
        return (
            file.relative_to(catalog).parts[0] if file.is_relative_to(catalog) and file != catalog else None
        )

    def _cure(self, file: Path, path: str) -> str:
        if file.is_dir():
            return "it is a folder: name the file that the document begins in"
        beside = file.parent.iterdir() if file.parent.is_dir() else ()
        names = [one.name for one in beside if one.suffix in _SUFFIXES]
        hint = hint_for_misspelt(file.name, names, mark="`")
        return hint or "a path begins at the folder of the definition, and the worker has to have the file"


def _in_entry(catalog: Catalog, entry: Entry, id_: str) -> Described:
    """An operation of an API that was added, of whose document only what it needs is read.

    Raises:
        CatalogError: the entry can't be read.
        OperationUnknown: there is no such operation.
    """
    with catalog.index(entry) as index:
        found = find_operation(index.operations(), id_)
        operation = OperationReader(Document(entry.document, index), Problems()).read(found)
    place = f"{FOLDER}/{entry.name}"
    data = files_below(catalog.documents(entry))(entry.document) or b""
    return Described(operation, hashlib.sha256(data).hexdigest(), entry.source, place)
