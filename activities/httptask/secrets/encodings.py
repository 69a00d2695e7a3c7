"""The encodings in which a text may be repeated: what it is looked for as, and how a text is read for the search.

Escapes (percent-encoding, HTML entities, those of JSON and programming languages) may stand for any of the characters
and over one another, so a text is read with its escapes decoded, one kind after the other. Encodings that leave no
character in its place (base64, hexadecimal) are looked for as they are. Case counts nowhere.
"""

import base64
import re
import sys
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from html import unescape
from urllib.parse import unquote_to_bytes

__all__ = ["Layer", "encoded", "has_escapes", "layers"]

_MOST_LAYERS = 16
_LEFT_OUT = "\1"
_SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_HIGH_BYTE = "%[89a-f][0-9a-f]"
_BEGUN = re.compile(
    rf"(?:(?:{_HIGH_BYTE})*%[0-9a-f]?|(?:{_HIGH_BYTE})+|%u[0-9a-f]{{0,3}}|%ud[89ab][0-9a-f]{{2}}"
    r"|&(?:#x?[0-9a-f]{0,31}|[a-z][a-z0-9]{0,30})?"
    r"|\\(?:u[0-9a-f]{0,3}|ud[89ab][0-9a-f]{2}|x[0-9a-f]?|[ux]\{[0-9a-f]{0,8}|[0-3][0-7]?)?)\Z"
)
"""What more text may make an escape, or the rest of a character that takes several."""
_LONGEST_BEGUN = 64


@lru_cache(maxsize=4096)
def _of_percent(escapes: str) -> str:
    if escapes.startswith("%u"):
        return _of_units(escapes.replace("%u", ""))
    data = unquote_to_bytes(escapes)
    try:
        return _folded(data.decode())
    except UnicodeDecodeError:
        return _folded(data.decode("latin-1"))


@lru_cache(maxsize=4096)
def _of_entity(entity: str) -> str:
    text = unescape(entity)
    if not text:  # HTML has no such character, a value may have it
        digits = entity[2:].rstrip(";")
        text = chr(int(digits[1:], 16) if digits.startswith("x") else int(digits))
    return _folded(text)


@lru_cache(maxsize=4096)
def _of_backslash(escape: str) -> str:
    code = escape[1:]
    if len(code) == 1:
        return _folded(_SHORT.get(code, code))
    if code[0] in "0123":
        return _folded(chr(int(code, 8)))
    if code[0] == "x" or code[1] == "{":
        number = int(code[1:].strip("{}"), 16)
        return _folded(chr(number)) if number <= sys.maxunicode else escape
    return _of_units(escape.replace("\\u", ""))


def _of_units(hexadecimal: str) -> str:
    return _folded(bytes.fromhex(hexadecimal).decode("utf-16-be", "surrogatepass"))


@dataclass(frozen=True)
class _Escapes:
    """One kind of escapes, in lower case."""

    sign: str
    pattern: re.Pattern[str]
    """One of them, as its only group."""
    meaning: Callable[[str], str]

    def decoded(self, text: str, reach: int) -> str:
        """A text with these decoded: what stands around them, since nothing else reads otherwise by it."""
        parts = self.pattern.split(text)
        if len(parts) == 1:
            return ""
        escapes = parts[1::2]
        meanings = {escape: self.meaning(escape) for escape in set(escapes)}
        parts[1::2] = [meanings[escape] for escape in escapes]
        parts[::2] = [
            part if len(part) <= 2 * reach + 1 else part[:reach] + _LEFT_OUT + part[-reach:]
            for part in parts[::2]
        ]
        return "".join(parts)

    def edits(self, text: str, reach: int) -> Iterator[tuple[int, int, int]]:
        """What was changed in a text: from where to where, and how many characters stand there now."""
        start = 0
        for index, part in enumerate(self.pattern.split(text)):
            end = start + len(part)
            if index % 2:
                yield start, end, len(self.meaning(part))
            elif len(part) > 2 * reach + 1:
                yield start + reach, end - reach, len(_LEFT_OUT)
            start = end


