"""The name that somebody meant."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

__all__ = ["Suggestion", "closest", "did_you_mean", "hint_for_misspelt", "hint_for_unknown"]

_MOST_LISTED: Final = 16
_MOST_COMPARED: Final = 4
_SHORTEST_ABBREVIATION: Final = 3


class Suggestion(str):
    """A hint that asks whether another name was meant, with both of them for who puts it right.

    Attributes:
        word: as it is written.
        name: that was meant.
    """

    word: str
    name: str


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known name that differs from a word by a slip or two, or else the only one that it abbreviates.

    Case, `_` and `-` count for nothing; a third of the letters may be wrong, swapped or missing.
    """
    # Its forty modules are for what is misspelt.
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    folded = _fold(word)
    names = {name: _fold(name) for name in known}
    most = max(1, len(folded) // 3)
    near = process.extract(folded, names, scorer=OSA.distance, score_cutoff=most, limit=_MOST_COMPARED)
    slipped = next((name for other, distance, name in near if distance <= _allowed(folded, other)), None)
    return slipped or _abbreviated(folded, names)


def did_you_mean(word: str, name: str, mark: str = "`") -> Suggestion:
    """The hint that asks whether a name was meant by a word, in such quotation marks."""
    hint = Suggestion(f"did you mean {mark}{name}{mark}?")
    hint.word, hint.name = word, name
    return hint


def hint_for_misspelt(word: str, known: Iterable[str], mark: str = "`") -> str | None:
    """A hint: the name that was meant, where one is near."""
    near = closest(word, known)
    return None if near is None else did_you_mean(word, near, mark)


def hint_for_unknown(word: str, known: Iterable[str], listed_as: str) -> str:
    """A hint: the name that was meant where one is near, else all there are."""
    names = list(known)
    meant = hint_for_misspelt(word, names)
    if meant is not None:
        return meant
    if not names:
        return f"there are no {listed_as}"
    shown = ", ".join(f"`{name}`" for name in names[:_MOST_LISTED])
    return f"{listed_as}: {shown}{', ...' if len(names) > _MOST_LISTED else ''}"


def _abbreviated(word: str, names: Mapping[str, str]) -> str | None:
    """The only name that begins as the word does: `secs` for `seconds`."""
    beginning = word.removesuffix("s")
    found = [name for name, folded in names.items() if folded.startswith(beginning)]
    return found[0] if len(found) == 1 and len(beginning) >= _SHORTEST_ABBREVIATION else None


def _allowed(word: str, other: str) -> int:
    """How many slips are likely: in a word of two letters a swapped or missing one, but no other letter."""
    shortest = min(len(word), len(other))
    replaced = len(word) == len(other) and sorted(word) != sorted(other)
    return shortest // 3 or int(shortest > 1 and not replaced)


@lru_cache(maxsize=4096)
def _fold(word: str) -> str:
    return word.lower().replace("_", "").replace("-", "")
