"""What a search found."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Final

from httptask.catalog import chat_completion
from httptask.catalog.directory.directory import Directories, KnownApi
from httptask.catalog.errors import CatalogError
from httptask.catalog.search.index import KNOWN, SearchIndex
from httptask.catalog.search.ranking import rank
from httptask.catalog.search.terms import DOING, Query, Term, parse_query, terms_of
from httptask.catalog.search.words import split
from httptask.diagnostics.suggest import hint_for_unknown
from httptask.openapi.operation import METHODS
from httptask.openapi.reader import Listed

__all__ = ["FoundOperation", "SearchResult", "search"]

_RELEVANT: Final = 0.5
"""Of the best score: what has less is left out."""
_COVERING: Final = 0.4
"""How much of what was asked for the words of an API must cover that was not added."""
_RELEVANT_API: Final = 0.75
"""Of what the best such API covers."""
_WORTH_OF_DOING: Final = 0.2
"""How much is left there of a verb that goes with everything: what an API is for is told in nouns."""
_COVERED: Final = 0.75
"""How much of it an operation must cover for others than those of the project not to be told."""
_MOST_APIS: Final = 3


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
        apis: known ones that may have it, and were not added.
        unknown: words that were asked for, and that no operation has, nor one near.
    """

    operations: tuple[FoundOperation, ...]
    apis: tuple[KnownApi, ...]
    unknown: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """As a program reads it."""
        return {
            "operations": [one.as_json() for one in self.operations],
            "apis": [one.as_json() for one in self.apis],
            "unknown": list(self.unknown),
        }


def search(
    text: str, index: SearchIndex, directories: Directories, *, favoured: tuple[str, str], limit: int
) -> SearchResult:
    """Operations of the index that do what a text says, and APIs that may have some.

    Args:
        text: words, and filters as `api:slack`, `method:post`, `tag:chat`.
        index: the words of the operations, and of the APIs of the directories that were not added.
        directories: where those are from.
        favoured: API and name of the operation that comes before others as good.
        limit: how many there may be.

    Raises:
        CatalogError: there is nothing in the text, or a filter names what is not there.
    """
    query = parse_query(text)
    if not query.words and not query.filters:
        raise CatalogError("there is nothing to search for", 'say what it does: "send a message"')
    _check(query, index, directories)
    terms = terms_of(query, index)
    unknown = tuple(term.asked for term in terms if not term.alternatives)
    if terms and len(unknown) == len(terms):
        return SearchResult((), (), unknown)
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
    covered = any(one.coverage >= _COVERED for one in ranked[:limit])
    return SearchResult(found, () if covered else _known(query, terms, index, directories), unknown)


def _check(query: Query, index: SearchIndex, directories: Directories) -> None:
    apis = [name for name in index.apis() if name != KNOWN]
    for api in query.filters.get("api", ()):
        if api not in apis:
            known = directories.find(api)
            hint = (
                hint_for_unknown(api, apis, "APIs")
                if known is None
                else f"it is known, add it first: {known.how_to_add()}"
            )
            raise CatalogError(f"there is no API `{api}` in the catalogue", hint)
    for method in query.filters.get("method", ()):
        if method not in METHODS:
            raise CatalogError(f"there is no method `{method}`", hint_for_unknown(method, METHODS, "methods"))
    tags = index.tags() if "tag" in query.filters else []
    for tag in query.filters.get("tag", ()):
        if tag not in tags:
            raise CatalogError(f"no operation has the tag `{tag}`", hint_for_unknown(tag, tags, "tags"))


def _known(
    query: Query, terms: list[Term], index: SearchIndex, directories: Directories
) -> tuple[KnownApi, ...]:
    if query.filters:
        return ()
    named = Query(query.words, query.spoken, {"api": (KNOWN,)})
    telling = [replace(term, weight=term.weight * _worth(term)) for term in terms]
    ranked = rank(telling, named, index, ("", ""))
    least = max(_COVERING, ranked[0].coverage * _RELEVANT_API) if ranked else 0.0
    apis = directories.apis()
    covering = (apis.get(one.candidate.name) for one in ranked if one.coverage >= least)
    not_added = {(KNOWN, ""), (chat_completion.API, chat_completion.ABOUT.title)}
    added = [set(split(f"{name} {title}")) for name, title in index.titles().items() - not_added]
    others = (api for api in covering if api and not any(set(split(api.title)) <= words for words in added))
    return tuple(islice(others, _MOST_APIS))


def _worth(term: Term) -> float:
    _, word = max(term.alternatives.values(), default=(0.0, term.asked))
    return _WORTH_OF_DOING if word in DOING else 1.0
