"""Texts as the words that they are found by: names taken apart, and each word as its stem."""

import re
import sqlite3
import textwrap
from collections.abc import Iterable
from contextlib import closing
from typing import Final

__all__ = ["EXACT", "STOP_WORDS", "exact", "first_sentences", "in_short", "split", "stems"]

_HUMPS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z][A-Z])(?=[A-Z][a-z])")
_WORDS: Final = re.compile(r"[^\W_]+")
_SHORTENED: Final = re.compile(r"(?<=\w)['\u2019](?:s|t|re|ll|ve|m|d)\b", re.IGNORECASE)
_VERSION: Final = re.compile(r"v?\d+(?:alpha|beta)?\d*")
_EMPHASIS_AND_LINKS: Final = re.compile(r"\[([^\]]*)\](?:\([^)]*\)?|\[[^\]]*\]?)|[*`]+")
_MARKUP: Final = re.compile(r"<[^>]*>|https?://\S+")
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+|\n\s*\n")
_MOST_SENTENCES: Final = 2
_MOST_LETTERS: Final = 400

EXACT: Final = "\u00b7"
"""Ends a word that stands as it is; part of a word to the full-text search, as all letters beyond ASCII."""


def split(text: str) -> list[str]:
    """The words of a text or name, in small letters: `chat.postMessage` is chat, post, message."""
    words = [word.casefold() for word in _WORDS.findall(_HUMPS.sub(" ", _SHORTENED.sub("", text)))]
    return [word for word in words if not _VERSION.fullmatch(word)]


STOP_WORDS: Final = frozenset(
    split(
        "a all also an and any anybody anyone anything are as at be been but by can could did do does "
        "everybody everyone everything for from had has have "
        "how i if in into is it its just me my need of on or our please should so some somebody "
        "someone something than that "
        "the their them then there these they this those to up want was we were what which who "
        "whose will with would you your"
    )
)
"""Words that tell no operation from another."""


def first_sentences(text: str) -> str:
    """What a description begins with, without markup and addresses."""
    plain = _plain(text[: _MOST_LETTERS * 4]).strip()
    return " ".join(_SENTENCE.split(plain)[:_MOST_SENTENCES])[:_MOST_LETTERS]


def _plain(text: str) -> str:
    return _MARKUP.sub(" ", _EMPHASIS_AND_LINKS.sub(r"\1", text))


def in_short(summary: str, description: str, letters: int) -> str:
    """What an operation does, in whole words: its summary, or how its description begins where that is none."""
    told = summary if len(summary.split()) > 1 else first_sentences(description) or summary
    return textwrap.shorten(_plain(told), letters, placeholder="…")


def exact(word: str, stem: str) -> str:
    """The word in the singular as a mark beside its stem, which others share: `custom` is that of a customer, too.

    Empty where the stem is that already. It ends in what no stem has.
    """
    singular = word[:-3] + "y" if word.endswith("ies") else word.removesuffix("s")
    return "" if singular == stem else f"{singular}{EXACT}"


def stems(words: Iterable[str]) -> dict[str, str]:
    """The stem of each word, as the porter of SQLite's full-text search takes it."""
    asked = list(dict.fromkeys(words))
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("create virtual table asked using fts5 (word, tokenize = 'porter ascii')")
        database.execute("create virtual table found using fts5vocab (asked, instance)")
        database.executemany("insert into asked (rowid, word) values (?, ?)", enumerate(asked))
        return {asked[number]: stem for number, stem in database.execute("select doc, term from found")}
