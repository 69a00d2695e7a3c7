"""The catalogue of a project: `catalog/NAME/` holds an API's document as it was added, and `entry.json` beside it."""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from shlex import quote
from time import monotonic
from typing import Any, Final, TypeVar

from httptask.catalog import FOLDER, chat_completion
from httptask.catalog.changes import Changes, compare
from httptask.catalog.directory.directory import Directories
from httptask.catalog.errors import CatalogError
from httptask.catalog.importing.credentials import without_credentials
from httptask.catalog.index import About, Index, make_index, open_index
from httptask.catalog.keeping import (
    DOCUMENT,
    ENTRY,
    change_entry,
    keep_files,
    load_files,
    read_entry,
    recover,
    remove_folder,
    stamp_of,
    unknown_operations,
)
from httptask.catalog.reference import ApiOverview, Reference
from httptask.catalog.search.index import KNOWN, SearchIndex
from httptask.catalog.search.results import SearchResult, search
from httptask.catalog.sources import files_below
from httptask.diagnostics.suggest import hint_for_unknown
from httptask.openapi.depth import Depth
from httptask.openapi.document import Document, Problems, load_document
from httptask.openapi.naming import api_name, is_api_name
from httptask.openapi.reader import OperationReader
from httptask.openapi.servers import absolute_servers
from httptask.openapi.text import DocumentInvalid

__all__ = ["Catalog", "Entry"]

_T = TypeVar("_T")
_LOOK_EVERY: Final = 2.0
"""Seconds: whoever searches as somebody types does not look at all files again with each letter."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An API that was added.

    Attributes:
        document: the name of the file that its document begins in.
        source: the URL that it was loaded from; None for a file.
        safe: operations that change nothing, whatever their method says: written into the entry by hand.
        authentication: how its requests are authenticated, as somebody told for a document that does not say it.
    """

    name: str
    document: str
    source: str | None = None
    safe: tuple[str, ...] = ()
    authentication: str | None = None


