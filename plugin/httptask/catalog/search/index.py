"""The words of all operations of a project's catalogue, in one file that can be made again."""

import sqlite3
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from httptask.catalog.databases import LISTED, listed_of, open_database, replace_database, row_of
from httptask.catalog.errors import CatalogError
from httptask.catalog.search.words import STOP_WORDS, exact, first_sentences, split, stems
from httptask.openapi.reader import Listed

__all__ = ["COLUMNS", "KNOWN", "Candidate", "SearchIndex"]

_FORMAT: Final = 7
"""Of the tables: a file of another one is made again."""
KNOWN: Final = ""
"""Stands where an operation has its API, of APIs that are known and were not added: each is as one operation."""
COLUMNS: Final = ("api", "name", "path", "summary", "tags", "implied", "description")
"""Where the words of an operation stand."""
_TABLES: Final = f"""
create table apis (name text primary key, fingerprint text, title text) without rowid;
create table operations (
    id integer primary key, api text, name text, operation_id text, method text, path text,
    summary text, description text, tags text, deprecated integer
);
create index operations_of on operations (api);
create table vocabulary (
    api text, word text, stem text, operations integer, is_name integer, primary key (api, word)
) without rowid;
create index spelled on vocabulary (word, stem, operations, is_name);
create index stems on vocabulary (stem);
create virtual table words using fts5 ({", ".join(COLUMNS)}, tokenize = 'ascii');
pragma user_version = {_FORMAT};
"""
_DOES: Final = {"PUT": "update replace", "PATCH": "update", "DELETE": "delete remove", "POST": "create"}

_VERBS: Final = frozenset(
    {
        "cancel",
        "close",
        "deactivate",
        "delete",
        "find",
        "get",
        "kick",
        "leave",
        "list",
        "query",
        "remove",
        "replace",
    }
    | {"retrieve", "revoke", "search", "suspend", "update"}
)
"""In the name of an operation: what is sent with POST does that, and creates nothing."""


class Candidate(NamedTuple):
    """An operation that may be the one that was meant.

    Attributes:
        number: by which the index knows it.
        words: the stems in each of the columns.
    """

    number: int
    api: str
    name: str
    deprecated: bool
    words: tuple[str, ...]


