"""What was made of an API's document when it was added, so that one operation is read without all the others.

It stands in the state folder, and is made again where it is missing, or older than the document.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from httptask.catalog.databases import LISTED, listed_of, open_database, replace_database, row_of
from httptask.diagnostics.fault import Fault, Severity
from httptask.openapi.document import Document, Problems
from httptask.openapi.reader import Listed, OperationReader, list_operations

__all__ = ["About", "Index", "make_index", "open_index"]

_FORMAT: Final = 1
"""Of the tables: an index of another one is made again."""
_TABLES: Final = """
create table about (key text primary key, value text) without rowid;
create table pieces (place text primary key, value text) without rowid;
create table operations (
    position integer primary key, name text unique, operation_id text, method text, path text,
    summary text, description text, tags text, deprecated integer
);
create index operation_ids on operations (operation_id);
create table problems (pointer text, code text, message text, hint text);
"""


@dataclass(frozen=True, slots=True)
class About:
    """What a document says of its API.

    Attributes:
        version: of the API.
        format: of the document, as `OpenAPI 3.1.0`.
        problems: how many there are in it.
    """

    title: str
    version: str
    format: str
    description: str
    operations: int
    problems: int


class Index(Mapping[str, Any]):
    """The pieces of a document, by their places, and what it has. A context that closes its file."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._read: dict[str, Any] = {}

    def __enter__(self) -> "Index":
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def __getitem__(self, place: str) -> Any:
        if place not in self._read:  # a file of definitions is one piece, which many refer to
            found = self._row("select value from pieces where place = ?", place)
            if found is None:
                raise KeyError(place)
            self._read[place] = json.loads(found[0])
        return self._read[place]

    def __iter__(self) -> Iterator[str]:
        return (place for (place,) in self._database.execute("select place from pieces"))

    def __len__(self) -> int:
        return int(self._database.execute("select count(*) from pieces").fetchone()[0])

    def is_of(self, fingerprint: str) -> bool:
        """Whether it was made of documents with this fingerprint, by this version of the tables."""
        try:
            kept = dict(
                self._database.execute("select key, value from about where key in ('format', 'fingerprint')")
            )
        except sqlite3.DatabaseError:  # none, or one that was cut
            return False
        return kept == {"format": str(_FORMAT), "fingerprint": fingerprint}

    def about(self) -> About:
        """What its document says of the API."""
        found = self._row("select value from about where key = 'api'")
        assert found is not None
        return About(**json.loads(found[0]))

    def operations(self) -> list[Listed]:
        """All operations, in the order of the document."""
        rows = self._database.execute(f"select {LISTED} from operations order by position")  # noqa: S608
        return [listed_of(row) for row in rows]

    def operation(self, name: str) -> Listed | None:
        """The operation of that name, or of that operationId."""
        found = self._row(
            f"select {LISTED} from operations where name = ?1 or operation_id = ?1"  # noqa: S608
            " order by name = ?1 desc limit 1",
            name,
        )
        return None if found is None else listed_of(found)

    def paths(self, method: str) -> list[tuple[str, str]]:
        """Names and paths of the operations with that method."""
        return self._database.execute(
            "select name, path from operations where method = ?", (method,)
        ).fetchall()

    def problems(self) -> list[Fault]:
        """What is wrong in the document, wherever an operation needs it."""
        rows = self._database.execute("select pointer, code, message, hint from problems")
        return [
            Fault(pointer, code, message, hint, Severity.WARNING) for pointer, code, message, hint in rows
        ]

    def _row(self, query: str, *values: str) -> Any:
        return self._database.execute(query, values).fetchone()


def open_index(file: Path, fingerprint: str) -> Index | None:
    """The index that a file holds; None if it is not of documents with this fingerprint, or there is none."""
    if (database := open_database(file)) is None:
        return None
    index = Index(database)
    if index.is_of(fingerprint):
        return index
    index.__exit__()
    return None


def make_index(file: Path, document: Document, fingerprint: str) -> Index:
    """Read every operation of a document, and keep what there is in a new file in place of the old one.

    Where none can be written the index is in memory.
    """
    replace_database(file, lambda database: _fill(database, document, fingerprint))
    if (made := open_index(file, fingerprint)) is not None:
        return made
    database = sqlite3.connect(":memory:")
    _fill(database, document, fingerprint)
    return Index(database)


def _fill(database: sqlite3.Connection, document: Document, fingerprint: str) -> None:
    problems = Problems()
    operations = list_operations(document, problems)
    reader = OperationReader(document, problems)
    for listed in operations:
        reader.check(listed)
    found = problems.list()
    api = {
        "title": document.top("info").text("title"),
        "version": str(document.top("info").get("version").value or ""),
        "format": f"{'Swagger' if document.is_swagger else 'OpenAPI'} {document.version}",
        "description": document.top("info").text("description"),
        "operations": len(operations),
        "problems": len(found),
    }
    with database:
        database.executescript(f"pragma journal_mode = off; pragma synchronous = off; {_TABLES}")
        database.executemany(
            "insert into about values (?, ?)",
            (("format", str(_FORMAT)), ("fingerprint", fingerprint), ("api", json.dumps(api))),
        )
        database.executemany("insert into pieces values (?, ?)", _pieces(document))
        database.executemany(
            "insert into operations values (null, ?, ?, ?, ?, ?, ?, ?, ?)", map(row_of, operations)
        )
        database.executemany(
            "insert into problems values (?, ?, ?, ?)",
            ((fault.pointer, fault.code, fault.message, fault.hint) for fault in found),
        )


def _pieces(document: Document) -> Iterator[tuple[str, str]]:
    for place, value in document.pieces.items():
        yield place, json.dumps(value, separators=(",", ":"))
