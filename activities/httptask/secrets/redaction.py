"""Removing the values of secrets from whatever came back."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import unquote

from httptask.json.tree import digits_of, texts_of
from httptask.json.types import is_array, is_object
from httptask.secrets.encodings import Layer, encoded, layers

__all__ = ["FoundValue", "Redactor"]

_MIN_LENGTH = 8
"""Shorter values are not searched for: they would be found in ordinary text."""

_URL = re.compile(r"https?://[^/?#]*(?P<target>(?P<path>[^?#]*)[^#]*)", re.IGNORECASE)
_TELLING_LENGTH = 16
"""A part of a secret URL that is as long is no word."""
_WORDS = re.compile(r"[A-Z]?[a-z]{2,}(?:[-_.]?[A-Z][a-z]{2,}|[-_.][a-z]{2,})*")
"""What stands in the path of any API: `messages`, `sendMessage`, `web-hooks`."""
_MOST_BEGUN = 8
"""How many escapes within one another may have begun at the end of a text."""
_BETWEEN = "\1"
"""Stands between texts that are searched together; a value found across it is looked for again in each."""


class Redactor:
    """Replaces the values of secrets, plain and encoded, by `[redacted:NAME]`.

    Args:
        values: what to look for: value -> name of the secret.
        shortest: characters of a value that is looked for.

    Attributes:
        count: how many replacements were made so far.
    """

    def __init__(self, values: Mapping[str, str], *, shortest: int = _MIN_LENGTH) -> None:
        self.count = 0
        self._shortest = shortest
        self._values: dict[str, str] = {}
        self.add(values)

    def add(self, values: Mapping[str, str]) -> None:
        """Looks for these as well."""
        self._values |= {value: name for value, name in values.items() if value not in self._values}
        forms = _forms(tuple(self._values.items()), self._shortest)
        self._names, self._by_first, self._longest = forms.names, forms.by_first, forms.longest

    def text(self, text: str) -> str:
        """The text without the values."""
        found = self.found(text)
        self.count += len(found)
        return _without(text, found)

    def pieces(self, texts: Sequence[str]) -> list[str]:
        """Texts without the values, one of which may be spelled out over several of them."""
        found = self.found("".join(texts))
        if not found:
            return list(texts)
        self.count += len(found)
        clean: list[str] = []
        start = 0
        for text in texts:
            end = start + len(text)
            within = [one for one in found if one.start < end and one.end > start]
            clean.append(_without(text, within, start))
            start = end
        return clean

    def beginning(self, text: str) -> str:
        """A text whose end was cut off, without the values and without what may be the first part of one."""
        return self.text(text[: self.settled(text)])

    def tree(self, value: Any) -> Any:
        """The JSON value without the values, in keys and numbers as well."""
        if not self._names:
            return value  # which spares a server without a key a walk through each event of a stream
        if isinstance(value, str):
            return self.text(value)
        if (digits := digits_of(value)) is not None:
            return value if (clean := self.text(digits)) == digits else clean
        if not self.found_in(texts_of(value)):
            return value
        if is_array(value):
            return [self.tree(item) for item in value]
        if is_object(value):
            return {self.text(key): self.tree(item) for key, item in value.items()}
        return value

    def raw(self, data: bytes) -> bytes:
        """The bytes without the values."""
        text = data.decode("latin-1")
        clean = self.text(text)
        return data if clean is text else clean.encode("latin-1", "backslashreplace")  # the name of a secret

    def settled(self, text: str) -> int:
        """How much of a text is settled, whatever follows it: no value lies across that place."""
        openings = sorted(self._openings(text))
        end = openings[0] if openings else len(text)
        for found in reversed(self.found(text)):
            if found.end > end:
                end = min(end, found.start)
        return end

    def holds(self, text: str) -> bool:
        """Whether a value is in a text."""
        for layer in self._layers(text):
            read = layer.text
            for form in self._names:  # every answer is searched for each of them
                if form in read:
                    return True
        return False

    def found_in(self, texts: Iterable[str]) -> bool:
        """Whether a value is in one of some texts."""
        return self.holds(_BETWEEN.join(texts))

    def names_in(self, texts: Iterable[str]) -> set[str]:
        """Names of those whose value is in one of some texts: in one walk, however many are looked for."""
        begun: dict[str, list[str]] = {}
        for form in self._names:
            begun.setdefault(form[: self._shortest], []).append(form)
        return {
            self._names[form]
            for layer in self._layers(_BETWEEN.join(texts))
            for at in range(len(layer.text))
            for form in begun.get(layer.text[at : at + self._shortest], ())
            if layer.text.startswith(form, at)
        }

    def found(self, text: str) -> list["FoundValue"]:
        """Where values are, in their order; those that lie across each other are one."""
        if len(text) < self._shortest or not self.holds(text):
            return []
        found = sorted(self._each(text), key=lambda one: one.start)
        merged: list[FoundValue] = []
        for one in found:
            if not merged or one.start >= merged[-1].end:
                merged.append(one)
            elif one.end > merged[-1].end:
                longer = max(merged[-1], one, key=lambda either: either.end - either.start)
                merged[-1] = FoundValue(merged[-1].start, one.end, longer.name)
        return merged

    def _each(self, text: str) -> Iterator["FoundValue"]:
        for layer in self._layers(text):
            for form, name in self._names.items():
                at = layer.text.find(form)
                while at >= 0:
                    yield FoundValue(*layer.origin(at, at + len(form)), name)
                    at = layer.text.find(form, at + len(form))

    def _openings(self, text: str) -> set[int]:
        """Where a value may have begun that the text does not hold to its end, nor the escapes in it."""
        openings: set[int] = set()
        ends = [len(text)]
        for end in ends:
            for layer in self._layers(text[:end]):
                opening, begun = self._opening(layer.text), layer.begun()
                openings |= {layer.origin(at, at + 1)[0] for at in (opening, begun) if at < len(layer.text)}
                escape = layer.origin(begun, begun + 1)[0] if begun < len(layer.text) else end
                if escape not in ends and len(ends) < _MOST_BEGUN:
                    ends.append(escape)
        return openings

    def _opening(self, text: str) -> int:
        """Where the end of a text is the beginning of a value; its length if nowhere."""
        for index in range(max(0, len(text) - self._longest + 1), len(text)):
            tail = text[index:]
            if any(
                len(form) > len(tail) and form.startswith(tail) for form in self._by_first.get(tail[0], ())
            ):
                return index
        return len(text)

    def _layers(self, text: str) -> Iterator[Layer]:
        return layers(text, self._longest) if self._names else iter(())


class _Forms(NamedTuple):
    """What is looked for, and what it is the value of."""

    names: Mapping[str, str]
    by_first: Mapping[str, Sequence[str]]
    """By their first character."""
    longest: int


@lru_cache(maxsize=256)
def _forms(values: Sequence[tuple[str, str]], shortest: int) -> _Forms:
    """All that some values may read as: each call of a connection looks for the same.

    Headers are sent without blanks at their ends, so that is how they come back.
    """
    names: dict[str, str] = {}
    for value, name in values:
        for part in (value, value.strip(), *_url_parts(value)):
            for form in encoded(part) if len(part) >= shortest else ():
                if len(form) >= shortest:
                    names.setdefault(form, name)
    by_first: dict[str, list[str]] = {}
    for form in names:
        by_first.setdefault(form[0], []).append(form)
    return _Forms(names, by_first, max(map(len, names), default=0))


class FoundValue(NamedTuple):
    """Where a text holds a value."""

    start: int
    end: int
    name: str

    @property
    def mark(self) -> str:
        """What takes its place."""
        return f"[redacted:{self.name}]"


def _without(text: str, found: Sequence[FoundValue], start: int = 0) -> str:
    """A piece of a text, which begins at `start` of it, without the values; the mark of each stands where it begins."""
    if not found:
        return text
    kept: list[str] = []
    at = start
    for one in found:
        kept += (text[max(at - start, 0) : max(one.start - start, 0)], one.mark if one.start >= start else "")
        at = one.end
    return "".join((*kept, text[at - start :]))


def _url_parts(value: str) -> Iterator[str]:
    """The parts of a URL that make it a secret: a server may quote its path without the host, or one segment of it."""
    url = _URL.match(value)
    if url is None:
        return
    pieces = (
        piece
        for piece in re.split(r"[/?&=]", url["target"])
        if len(piece) >= _TELLING_LENGTH or not _WORDS.fullmatch(piece)
    )
    for part in (url["target"], url["path"], *pieces):
        yield part
        yield unquote(part)
