"""What a search found."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from httptask.catalog.errors import CatalogError
from httptask.catalog.search.index import SearchIndex
from httptask.catalog.search.ranking import parse_query, rank, terms_of
from httptask.diagnostics.suggest import hint_for_unknown
from httptask.openapi.reader import Listed

__all__ = ["FoundOperation", "SearchResult", "search"]

_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "QUERY")
_RELEVANT: Final = 0.5
"""Of the best score: what has less is left out."""


@dataclass(frozen=True, slots=True)
class FoundOperation:
    """An operation that was found.

    Attributes:
        name: by which people name it, `API.OPERATION`.
        score: 1 where all of its name and nothing else was asked for.
        found_by: words that were asked for, each with the one that the operation has.
    """

    name: str
    operation: Listed
    score: float
    found_by: Mapping[str, str]

    def as_json(self) -> dict[str, Any]:
        """As a program reads it."""
        return {
            "name": self.name,
            **{key: getattr(self.operation, key) for key in ("method", "path", "summary", "description")},
            "tags": list(self.operation.tags),
            "deprecated": self.operation.deprecated,
            "score": round(self.score, 3),
            "found_by": dict(self.found_by),
        }


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search found.

    Attributes:
        operations: the best first.
        unknown: words that were asked for, and that no operation has, nor one near.
    """

    operations: tuple[FoundOperation, ...]
    unknown: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """As a program reads it."""
        return {"operations": [one.as_json() for one in self.operations], "unknown": list(self.unknown)}


def search(text: str, index: SearchIndex, favoured: tuple[str, str], limit: int) -> SearchResult:
    """Operations of the index that do what a text says.

    Args:
        text: words, and filters as `api:slack`, `method:post`, `tag:chat`.
        index: the words of the operations.
        favoured: API and name of the operation that comes before others as good.
        limit: how many there may be.

    Raises:
        CatalogError: there is nothing in the text, or a filter names what is not there.
    """
    query = parse_query(text)
    if not query.words and not query.filters:
        raise CatalogError("there is nothing to search for", 'say what it does: "send a message"')
    for key, known in (("api", tuple(index.apis())), ("method", _METHODS)):
        for value in query.filters.get(key, ()):
            if value not in known:
                kind = "API" if key == "api" else key
                raise CatalogError(
                    f"there is no {kind} `{value}`", hint_for_unknown(value, known, f"{kind}s")
                )
    terms = terms_of(query, index)
    unknown = tuple(term.asked for term in terms if not term.alternatives)
    if terms and len(unknown) == len(terms):
        return SearchResult((), unknown)
    ranked = rank(terms, query, index, favoured)
    least = ranked[0].score * _RELEVANT if ranked else 0.0
    found = tuple(
        FoundOperation(
            f"{one.candidate.api}.{one.candidate.name}",
            index.operation(one.candidate.number),
            one.score,
            one.found_by,
        )
        for one in ranked[:limit]
        if one.score >= least
    )
    return SearchResult(found, unknown)
