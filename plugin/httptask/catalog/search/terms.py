"""What was asked for: its words, each with those that it may be found by, as synonyms or mended."""

import math
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Final

from httptask.catalog.search.index import SearchIndex
from httptask.catalog.search.words import STOP_WORDS, exact, split, stems

__all__ = [
    "DOING",
    "SURE",
    "SYNONYM",
    "Query",
    "Term",
    "is_telling",
    "meanings_of_verb",
    "parse_query",
    "terms_of",
]

_FILTER: Final = re.compile(r'\b(api|method|tag):(?:"([^"]*)"|(\S+))', re.IGNORECASE)
_HOW_MANY: Final = re.compile(r"\bhow (?:many|much)\b", re.IGNORECASE)
_STEM: Final = 0.95
SYNONYM: Final = 0.7
"""How much a synonym is worth, of the 1 of the word itself."""
_ABBREVIATION: Final = 0.85
_SLIPS: Final[Mapping[int, float]] = {1: 0.95, 2: 0.75}
_SWAPPED: Final = 0.97
_SHORT: Final[Mapping[int, float]] = {3: 0.7, 4: 0.75, 5: 0.9}
"""What a slip leaves of a word's worth by its length: of a short one it may have been another word altogether."""
_DERIVED: Final = 0.8
_ENDING: Final = re.compile(r"(?:r?ation|ion|ly|ship|r?y|[eo]r|ment|ance|ence)?s?")
_ENDED: Final = re.compile(r"(.{4,}?)(?:ly|ship|r?ation)s?")
_SHORTEST_ROOT: Final = 4
_PHRASE: Final = 0.9
SURE: Final = 0.85
"""Worth from which a word is taken for the one that was meant."""
_NEAREST: Final = 6
_OUT_OF_NAMES: Final = 0.5
"""How much a word tells that operations have in their descriptions only."""
_VAGUE: Final = frozenset({"about", "data", "detail", "info", "inform", "stuff", "thing"})
"""Stems of words that go with every noun."""
_VAGUENESS: Final = 0.4
DOING: Final = frozenset(
    {
        "add",
        "change",
        "complete",
        "create",
        "delete",
        "edit",
        "fetch",
        "find",
        "generate",
        "get",
        "list",
        "make",
    }
    | {"new", "open", "post", "query", "read", "remove", "retrieve", "send", "set", "show", "start", "submit"}
    | {"update", "upload", "view"}
)
"""Verbs that every API has: what is meant is told by the words beside them."""
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


def is_telling(term: Term) -> bool:
    """Whether a word tells more than that something is done, to things; what nobody has might."""
    return term.asked not in DOING and _VAGUE.isdisjoint(term.alternatives)


def parse_query(text: str) -> Query:
    """Words and filters of what was typed: `send message api:slack method:post tag:"my tag"`."""
    filters: dict[str, list[str]] = {}
    for key, quoted, plain in _FILTER.findall(text):
        value = quoted or plain
        filters.setdefault(key.lower(), []).append(
            value.upper() if key.lower() == "method" else value.lower()
        )
    spoken = split(_HOW_MANY.sub("how", _FILTER.sub(" ", text)))
    words = list(dict.fromkeys(_with_phrases(spoken)))
    telling = [word for word in words if word not in STOP_WORDS]
    return Query(
        tuple(telling or words), tuple(spoken), {key: tuple(values) for key, values in filters.items()}
    )


def _with_phrases(spoken: Collection[str]) -> Iterator[str]:
    """The words, but two that are known as one phrase as one."""
    words = iter([*pairwise(spoken), *((last, "") for last in [*spoken][-1:])])
    for word, following in words:
        phrase = f"{word} {following}"
        if phrase in _tables()["phrases"]:
            yield phrase
            next(words)
        else:
            yield word


def terms_of(query: Query, index: SearchIndex) -> list[Term]:
    """The words with what they may be found by; those that nothing is near have no alternatives."""
    joined = [(first + second, (first, second)) for first, second in pairwise(query.spoken)]
    stem = _stems_of_synonyms() | stems([*query.words, *(word for word, _ in joined)])
    known = index.operations_with({stem[word] for word in (*query.words, *(word for word, _ in joined))})
    spelled = index.spelled(query.words)
    terms = {word: Term(word) for word in query.words}
    for word, term in terms.items():
        inflected = stem[word] in known and stem[word] != word
        if " " in word:
            _offer_synonyms(term, word, word, _PHRASE / SYNONYM)
        elif word in spelled or inflected or _others(word, stem[word]):
            term.offer(exact(word, stem[word]) or stem[word], 1.0, word)
            term.offer(stem[word], _STEM, word)
            _offer_synonyms(term, word, stem[word], 1.0)
            _offer_derived(term, word, stem[word], index)
        else:
            _mend(term, index)
    for word, parts in joined:
        for term in (terms[part] for part in parts if part in terms and stem[word] in known):
            term.offer(stem[word], 1.0, word)
        if stem[word] not in known and not {*parts} <= spelled | STOP_WORDS:
            for other, its in _one_slip_from(word, index).items():
                for term in (terms[part] for part in parts if part in terms):
                    term.offer(its, _SLIPS[1], other)
    _take_apart(terms.values())
    _weigh(terms.values(), index)
    return list(terms.values())