class Catalog:
    """The APIs of a project.

    Args:
        root: the project's folder.
        state: the folder for what can be made again.

    Attributes:
        directories: the APIs that can be added by name.
        broken: why APIs that were added can't be read, by name, as far as the last look at all of them told.
    """

    def __init__(self, root: Path, state: Path) -> None:
        self._folder = root / FOLDER
        recover(self._folder)
        self._state = state
        self.directories = Directories(self._folder / "_directories")
        self.broken: dict[str, CatalogError] = {}
        self._looked = -math.inf

    def entries(self) -> list[Entry]:
        """The APIs that were added, by name, without those that are `broken`."""
        found: list[Entry] = []
        self.broken = {}
        for name in sorted(path.parent.name for path in self._folder.glob(f"*/{ENTRY}")):
            if self._is_added(name):  # a hidden folder is one that was being written
                try:
                    found.append(self._read_entry(name))
                except CatalogError as error:
                    self.broken[name] = error
        return found

    def added(self) -> Iterator[tuple[Entry, About]]:
        """The APIs that were added, and what they are, without those that are `broken`."""
        return self._read_each(self.entries(), lambda entry: self.about(entry.name))

    def _read_each(self, entries: Iterable[Entry], read: Callable[[Entry], _T]) -> Iterator[tuple[Entry, _T]]:
        """What is read of each API, without those that turn out to be `broken`."""
        for entry in entries:
            try:
                found = read(entry)
            except CatalogError as error:
                self.broken[entry.name] = error
            else:
                yield entry, found

    def add(
        self,
        document: str,
        read: Callable[[str], bytes | None],
        *,
        name: str | None = None,
        source: str | None = None,
    ) -> ApiOverview:
        """Keep a document, and the files that it refers to.

        Args:
            document: the name of its file.
            read: gives a file by its path below the folder of that file, None where there is none.
            name: of the API; made of the document's title if None.
            source: the URL that it was loaded from, which is kept without credentials.

        Raises:
            CatalogError: it is no API document, or there is one of that name.
        """
        source = None if source is None else without_credentials(source)
        loaded, files = load_files(document, read, source)
        chosen = name or api_name(loaded.top("info").text("title"), document.partition(".")[0])
        if not is_api_name(chosen):
            raise CatalogError(
                f"`{chosen}` can't name an API", "write small letters and digits, with `-` between words"
            )
        if self._is_added(chosen):
            update = f"httptask catalog update {chosen} --from {quote(source) if source else 'FILE'}"
            hint = f"`{update}` puts this one in its place; --name keeps both"
            raise CatalogError(f"there is an API `{chosen}` already", hint)
        entry = Entry(chosen, document, source)
        self._write(entry, files)
        self._make_index(entry, loaded).__exit__()
        self._looked = -math.inf
        return self.overview(chosen)

    def update(
        self, name: str, document: str, read: Callable[[str], bytes | None], *, source: str | None = None
    ) -> Changes:
        """Keep a newer document of an API in place of the one there is, and tell what it changes.

        Args:
            name: of the API.
            document: as for `add`.
            read: as for `add`.
            source: the URL that it was loaded from; None leaves the one of the entry.

        Raises:
            CatalogError: there is no such API, or the document is none or has no operations; the old one stays.
        """
        entry = self.entry(name)
        source = None if source is None else without_credentials(source)
        loaded, files = load_files(document, read, source)
        try:
            before = load_document(entry.document, files_below(self.documents(entry)))
        except DocumentInvalid:  # there is nothing to lose
            before = None
        changes = compare(name, before, loaded)
        if not changes.operations and changes.removed:
            were = len(changes.removed)
            raise CatalogError(f"{source or document}: has no operations; those of `{name}` stay, all {were}")
        renewed = replace(entry, document=document, source=source or entry.source)
        self._write(renewed, files)
        self._make_index(renewed, loaded).__exit__()
        self._looked = -math.inf
        return changes

    def remove(self, name: str) -> None:
        """Remove an API that was added.

        Raises:
            CatalogError: there is none of that name, or it is the one that is built in.
        """
        if name == chat_completion.API and not self._is_added(name):
            raise CatalogError(f"`{name}` is built in, and can't be removed")
        if not self._is_added(name):
            raise self._unknown(name)
        remove_folder(self._folder / name)
        with suppress(OSError):
            self._index_file(name).unlink(missing_ok=True)
        self._looked = -math.inf

    def overview(self, api: str) -> ApiOverview:
        """What an API is, and all its operations.

        Raises:
            CatalogError: there is none of that name, or its document can't be read.
        """
        built_in = api == chat_completion.API
        if built_in and not self._is_added(api):
            return ApiOverview(api, None, chat_completion.ABOUT, (chat_completion.LISTED,), ())
        entry = self.entry(api)
        with self.index(entry) as index:
            operations = index.operations()
            if built_in:
                others = (one for one in operations if one.name != chat_completion.LISTED.name)
                operations = [chat_completion.LISTED, *others]
            problems = [*index.problems(), *unknown_operations(entry.safe, [one.name for one in operations])]
            about = replace(index.about(), operations=len(operations), problems=len(problems))
            return ApiOverview(api, entry.source, about, tuple(operations), tuple(problems))

    def about(self, api: str) -> About:
        """What an API is, of whose operations none is read; raises as `overview` does."""
        built_in = api == chat_completion.API
        if built_in and not self._is_added(api):
            return chat_completion.ABOUT
        with self.index(self.entry(api)) as index:
            about = index.about()
            if built_in:
                found = index.operation(chat_completion.LISTED.name)
                is_added = found is None or found.name != chat_completion.LISTED.name
                about = replace(about, operations=about.operations + is_added)
            return about

    def reference(self, name: str, depth: Depth | None = None) -> Reference:
        """The reference of an operation, by `API.OPERATION`; its operationId will do for the latter.

        Args:
            name: as above.
            depth: of the definitions that are read; None for all.

        Raises:
            CatalogError: there is none of that name, or its document can't be read.
        """
        api, _, operation = name.partition(".")
        if api == chat_completion.API and operation == chat_completion.LISTED.name:
            return chat_completion.reference()
        if api == chat_completion.API and not self._is_added(api):
            hint = hint_for_unknown(operation, [chat_completion.LISTED.name], f"operations of `{api}`")
            raise CatalogError(f"there is no operation `{operation}` of `{api}`", hint)
        entry = self.entry(api)
        with self.index(entry) as index:
            listed = index.operation(operation)
            if listed is None:
                names = [one.name for one in index.operations()]
                hint = hint_for_unknown(operation, names, f"operations of `{api}`")
                raise CatalogError(f"there is no operation `{operation}` of `{api}`", hint)
            reader = OperationReader(Document(entry.document, index), Problems())
            read = reader.read(listed, depth)
            read = replace(read, servers=absolute_servers(read.servers, entry.source))
            return Reference(api, read, authentication=entry.authentication, source=entry.source)

    def keep_authentication(self, api: str, authentication: str) -> None:
        """Keep how requests of an API are authenticated, whose document does not say it.

        Raises:
            CatalogError: there is no API of that name among those that were added.
        """
        self.entry(api)
        change_entry(self._folder / api / ENTRY, {"authentication": authentication})

    def search(self, text: str, *, limit: int = 10) -> SearchResult:
        """Operations of all APIs that do what a text says, the best first.

        Args:
            text: words, and filters as `api:slack`, `method:post`, `tag:chat`.
            limit: how many there may be.

        Raises:
            CatalogError: there is nothing to search for.
        """
        with self._search_index() as index:
            favoured = (chat_completion.API, chat_completion.LISTED.name)
            return search(text, index, self.directories, favoured=favoured, limit=limit)

    def _search_index(self) -> SearchIndex:
        """The words of all APIs as they are now."""
        index = SearchIndex(self._state_file("search.db"))
        known = index.apis()
        if known and monotonic() - self._looked < _LOOK_EVERY:
            return index
        every = self.entries()
        entries = {entry.name: found for entry, found in self._read_each(every, self._fingerprint)}
        directories = f"{self.directories.fingerprint()} {sorted(entries)}"
        current = {chat_completion.API: chat_completion.ABOUT.version, KNOWN: directories, **entries}
        for name in known.keys() - current.keys():
            index.forget(name)
        for name, fingerprint in current.items():
            if known.get(name) == fingerprint:
                continue
            if name == KNOWN:
                sources = {entry.source for entry in every}
                apis = [api for api in self.directories.apis().values() if api.url not in sources]
                index.take(name, fingerprint, "", [api.listed() for api in apis if api.name not in entries])
                continue
            try:
                overview = self.overview(name)
            except CatalogError as error:
                self.broken[name] = error
                index.forget(name)
            else:
                index.take(name, fingerprint, overview.about.title, overview.operations)
        index.save()
        self._looked = monotonic()
        return index

    def calls(self, method: str) -> Iterator[tuple[str, str]]:
        """Names, `API.OPERATION`, and paths of the operations of all added APIs that are called by that method."""
        for entry, index in self._read_each(self.entries(), self.index):
            with index:
                yield from ((f"{entry.name}.{name}", path) for name, path in index.paths(method))

    def is_safe(self, name: str) -> bool:
        """Whether an operation, `API.OPERATION`, is said to change nothing.

        Raises:
            CatalogError: there is no such API.
        """
        api, _, operation = name.partition(".")
        return operation in self.entry(api).safe

    def entry(self, name: str) -> Entry:
        """The API of that name; raises CatalogError where none was added."""
        if not self._is_added(name):
            raise self._unknown(name)
        return self._read_entry(name)

    def _is_added(self, name: str) -> bool:
        return is_api_name(name) and (self._folder / name / ENTRY).is_file()

    def _unknown(self, name: str) -> CatalogError:
        known = [chat_completion.API, *(entry.name for entry in self.entries())]
        hint = hint_for_unknown(name, dict.fromkeys(known), "APIs")
        if elsewhere := self.directories.find(name):
            hint = f"it is known, add it first: {elsewhere.how_to_add()}"
        return CatalogError(f"there is no API `{name}` in the catalogue", hint)

    def _read_entry(self, name: str) -> Entry:
        file = self._folder / name / ENTRY
        try:
            return Entry(name, **read_entry(file))
        except (ValueError, TypeError):
            hint = f"`httptask catalog remove {name}`, and add it again"
            raise CatalogError(f"{file}: is no entry of the catalogue", hint) from None

    def _write(self, entry: Entry, files: Mapping[str, bytes]) -> None:
        """Keep the files of an API; what else its entry holds stays."""
        folder = self._folder / entry.name
        kept: dict[str, Any] = json.loads((folder / ENTRY).read_bytes()) if self._is_added(entry.name) else {}
        source = {"source": entry.source} if entry.source else {}
        keep_files(folder, {**kept, "document": entry.document, **source}, files)

    def index(self, entry: Entry) -> Index:
        """The pieces of its document; raises CatalogError where that can't be read."""
        if (found := open_index(self._index_file(entry.name), self._fingerprint(entry))) is not None:
            return found
        try:
            document = load_document(entry.document, files_below(self.documents(entry)))
        except DocumentInvalid as error:
            raise CatalogError(f"{self.documents(entry) / entry.document}: {error}") from None
        return self._make_index(entry, document)

    def _make_index(self, entry: Entry, document: Document) -> Index:
        return make_index(self._state_file(f"{entry.name}.sqlite"), document, self._fingerprint(entry))

    def _state_file(self, name: str) -> Path:
        """A file of what can be made again, in a folder that is there if it can be made."""
        file = self._state / "catalog" / name
        for place in (self._state, file.parent, file):
            if place.is_symlink():
                raise CatalogError(f"{place}: is a link: httptask writes through none there", "remove it")
        with suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True)
            if not (ignored := file.parent / ".gitignore").exists():
                ignored.write_text("*\n")
        return file

    def _fingerprint(self, entry: Entry) -> str:
        """Tells whether a file was changed, as far as its time and size tell it."""
        try:
            return f"{entry.document} {stamp_of(str(self.documents(entry)))}"
        except OSError as error:
            hint = f"`httptask catalog update {entry.name} --from FILE`, or remove it and add it again"
            raise CatalogError(f"{self.documents(entry)}: {error.strerror}", hint) from None

    def documents(self, entry: Entry) -> Path:
        """The folder of its document's files."""
        return self._folder / entry.name / DOCUMENT

    def _index_file(self, name: str) -> Path:
        return self._state / "catalog" / f"{name}.sqlite"
