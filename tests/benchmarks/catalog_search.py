"""How often the catalogue finds what was meant, as it was typed and with one slip: see `tests.benchmarks.catalog`."""

import json
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

from httptask.catalog import chat_completion
from httptask.catalog.catalog import Catalog
from httptask.catalog.search.words import split
from httptask.catalog.sources import files_below, root_document

AMONG = 3
LEAST_SHARE = 0.85
LONGEST_SEARCH = 0.06
LEAST_OVER_PORTER = 2
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_SHORTEST = 4

Search = Callable[[str], list[str]]


def with_a_slip(query: str) -> str:
    """The query with one letter left out, added, wrong or swapped with the next, the same at every call."""
    chance = Random(query)
    words = query.split()
    long = [place for place, word in enumerate(words) if len(word) >= _SHORTEST and word.isalpha()]
    place = chance.choice(long or [max(range(len(words)), key=lambda at: len(words[at]))])
    word = words[place]
    if len(word) < 2:
        return query
    at = chance.randrange(1, len(word))
    words[place] = chance.choice(
        [
            word[:at] + word[at + 1 :],
            word[:at] + chance.choice(_LETTERS) + word[at:],
            word[:at] + chance.choice(_LETTERS.replace(word[at].lower(), "")) + word[at + 1 :],
            word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :],
        ]
    )
    return " ".join(words)


def measured(documents: Path, queries: Path) -> dict[str, Any]:
    """Search over all documents of a folder, each an API named by its file; the built-in one is `openai`."""
    asked = [json.loads(line) for line in queries.read_text("utf-8").splitlines() if line.strip()]
    with tempfile.TemporaryDirectory() as folder:
        catalog = Catalog(Path(folder), Path(folder) / ".httptask")
        for path in sorted(documents.iterdir()):
            document = root_document(path)
            catalog.add(document.name, files_below(document.parent), name=path.name.partition(".")[0])
        began = time.process_time()
        catalog.search("anything")
        indexing = time.process_time() - began
        seconds: list[float] = []

        def ours(query: str) -> list[str]:
            began = time.process_time()
            found = catalog.search(query, limit=AMONG)
            seconds.append(time.process_time() - began)
            return [one.name for one in found.operations]

        with closing(porter(catalog)) as database:
            ways: dict[str, Search] = {
                "ours": ours,
                "porter_all_words": lambda query: found_by_porter(database, query, " AND "),
                "porter_any_word": lambda query: found_by_porter(database, query, " OR "),
            }
            result = {way: _hits(search, asked, show=way == "ours") for way, search in ways.items()}
            [[operations]] = database.execute("select count(*) from operations")
    seconds.sort()
    return {
        "operations": operations,
        "queries": len(asked),
        **result,
        "index_seconds": round(indexing, 2),
        "milliseconds_median": round(seconds[len(seconds) // 2] * 1000, 1),
        "milliseconds_p95": round(seconds[int(len(seconds) * 0.95)] * 1000, 1),
        "missed": _missed(result, len(asked), seconds[int(len(seconds) * 0.95)]),
    }


def porter(catalog: Catalog) -> sqlite3.Connection:
    """The same operations as SQLite's full-text search alone finds them."""
    database = sqlite3.connect(":memory:")
    database.execute(
        "create virtual table operations using fts5 (words, name unindexed, tokenize = 'porter')"
    )
    for api in sorted({chat_completion.API, *(entry.name for entry in catalog.entries())}):
        for one in catalog.overview(api).operations:
            texts = (api, one.operation_id, one.path, one.summary, *one.tags, one.description)
            words = " ".join(word for text in texts for word in split(text))
            database.execute("insert into operations values (?, ?)", (words, f"{api}.{one.name}"))
    return database


def found_by_porter(database: sqlite3.Connection, query: str, joined: str) -> list[str]:
    match = joined.join(f'"{word}"' for word in split(query))
    rows = database.execute(
        "select name from operations where operations match ? order by rank limit ?", (match, AMONG)
    )
    return [name for (name,) in rows]


def _hits(search: Search, asked: list[dict[str, Any]], *, show: bool) -> dict[str, int]:
    """How many queries have what was expected among the first."""
    hits = {"as_typed": 0, "with_a_slip": 0}
    for one in asked:
        for way, query in (("as_typed", one["query"]), ("with_a_slip", with_a_slip(one["query"]))):
            found = search(query)
            if set(found) & set(one["expected"]):
                hits[way] += 1
            elif show:
                print(f"not found: {query}: {', '.join(found) or 'nothing'}", flush=True)
    return hits


def _missed(hits: dict[str, dict[str, int]], queries: int, p95: float) -> list[str]:
    ours = hits["ours"]
    bounds = {
        "as_typed": ours["as_typed"] >= LEAST_SHARE * queries,
        "with_a_slip": ours["with_a_slip"] >= LEAST_SHARE * queries,
        "milliseconds_p95": p95 <= LONGEST_SEARCH,
        "porter": all(
            ours["with_a_slip"] >= LEAST_OVER_PORTER * hits[way]["with_a_slip"]
            for way in ("porter_all_words", "porter_any_word")
        ),
    }
    return [name for name, kept in bounds.items() if not kept]
