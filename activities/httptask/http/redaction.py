"""Removing the values of secrets from whatever came back."""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote, quote_plus, unquote, urlsplit

from httptask.http.json_tree import map_texts

__all__ = ["MIN_LENGTH", "PieceRedactor", "Redactor"]

MIN_LENGTH = 8
"""Shorter values are not searched for: they would be found in ordinary text."""

_TELLING_LENGTH = 16
"""A part of a secret URL that is as long is no word."""
_WORDS = re.compile(r"[A-Z]?[a-z]{2,}(?:[-_.]?[A-Z][a-z]{2,}|[-_.][a-z]{2,})*")
"""What stands in the path of any API: `messages`, `sendMessage`, `web-hooks`."""
_HOST = re.compile(r"[A-Za-z0-9.-]+")


class Redactor:
    """Replaces the values of secrets, plain and encoded, by `[redacted:NAME]`.

    Args:
        values: what to look for: value -> name of the secret.

    Attributes:
        count: how many replacements were made so far.
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        self.count = 0
        self._names: dict[str, str] = {}
        self.add(values)

    def add(self, values: Mapping[str, str]) -> None:
        """Looks for these as well."""
        for value, name in values.items():
            for form in _forms(value):
                self._names.setdefault(form, name)
        self._pattern = _pattern(tuple(self._names))

    def text(self, text: str) -> str:
        """The text without the values."""
        if self._pattern is None:
            return text
        clean, found = self._pattern.subn(lambda match: self._mark(match[0]), text)
        self.count += found
        return clean

    def tree(self, value: Any) -> Any:
        """The JSON value without the values, in keys as well."""
        return value if self._pattern is None else map_texts(value, self.text)

    def raw(self, data: bytes) -> bytes:
        """The bytes without the values in UTF-8."""
        for form in sorted(self._names, key=len, reverse=True):
            encoded = form.encode("utf-8", "surrogatepass")
            self.count += data.count(encoded)
            data = data.replace(encoded, self._mark(form).encode("utf-8"))
        return data

    def settled(self, text: str) -> int:
        """How much of a text is settled, whatever follows it: no value lies across that place."""
        start = 0
        while True:
            opening = self._opening(text, start)
            found = self._pattern.search(text, start) if self._pattern else None
            if found is None or found.start() >= opening:
                return opening
            start = found.end()

    def _opening(self, text: str, start: int) -> int:
        """Where a value may have begun that the text does not hold to its end."""
        longest = max(map(len, self._names), default=1)
        for index in range(max(start, len(text) - longest + 1), len(text)):
            tail = text[index:]
            if any(len(form) > len(tail) and form.startswith(tail) for form in self._names):
                return index
        return len(text)

    def _mark(self, form: str) -> str:
        return f"[redacted:{self._names[form]}]"


class PieceRedactor:
    """Takes the values out of a text that comes in pieces; a value may be spelled out over several of them.

    What it gives is, put together, the whole text without the values. Of each piece it holds back what may be the
    beginning of a value.

    Args:
        redactor: knows the values.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._held = ""

    def feed(self, piece: str) -> str:
        """One more piece; what can be shown by now."""
        text = self._held + piece
        end = self._redactor.settled(text)
        self._held = text[end:]
        return self._redactor.text(text[:end])

    def finish(self) -> str:
        """What was held back, when nothing follows it."""
        rest, self._held = self._held, ""
        return self._redactor.text(rest)


@lru_cache(maxsize=256)
def _pattern(forms: tuple[str, ...]) -> re.Pattern[str] | None:
    # Alternatives are tried in order, so a value that contains another must come first.
    alternatives = "|".join(map(re.escape, sorted(forms, key=len, reverse=True)))
    return re.compile(alternatives) if alternatives else None


@lru_cache(maxsize=256)
def _forms(value: str) -> tuple[str, ...]:
    parts = [part for part in (value, *_url_parts(value)) if len(part) >= MIN_LENGTH]
    return tuple(form for part in parts for form in _encodings(part))


def _encodings(value: str) -> Iterator[str]:
    yield value
    if _HOST.fullmatch(value):
        yield value.lower()  # as it goes out in the name of a host
    yield quote(value, safe="", errors="surrogatepass")
    yield quote(value, errors="surrogatepass")
    yield quote_plus(value, errors="surrogatepass")
    for ascii_only in (True, False):
        escaped = json.dumps(value, ensure_ascii=ascii_only)[1:-1]
        yield escaped
        yield escaped.replace("/", "\\/")
    yield from _base64_forms(value.encode("utf-8", "surrogatepass"))


def _base64_forms(data: bytes) -> Iterator[str]:
    """What base64 makes of a value at each of the three places it can take among the bytes around it."""
    for shift in range(3):
        bits = (shift + len(data)) * 8
        own = slice(-(-shift * 8 // 6), bits // 6)  # the digits that depend on the value alone
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            form = encode(bytes(shift) + data).decode()[own]
            if len(form) >= MIN_LENGTH:
                yield form


def _url_parts(value: str) -> Iterator[str]:
    """The parts of a URL that make it a secret: a server may quote its path without the host, or one segment of it."""
    if not value.lower().startswith(("http://", "https://")):
        return
    parts = urlsplit(value)
    target = f"{parts.path}?{parts.query}"
    pieces = (
        piece
        for piece in re.split(r"[/?&=]", target)
        if len(piece) >= _TELLING_LENGTH or not _WORDS.fullmatch(piece)
    )
    for part in (target, parts.path, *pieces):
        yield part
        yield unquote(part)