_KINDS = (
    _Escapes("%", re.compile(r"(%[0-9a-f]{2}(?:%[0-9a-f]{2})*|(?:%u[0-9a-f]{4})+)"), _of_percent),
    _Escapes("&", re.compile(r"(&(?:#[0-9]{1,31}|#x[0-9a-f]{1,31}|[a-z][a-z0-9]{1,30});?)"), _of_entity),
    _Escapes(
        "\\",
        re.compile(
            r"(\\(?:u[0-9a-f]{4}(?:\\u[0-9a-f]{4})*|x[0-9a-f]{2}|[ux]\{[0-9a-f]{1,8}\}|[0-3][0-7]{2}"
            r"|[ -/:-@\[-`{-~bfnrt]))"
        ),
        _of_backslash,
    ),
)
_LINES = _Escapes("", re.compile(r"([\0\r\n]+)"), lambda _: "")
"""Line breaks may wrap a value; the zeros are UTF-16 of ASCII, read as something else."""


@dataclass(eq=False)
class Layer:
    """One reading of a text, or of the parts of it that read otherwise than in the layer below.

    Attributes:
        text: what is read, in lower case, without line breaks, blanks for plus signs.
    """

    text: str
    _source: str
    _below: "Layer | None" = None
    _made_by: _Escapes = _LINES
    _reach: int = sys.maxsize

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Where the original text has the characters from `start` to before `end`."""
        start, end = self._in_source(start)[0], self._in_source(end - 1)[1]
        return (start, end) if self._below is None else self._below.origin(start, end)

    def begun(self) -> int:
        """Where an escape has begun that the text does not hold to its end; its length where there is none."""
        found = _BEGUN.search(self.text, max(0, len(self.text) - _LONGEST_BEGUN))
        return len(self.text) if found is None else found.start()

    def _in_source(self, index: int) -> tuple[int, int]:
        """Where the source has the character at an index: the character, or what stands for it there."""
        starts, ends, sources = self._edits
        last = bisect_right(starts, index) - 1
        if last < 0:
            return index, index + 1
        if index < ends[last]:
            return sources[last]
        moved = index - ends[last] + sources[last][1]
        return moved, moved + 1

    @cached_property
    def _edits(self) -> tuple[list[int], list[int], list[tuple[int, int]]]:
        """Where this layer differs from its source, from where to where, and what stands there in the source."""
        starts: list[int] = []
        ends: list[int] = []
        sources: list[tuple[int, int]] = []
        shift = 0
        for start, end, length in self._made_by.edits(self._source, self._reach):
            starts.append(start + shift)
            ends.append(starts[-1] + length)
            sources.append((start, end))
            shift = ends[-1] - end
        return starts, ends, sources


def layers(text: str, reach: int) -> Iterator[Layer]:
    """The readings of a text: as it is, and with escapes decoded.

    Args:
        text: what is read.
        reach: the longest that is looked for.
    """
    lower = _lower(text)
    readings = [Layer(_unwrapped(lower), lower)]
    known = {readings[0].text, ""}
    for reading in readings:
        yield reading
        for kind in _KINDS:
            if kind.sign not in reading.text or len(readings) == _MOST_LAYERS:
                continue
            decoded = kind.decoded(reading.text, reach)
            if decoded not in known:
                known.add(decoded)
                readings.append(Layer(decoded, reading.text, reading, kind, reach))


def has_escapes(text: str) -> bool:
    """Whether a text may read otherwise with its escapes decoded."""
    return any(kind.sign in text for kind in _KINDS)


@lru_cache(maxsize=256)
def encoded(text: str) -> tuple[str, ...]:
    """What a text may read as in a layer: itself, in base64 and in hexadecimal, of UTF-8 and UTF-16."""
    narrow = text.encode("utf-8", "surrogatepass")
    wide = [text.encode(name, "surrogatepass") for name in ("utf-16-le", "utf-16-be")]
    forms = [text]
    for data in (narrow, *wide):
        forms += [data.decode("latin-1"), data.hex(), *(data.hex(between) for between in " :-")]
        forms += _base64_forms(data)
    return tuple(dict.fromkeys(_folded(form) for form in forms))


def _base64_forms(data: bytes) -> Iterator[str]:
    """What base64 makes of bytes at each of the three places they can take among those around them."""
    for shift in range(3):
        bits = (shift + len(data)) * 8
        own = slice(-(-shift * 8 // 6), bits // 6)  # the digits that depend on these bytes alone
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(bytes(shift) + data).decode()[own]


def _folded(text: str) -> str:
    return _unwrapped(_lower(text))


def _lower(text: str) -> str:
    """The same number of characters, which only one of all is not in lower case."""
    return (text if text.isascii() else text.replace("\u0130", "i")).lower().replace("+", " ")


def _unwrapped(text: str) -> str:
    return text.replace("\n", "").replace("\r", "").replace("\0", "")