def _take_apart(terms: Collection[Term]) -> None:
    """No word of an operation counts for two that were asked for: the one that stands for itself has it."""
    own = [{stem for stem, (worth, _) in term.alternatives.items() if worth >= _STEM} for term in terms]
    for at, term in enumerate(terms):
        others = {stem for place, stems_of in enumerate(own) if place != at for stem in stems_of}
        for stem in others.intersection(term.alternatives) - own[at]:
            del term.alternatives[stem]


def _one_slip_from(joined: str, index: SearchIndex) -> dict[str, str]:
    from rapidfuzz.distance import OSA

    near = index.names_like(joined, 1)
    return {word: stem for word, stem in near.items() if OSA.distance(word, joined, score_cutoff=1) == 1}


@cache
def _tables() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads((files("httptask.catalog.search") / "synonyms.toml").read_text("utf-8"))


@cache
def _stems_of_synonyms() -> dict[str, str]:
    tables = (table for name, table in _tables().items() if name != "phrases")
    return stems(word for table in [*tables] for word in table) | stems(
        other for table in _tables().values() for others in table.values() for other in others
    )


@cache
def _synonyms_by_stem() -> dict[str, list[str]]:
    stem = _stems_of_synonyms()
    return {stem[word]: others for word, others in _synonyms().items() if word in stem}


def _others(word: str, stem: str) -> Collection[str]:
    """The synonyms of a word, as it stands or else by its stem: those of `member` for `members`.

    What was saved is not to be created, as what is to be saved: it is what was stored.
    """
    found = _synonyms().get(word)
    if found is None and word.endswith("ed"):
        found = sorted(({*_synonyms_by_stem().get(stem, ())} | _called_by_stem().get(stem, set())) - DOING)
    return _synonyms_by_stem().get(stem, ()) if found is None else found


@cache
def _called_by_stem() -> dict[str, set[str]]:
    """The verbs that have one, by its stem, among their synonyms."""
    found: dict[str, set[str]] = {}
    for verb, others in _tables()["verbs"].items():
        for other in others:
            found.setdefault(_stems_of_synonyms()[other], set()).add(verb)
    return found


@cache
def _synonyms() -> dict[str, list[str]]:
    """Words that people ask for, and by which words APIs call it."""
    tables = _tables()
    return {
        word: [other for table in tables.values() for other in table.get(word, ())]
        for table in tables.values()
        for word in table
    }


def meanings_of_verb(word: str) -> Collection[str]:
    """What else APIs call what a verb says; nothing where the word is no verb that is known."""
    return _tables()["verbs"].get(word, ())


def _offer_synonyms(term: Term, word: str, stem: str, worth: float) -> None:
    for other in _others(word, stem):
        is_shortened = other.startswith(word) or word.startswith(other)
        term.offer(_stems_of_synonyms()[other], worth * (_ABBREVIATION if is_shortened else SYNONYM), other)


def _offer_derived(term: Term, word: str, stem: str, index: SearchIndex) -> None:
    """Offer what is made of a word with an ending, and what it is made of: yearly for year, and year for yearly."""
    made_of = _ENDED.fullmatch(word)
    for root in {stem, *(made_of.groups() if made_of else ())}:
        for other, its in index.beginning_with(root).items() if len(root) >= _SHORTEST_ROOT else ():
            if _ENDING.fullmatch(other, len(root)):
                term.offer(its, _DERIVED, other)


def _mend(term: Term, index: SearchIndex) -> None:
    """Offer the words nearest to one that nobody knows."""
    # Its forty modules are for what is misspelt.
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    asked = term.asked
    most = 2 if len(asked) >= _SHORTEST_TWO_SLIPS else 1
    names = index.names_like(asked, most)
    stem = _stems_of_synonyms() | names
    near = process.extract(asked, [*stem], scorer=OSA.distance, score_cutoff=most, limit=None)
    least = min((distance for _, distance, _ in near), default=None)
    certainty = _SHORT.get(len(asked), 1.0)
    worth = {
        word: _SWAPPED if sorted(word) == sorted(asked) else _SLIPS[int(distance)] * certainty
        for word, distance, _ in near
        if distance == least and (word in names or word in _synonyms())
    }
    if len(asked) >= _SHORTEST_PREFIX:
        worth = {word: _ABBREVIATION for word in names if word.startswith(asked)} | worth
    held = index.operations_with({stem[word] for word in worth} or {""})

    def nearness(word: str) -> tuple[float, bool, int]:
        return worth[word], word[0] == asked[0], held.get(stem[word], 0)

    for word in sorted(worth, key=nearness, reverse=True)[:_NEAREST]:
        term.offer(exact(word, stem[word]) or stem[word], worth[word], word)
        term.offer(stem[word], worth[word] * _STEM, word)
        if worth[word] >= SURE:
            _offer_synonyms(term, word, stem[word], worth[word])


def _weigh(terms: Collection[Term], index: SearchIndex) -> None:
    """Words that few operations have tell most; what a misspelt one is may be the commonest."""
    stems_of_all = {stem for term in terms for stem in term.alternatives} or {""}
    held, named = index.operations_with(stems_of_all), index.in_names(stems_of_all)
    size = index.size()
    for term in terms:
        worth = {stem: worth for stem, (worth, _) in term.alternatives.items() if stem in held}
        best = [stem for stem in worth if worth[stem] == max(worth.values())]
        rarity = min((math.log(1 + size / max(held[stem], _RAREST)) for stem in best), default=0.0)
        vague = _VAGUENESS if not _VAGUE.isdisjoint(best) else 1.0
        term.weight = rarity * vague * (1.0 if not named.isdisjoint(best) else _OUT_OF_NAMES)
