"""What was asked for, held against the words of operations: misspelt words mended, synonyms, and who has most of it."""

import math
import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Final

from httptask.catalog.search.index import COLUMNS, Candidate, SearchIndex
from httptask.catalog.search.words import EXACT, STOP_WORDS, exact, split, stems

__all__ = ["Query", "Ranked", "Term", "parse_query", "rank", "terms_of"]

_FILTER: Final = re.compile(r'\b(api|method|tag):(?:"([^"]*)"|(\S+))', re.IGNORECASE)
_HOW_MANY: Final = re.compile(r"\bhow (?:many|much)\b", re.IGNORECASE)
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
_STEM: Final = 0.95
_SYNONYM: Final = 0.7
_ABBREVIATION: Final = 0.85
_SLIPS: Final[Mapping[int, float]] = {1: 0.95, 2: 0.75}
_SWAPPED: Final = 0.97
_NEAREST: Final = 6
_CANDIDATES: Final = 200
_EXACTNESS: Final = 0.3
"""How much of the score is what of the operation's name was asked for."""
_DEPRECATED: Final = 0.85
_FAVOURED: Final = 1.1
_UNSAID: Final = STOP_WORDS | {"fetch", "get", "list", "read", "retriev", "return", "show"}
"""Stems that a name may have without having been asked for."""
_HALF_SAID: Final[Mapping[str, float]] = {"creat": 0.5, "post": 0.5}
_ASKING: Final = frozenset({"how", "what", "when", "where", "which", "who", "whose"})
_READING: Final = frozenset(
    {
        "check",
        "count",
        "download",
        "export",
        "fetch",
        "find",
        "get",
        "list",
        "look",
        "lookup",
        "query",
        "read",
    }
    | {"retrieve", "return", "scan", "search", "see", "show", "view"}
)
_READS: Final = frozenset({"get"})
_DELETES: Final = frozenset({"delet"})
_UNMEANT: Final = 0.75
_SHORTEST_PREFIX: Final = 3
_SHORTEST_TWO_SLIPS: Final = 8
_RAREST: Final = 30
"""Operations: a word that fewer have tells no more."""


@dataclass(frozen=True, slots=True)
class Query:
    """What was asked for.

    Attributes:
        words: those that tell something.
        spoken: all of them.
        filters: values that an operation must have one of, by `api`, `method` and `tag`.
    """

    words: tuple[str, ...]
    spoken: tuple[str, ...]
    filters: Mapping[str, tuple[str, ...]]


@dataclass(slots=True)
class Term:
    """A word that was asked for, and all the words that it may be found by.

    Attributes:
        alternatives: stems with their worth, from 1 for the word itself down, and the word of each.
    """

    asked: str
    alternatives: dict[str, tuple[float, str]] = field(default_factory=dict[str, tuple[float, str]])
    weight: float = 0.0

    def offer(self, stem: str, worth: float, word: str) -> None:
        """Take a stem in, unless it is there already as something worth more."""
        if worth > self.alternatives.get(stem, (0.0, ""))[0]:
            self.alternatives[stem] = (worth, word)


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


def parse_query(text: str) -> Query:
    """Words and filters of what was typed: `send message api:slack method:post tag:"my tag"`."""
    filters: dict[str, list[str]] = {}
    for key, quoted, plain in _FILTER.findall(text):
        value = quoted or plain
        filters.setdefault(key.lower(), []).append(
            value.upper() if key.lower() == "method" else value.lower()
        )
    spoken = split(_HOW_MANY.sub("how", _FILTER.sub(" ", text)))
    words = list(dict.fromkeys(spoken))
    telling = [word for word in words if word not in STOP_WORDS]
    return Query(
        tuple(telling or words), tuple(spoken), {key: tuple(values) for key, values in filters.items()}
    )


def terms_of(query: Query, index: SearchIndex) -> list[Term]:
    """The words with what they may be found by; those that nothing is near have no alternatives."""
    joined = [(first + second, (first, second)) for first, second in pairwise(query.spoken)]
    others = (other for word in query.words for other in synonyms().get(word, ()))
    stem = stems([*query.words, *others, *(word for word, _ in joined)])
    known = index.operations_with(set(stem.values()))
    spelled = index.spelled(query.words)
    terms = {word: Term(word) for word in query.words}
    for word, term in terms.items():
        inflected = stem[word] in known and stem[word] != word
        if word in spelled or word in synonyms() or inflected:
            term.offer(exact(word, stem[word]) or stem[word], 1.0, word)
            term.offer(stem[word], _STEM, word)
            _offer_synonyms(term, word, 1.0, stem)
        else:
            _mend(term, index)
    for word, parts in joined:
        for term in (terms[part] for part in parts if part in terms and stem[word] in known):
            term.offer(stem[word], 1.0, word)
        if stem[word] not in known and not {*parts} <= spelled | STOP_WORDS:
            for other, its in _one_slip_from(word, index).items():
                for term in (terms[part] for part in parts if part in terms):
                    term.offer(its, _SLIPS[1], other)
    _weigh(terms.values(), index)
    return list(terms.values())


def _one_slip_from(joined: str, index: SearchIndex) -> dict[str, str]:
    from rapidfuzz.distance import OSA

    near = index.names_like(joined, 1)
    return {word: stem for word, stem in near.items() if OSA.distance(word, joined, score_cutoff=1) == 1}


def rank(terms: list[Term], query: Query, index: SearchIndex, favoured: tuple[str, str]) -> list[Ranked]:
    """Operations that have what was asked for, the best first; one is favoured before others as good."""
    usable = [term for term in terms if term.alternatives]
    unmeant = _unmeant(query, terms, index)
    ranked = [
        _ranked(candidate, usable, favoured, unmeant) for candidate in _candidates(usable, query, index)
    ]
    return sorted(ranked, key=lambda one: -one.score) if usable else ranked


