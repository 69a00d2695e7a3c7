"""Operations held against what was asked for: who has most of it comes first."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Final

from httptask.catalog.search.index import COLUMNS, Candidate, SearchIndex
from httptask.catalog.search.terms import DOING, SURE, SYNONYM, Query, Term, is_telling, meanings_of_verb
from httptask.catalog.search.words import EXACT, STOP_WORDS, split

__all__ = ["Ranked", "rank"]

_COUNTS: Final[Mapping[str, float]] = {
    "name": 1.0,
    "summary": 0.95,
    "api": 0.9,
    "path": 0.85,
    "tags": 0.7,
    "implied": 0.85,
    "description": 0.5,
}
"""How much a word is worth by where it stands."""
_LEAST_FIRST: Final = sorted(_COUNTS.items(), key=lambda one: one[1])
_CANDIDATES: Final = 200
_MOST_LEFT_OUT: Final = 2
_EXACTNESS: Final = 0.3
"""How much of the score is what of the operation's name was asked for."""
_DEPRECATED: Final = 0.85
_FAVOURED: Final = 1.1
_UNSAID: Final = STOP_WORDS | {"fetch", "get", "list", "read", "retriev", "return", "show"}
"""Stems that a name may have without having been asked for."""
_HALF_SAID: Final[Mapping[str, float]] = {"creat": 0.5, "post": 0.5}
_ASKING: Final = frozenset(
    {"are", "did", "does", "has", "have", "is", "was", "were", "what", "when", "where", "which", "who"}
    | {"whose", "why"}
)
_READING: Final = frozenset(
    {"check", "count", "download", "export", "fetch", "find", "get", "list", "look", "lookup", "query"}
    | {"read", "retrieve", "return", "scan", "search", "see", "show", "stream", "view", "watch"}
)
_READS: Final = frozenset({"get"})
_WRITES: Final = frozenset({"creat", "delet", "updat"})
_DELETES: Final = frozenset({"delet"})
_DELETING: Final = frozenset({"delet", "remov"})
_MAKING: Final = frozenset({"add", "create", "make", "new", "post"})
_UNMEANT: Final = 0.75
_UNNAMED_API: Final = 0.85
"""How much is left of an operation's score where another API was named."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """An operation with what it was found by.

    Attributes:
        coverage: how much of what was asked for it has.
        found_by: the words that were asked for, each with the one that the operation has.
    """

    candidate: Candidate
    score: float
    coverage: float
    found_by: Mapping[str, str]


def rank(terms: list[Term], query: Query, index: SearchIndex, favoured: tuple[str, str]) -> list[Ranked]:
    """Operations that have what was asked for, the best first; one is favoured before others as good."""
    usable = [term for term in terms if term.alternatives]
    wanted = frozenset(stem for term in usable for stem in term.alternatives)
    unmeant, named = _unmeant(query, terms, index), _apis_named(usable, index)
    ranked = [_ranked(candidate, usable, wanted, unmeant) for candidate in _candidates(usable, query, index)]
    if not usable:
        return ranked
    telling = {term.asked for term in terms if is_telling(term)}
    meant = [
        one
        for one in ranked
        if _does_more(one) or (telling <= one.found_by.keys() and not _only_makes(one, telling))
    ]
    return sorted(meant, key=lambda one: -one.score * _preference(one, favoured, named))


def _does_more(found: Ranked) -> bool:
    """Whether it has more of what was asked for than a verb that every API has."""
    return not DOING.issuperset(found.found_by.values())


def _only_makes(found: Ranked, telling: Set[str]) -> bool:
    """Whether of words that tell something it has but that it makes a thing, which does not tell what: of `books`."""
    return bool(telling) and _MAKING.issuperset(found.found_by.values())


def _preference(found: Ranked, favoured: tuple[str, str], named: frozenset[str]) -> float:
    """How much an operation is preferred to others as good."""
    one = found.candidate
    is_other = named and one.api not in named
    is_favoured = (one.api, one.name) == favoured and _does_more(found)
    return _UNNAMED_API if is_other else _FAVOURED if is_favoured else 1.0


def _candidates(terms: list[Term], query: Query, index: SearchIndex) -> Iterable[Candidate]:
    """Operations with all that was asked for in some words, or all but what tells least, and those with any of it."""
    filters = list(query.filters.items())
    if not terms:
        return index.candidates((), filters, _CANDIDATES * 100)
    telling = sorted(terms, key=lambda term: -term.weight)
    found: list[Candidate] = []
    for fewer in range(min(_MOST_LEFT_OUT + 1, len(telling))):
        groups = [term.alternatives for term in telling[: len(telling) - fewer]]
        found += index.candidates(groups, filters, _CANDIDATES if fewer == 0 else _CANDIDATES // 2)
    best = {stem for term in terms for stem, (worth, _) in term.alternatives.items() if worth > SYNONYM}
    if best:
        found += index.candidates([best], filters, _CANDIDATES // 2)
    return {one.number: one for one in found}.values()


def _unmeant(query: Query, terms: Iterable[Term], index: SearchIndex) -> frozenset[str]:
    """What an operation can't do that is meant.

    That is to delete, where nobody spoke of it; to change anything, by a question; and to read, by a verb that has
    nothing to do with reading. The verb is the first word after the API's name.
    """
    said = {stem for term in terms for stem in term.alternatives}
    deletes = _DELETES if said.isdisjoint(_DELETING) else frozenset[str]()
    if query.spoken and query.spoken[0] in _ASKING:
        return _WRITES
    apis = {word for api in index.apis() for word in split(api)}
    first = next((term for term in terms if term.asked not in apis), None)
    verb = max(first.alternatives.values(), default=(0.0, ""))[1] if first else ""
    meanings = meanings_of_verb(verb)
    is_doing = meanings and _READING.isdisjoint({verb, *meanings})
    return deletes | _READS if is_doing else deletes


def _apis_named(terms: Iterable[Term], index: SearchIndex) -> frozenset[str]:
    """APIs that the words name: what is asked for is meant to be one of theirs."""
    words = {word for term in terms for worth, word in term.alternatives.values() if worth >= SURE}
    return frozenset(api for api in index.apis() if not words.isdisjoint({*split(api), api.casefold()}))


def _share(text: str, matched: Set[str]) -> float:
    """How much of a name was asked for; that something is read need not be said, that it is made only half."""
    words = {word for word in text.split() if not word.endswith(EXACT)} - _UNSAID
    asked = len(words & matched)
    return asked / (asked + sum(_HALF_SAID.get(word, 1.0) for word in words - matched)) if words else 0.0


def _ranked(
    candidate: Candidate, terms: list[Term], wanted: frozenset[str], unmeant: frozenset[str]
) -> Ranked:
    columns: dict[str, str] = dict(zip(COLUMNS, candidate.words, strict=True))
    counts: dict[str, float] = {}
    for column, worth in _LEAST_FIRST:
        counts.update(dict.fromkeys(wanted.intersection(columns[column].split()), worth))
    found_by: dict[str, str] = {}
    taken: set[str] = set()
    score = total = 0.0
    for term in terms:
        total += term.weight
        best, by = 0.0, ""
        for stem, (worth, word) in term.alternatives.items():
            count = counts.get(stem, 0.0) * worth
            if count > best and (worth >= SURE or stem not in taken):
                best, by, found_by[term.asked] = count, stem, word
        taken.add(by)  # as a synonym, a word of an operation counts for one that was asked for
        score += term.weight * best
    exactness = max(_share(columns[column], counts.keys()) for column in ("name", "summary"))
    coverage = score / total if total else 1.0
    score = coverage * (1 - _EXACTNESS + _EXACTNESS * exactness)
    if not unmeant.isdisjoint(columns["implied"].split()):
        score *= _UNMEANT
    if candidate.deprecated:
        score *= _DEPRECATED
    return Ranked(candidate, score, coverage, found_by)