class SearchIndex:
    """The words of operations, and who has them. A context that closes its file.

    Changes are made in memory, and `save` puts a new file in the place of the old one: whoever reads that meanwhile
    reads on, and where none can be written a search goes on in memory.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._is_changed = False
        self._names: dict[str, str] | None = None
        self._database = _opened(file) or _empty()

    def __enter__(self) -> "SearchIndex":
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def apis(self) -> dict[str, str]:
        """The APIs that it has, each with the fingerprint that it had then."""
        return dict(self._database.execute("select name, fingerprint from apis"))

    def titles(self) -> dict[str, str]:
        """The titles of its APIs by their names."""
        return dict(self._database.execute("select name, title from apis"))

    def tags(self) -> list[str]:
        """All tags of operations, in small letters."""
        found = self._database.execute(
            "select distinct lower(value) from operations, json_each(operations.tags) order by 1"
        )
        return [tag for (tag,) in found]

    def forget(self, api: str) -> None:
        """Take an API out."""
        with self._changing() as database:
            _forget(database, api)

    def save(self) -> None:
        """Put what was changed in the place of the file, if that can be written: it can be made again."""
        if not self._is_changed:
            return
        replace_database(self._file, self._database.backup)

    def _changing(self) -> sqlite3.Connection:
        self._names = None
        if not self._is_changed:
            copy = sqlite3.connect(":memory:")
            self._database.backup(copy)
            self._database.close()
            self._database, self._is_changed = copy, True
        return self._database

    def take(self, api: str, fingerprint: str, title: str, operations: Iterable[Listed]) -> None:
        """Take in the operations of an API, in place of those that it had before."""
        listed = list(operations)
        texts = [_texts(api, title, one) for one in listed]
        spoken = [[split(text) for text in each] for each in texts]
        stem = stems(word for each in spoken for words in each for word in words)
        with self._changing() as database:
            _forget(database, api)
            for one, each in zip(listed, spoken, strict=True):
                added = database.execute(
                    f"insert into operations (api, {LISTED}) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
                    (api, *row_of(one)),
                ).lastrowid
                columns = (
                    " ".join(f"{stem[word]} {exact(word, stem[word])}" for word in words) for words in each
                )
                marks = ", ".join("?" * (len(COLUMNS) + 1))
                database.execute(
                    f"insert into words (rowid, {', '.join(COLUMNS)}) values ({marks})",  # noqa: S608
                    (added, *columns),
                )
            database.executemany(
                "insert into vocabulary values (?, ?, ?, ?, ?)", _vocabulary(api, spoken, stem)
            )
            database.execute("insert into apis values (?, ?, ?)", (api, fingerprint, title))

    def operations_with(self, words: Collection[str]) -> dict[str, int]:
        """How many operations have each of these stems, without those that none has."""
        marks = ", ".join("?" * len(words))
        return dict(
            self._database.execute(
                f"select stem, sum(operations) from vocabulary where stem in ({marks}) group by stem",  # noqa: S608
                tuple(words),
            )
        )

    def in_names(self, words: Collection[str]) -> set[str]:
        """Those of the stems that an operation has elsewhere than in its description."""
        marks = ", ".join("?" * len(words))
        found = self._database.execute(
            f"select distinct stem from vocabulary where stem in ({marks}) and is_name",  # noqa: S608
            tuple(words),
        )
        return {stem for (stem,) in found}

    def beginning_with(self, root: str) -> dict[str, str]:
        """Words that begin so, each with its stem."""
        found = self._database.execute(
            "select word, min(stem) from vocabulary where word >= ?1 and word < ?1 || '{' and is_name group by word",
            (root,),
        )
        return dict(found)

    def spelled(self, words: Collection[str]) -> set[str]:
        """Those of the words that an operation has as they stand."""
        marks = ", ".join("?" * len(words))
        found = self._database.execute(
            f"select distinct word from vocabulary where word in ({marks})",  # noqa: S608
            tuple(words),
        )
        return {word for (word,) in found}

    def size(self) -> int:
        """How many operations it has."""
        [[found]] = self._database.execute("select count(*) from operations")
        return int(found)

    def names_like(self, word: str, slips: int) -> dict[str, str]:
        """Words that may be meant by one, each with its stem; those that only one description has are not.

        Their length differs by as many letters, or they begin with it.
        """
        if self._names is None:
            found = self._database.execute(
                "select word, min(stem) from vocabulary group by word having max(is_name) or sum(operations) > 1"
            )
            self._names = dict(found)
        return {
            one: stem
            for one, stem in self._names.items()
            if abs(len(one) - len(word)) <= slips or one.startswith(word)
        }

    def candidates(
        self, groups: Collection[Collection[str]], filters: Iterable[tuple[str, Collection[str]]], limit: int
    ) -> list[Candidate]:
        """Operations with a stem of each group, or all where there is none, those with the most telling ones first."""
        conditions: list[str] = []
        values: list[str] = []
        for key, wanted in filters:
            marks = ", ".join("?" * len(wanted))
            conditions.append(_FILTERS[key].format(marks=marks))
            values += wanted
        if not conditions:
            conditions.append(f"operations.api != '{KNOWN}'")
        order = "words.rowid"
        if groups:
            conditions += ["words match ?", "rank match 'bm25(3, 5, 2, 4, 2, 1, 1)'"]
            either = (" OR ".join(f'"{word}"' for word in group) for group in groups)
            values.append(" AND ".join(f"({group})" for group in either))
            order = "rank"
        where = " and ".join(conditions) or "true"
        columns = ", ".join(f"words.{column}" for column in COLUMNS)
        rows = self._database.execute(
            "with best as (select words.rowid as id from words join operations on operations.id = words.rowid"  # noqa: S608
            f" where {where} order by {order} limit ?)"
            f" select best.id, operations.api, operations.name, operations.deprecated, {columns}"
            " from best join operations on operations.id = best.id join words on words.rowid = best.id",
            (*values, limit),
        )
        return [Candidate(row[0], row[1], row[2], bool(row[3]), row[4:]) for row in rows]

    def operation(self, number: int) -> Listed:
        """An operation as its document has it."""
        row = self._database.execute(
            f"select {LISTED} from operations where id = ?",  # noqa: S608
            (number,),
        ).fetchone()
        return listed_of(row)


_FILTERS: Final = {
    "api": "operations.api in ({marks})",
    "method": "operations.method in ({marks})",
    "tag": "exists (select 1 from json_each(operations.tags) where lower(value) in ({marks}))",
}


def _opened(file: Path) -> sqlite3.Connection | None:
    """The file, if it is one of these tables."""
    if (database := open_database(file)) is None:
        return None
    try:
        [[version]] = database.execute("pragma user_version")
        if version == _FORMAT:
            return database
    except sqlite3.DatabaseError:  # none, or one that was cut
        pass
    database.close()
    return None


def _empty() -> sqlite3.Connection:
    database = sqlite3.connect(":memory:")
    try:
        database.executescript(_TABLES)
    except sqlite3.OperationalError as error:
        database.close()
        if "fts5" not in str(error):
            raise
        hint = "use a Python whose SQLite was built with FTS5"
        raise CatalogError("the SQLite of this Python has no full-text search", hint) from None
    return database


def _forget(database: sqlite3.Connection, api: str) -> None:
    database.execute("delete from words where rowid in (select id from operations where api = ?)", (api,))
    for table, column in (("operations", "api"), ("vocabulary", "api"), ("apis", "name")):
        database.execute(f"delete from {table} where {column} = ?", (api,))  # noqa: S608


def _texts(api: str, title: str, one: Listed) -> tuple[str, ...]:
    """What the columns are made of."""
    segments = [part for part in one.path.split("/") if not part.startswith("{")]
    told = first_sentences(one.description)
    summary = one.summary
    if len(summary.split()) <= 1:  # none, or the operationId once more
        summary, told = f"{summary} {told}", ""
    last = one.path.rstrip("/").rpartition("/")[2]
    name = one.operation_id or one.name
    reads = "get read retrieve" if last.startswith("{") else "list get"
    does = _DOES.get(one.method, reads) if one.method else ""
    if one.method == "POST" and not _VERBS.isdisjoint(split(name)):
        does = ""
    return (
        f"{api} {title}",
        name,
        " ".join(segments),
        summary,
        " ".join(one.tags),
        does,
        told,
    )


def _vocabulary(
    api: str, spoken: list[list[list[str]]], stem: dict[str, str]
) -> Iterator[tuple[str, str, str, int, bool]]:
    operations: dict[str, int] = {}
    names: set[str] = set()
    for columns in spoken:
        for word in {word for words in columns for word in words}:
            operations[word] = operations.get(word, 0) + 1
        names.update(word for words in columns[:-1] for word in words)
    for word, number in operations.items():
        if word not in STOP_WORDS:
            yield api, word, stem[word], number, word in names