def _candidates(terms: list[Term], query: Query, index: SearchIndex) -> Iterable[Candidate]:
    """Operations with all that was asked for in some words, and those with any of it in the best ones."""
    filters = list(query.filters.items())
    if not terms:
        return index.candidates((), filters, _CANDIDATES * 100)
    having_all = index.candidates([term.alternatives for term in terms], filters, _CANDIDATES)
    best = {stem for term in terms for stem, (worth, _) in term.alternatives.items() if worth > _SYNONYM}
    having_any = index.candidates([best], filters, _CANDIDATES) if best else []
    return {one.number: one for one in (*having_all, *having_any)}.values()


@cache
def _tables() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads((files("httptask.catalog.search") / "synonyms.toml").read_text("utf-8"))


@cache
def synonyms() -> dict[str, list[str]]:
    """Words that people ask for, and by which words APIs call it."""
    tables = _tables()
    return {
        word: [other for table in tables.values() for other in table.get(word, ())]
        for table in tables.values()
        for word in table
    }


def _unmeant(query: Query, terms: Iterable[Term], index: SearchIndex) -> frozenset[str]:
    """What an operation can't do that is meant by somebody whose first word is a verb, after the API's name."""
    if query.spoken and query.spoken[0] in _ASKING:
        return _DELETES
    apis = {word for api in index.apis() for word in split(api)}
    first = next((term for term in terms if term.asked not in apis), None)
    if first is None:
        return frozenset()
    verb = max(first.alternatives.values(), default=(0.0, ""))[1]
    said = {verb, *synonyms().get(verb, ())}
    if verb in _READING:
        return _DELETES
    if verb not in _tables()["verbs"]:
        return frozenset()
    return _READS if said & {"delete", "remove"} else _READS | _DELETES


def _offer_synonyms(term: Term, word: str, worth: float, stem: Mapping[str, str]) -> None:
    for other in synonyms().get(word, ()):
        term.offer(stem[other], worth * _SYNONYM, other)


def _mend(term: Term, index: SearchIndex) -> None:
    """Offer the words nearest to one that nobody knows."""
    # Its forty modules are for what is misspelt.
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    asked = term.asked
    most = 2 if len(asked) >= _SHORTEST_TWO_SLIPS else 1
    names = index.names_like(asked, most)
    known = [*names, *(word for word in synonyms() if word not in names)]
    near = process.extract(asked, known, scorer=OSA.distance, score_cutoff=most, limit=None)
    least = min((distance for _, distance, _ in near), default=None)
    worth = {
        word: _SWAPPED if sorted(word) == sorted(asked) else _SLIPS[int(distance)]
        for word, distance, _ in near
        if distance == least
    }
    if len(asked) >= _SHORTEST_PREFIX:
        worth = {word: _ABBREVIATION for word in names if word.startswith(asked)} | worth
    stem = stems(other for word in worth for other in (word, *synonyms().get(word, ())))
    held = index.operations_with({stem[word] for word in worth} or {""})

    def nearness(word: str) -> tuple[float, bool, int]:
        return worth[word], word[0] == asked[0], held.get(stem[word], 0)

    for word in sorted(worth, key=nearness, reverse=True)[:_NEAREST]:
        term.offer(exact(word, stem[word]) or stem[word], worth[word], word)
        term.offer(stem[word], worth[word] * _STEM, word)
        _offer_synonyms(term, word, worth[word], stem)


def _weigh(terms: Collection[Term], index: SearchIndex) -> None:
    """Words that few operations have tell most; of what a misspelt one may be the commonest."""
    held = index.operations_with({stem for term in terms for stem in term.alternatives} or {""})
    size = index.size()
    for term in terms:
        rarity = [
            (worth, math.log(1 + size / max(held[stem], _RAREST)))
            for stem, (worth, _) in term.alternatives.items()
            if stem in held
        ]
        best = max((worth for worth, _ in rarity), default=0)
        term.weight = min((rare for worth, rare in rarity if worth == best), default=0)


def _share(text: str, matched: set[str]) -> float:
    """How much of a name was asked for; that something is read need not be said, that it is made only half."""
    words = {word for word in text.split() if not word.endswith(EXACT)} - _UNSAID
    asked = len(words & matched)
    return asked / (asked + sum(_HALF_SAID.get(word, 1.0) for word in words - matched)) if words else 0.0


def _ranked(
    candidate: Candidate, terms: list[Term], favoured: tuple[str, str], unmeant: frozenset[str]
) -> Ranked:
    columns: dict[str, str] = dict(zip(COLUMNS, candidate.words, strict=True))
    counts: dict[str, float] = {}
    for column, worth in sorted(_COUNTS.items(), key=lambda one: one[1]):
        counts.update(dict.fromkeys(columns[column].split(), worth))
    found_by: dict[str, str] = {}
    matched: set[str] = set()
    score = total = 0.0
    for term in terms:
        total += term.weight
        best = 0.0
        for stem, (worth, word) in term.alternatives.items():
            count = counts.get(stem, 0.0) * worth
            if count:
                matched.add(stem)
            if count > best:
                best, found_by[term.asked] = count, word
        score += term.weight * best
    exactness = max(_share(columns[column], matched) for column in ("name", "summary"))
    coverage = score / total if total else 1.0
    score = coverage * (1 - _EXACTNESS + _EXACTNESS * exactness)
    if not unmeant.isdisjoint(columns["implied"].split()):
        score *= _UNMEANT
    if candidate.deprecated:
        score *= _DEPRECATED
    if (candidate.api, candidate.name) == favoured:
        score *= _FAVOURED
    return Ranked(candidate, score, coverage, found_by)
