"""Texts and numbers that a schema takes: by what it says of them, and otherwise the plainest."""

import random
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

__all__ = ["sample_numbers", "sample_texts"]

_LONGEST: Final = 10_000
_FORMATS: Final[Mapping[str, str]] = {
    "base64": "c2FtcGxl",
    "binary": "sample",
    "byte": "c2FtcGxl",
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "dateTime": "2026-01-31T12:00:00Z",
    "date-time-rfc-2822": "Sat, 31 Jan 2026 12:00:00 +0000",
    "duration": "PT1H",
    "email": "name@example.com",
    "hostname": "example.com",
    "idn-email": "name@example.com",
    "idn-hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "iri": "https://example.com",
    "json-pointer": "/name",
    "partial-time": "12:00:00",
    "regex": ".*",
    "time": "12:00:00Z",
    "timestamp": "2026-01-31T12:00:00Z",
    "uri": "https://example.com",
    "uri-reference": "https://example.com",
    "url": "https://example.com",
    "uuid": "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
}
"""By their names in JSON Schema, and others that documents use for the same."""


def sample_texts(schema: Mapping[str, Any], name: str) -> Iterator[str]:
    """Texts that may fit, the most telling first; whoever asks holds them against the schema.

    Args:
        schema: of the text.
        name: of the field.
    """
    least, most = schema.get("minLength", 0), min(schema.get("maxLength", _LONGEST), _LONGEST)
    pattern = schema.get("pattern")
    known = _FORMATS.get(schema.get("format", ""))
    if known is not None:
        yield known
    if isinstance(pattern, str):
        yield from _matching(pattern, least)
    text = name or "text"
    padded = (text * (least // len(text) + 1))[: max(least, len(text))] if least <= _LONGEST else text
    yield padded[:most]
    yield from ("1", "a" * max(1, min(least, _LONGEST)), "")


class _Shortest(random.Random):
    """Chooses the least of everything, and letters before digits or the other way round."""

    def __init__(self, kind: str) -> None:
        super().__init__(0)
        self._kind = re.compile(kind)
        self.repeats = 1

    def randint(self, a: int, b: int) -> int:
        return max(a, min(self.repeats, b))

    def choice(self, seq: Any) -> Any:
        if not isinstance(seq[0], str):
            return seq[0]
        ordered = sorted(seq)
        return next((one for one in ordered if self._kind.fullmatch(one)), ordered[0])


def _matching(pattern: str, least: int) -> Iterator[str]:
    """Texts that a regular expression matches; those of JSON Schema (ECMA 262) are mostly those of Python."""
    from rstr import Rstr

    for kind in ("[a-z]", "[0-9]", "[A-Z]"):
        chosen = _Shortest(kind)
        for repeats in dict.fromkeys((1, min(least, 100), 0)):
            chosen.repeats = repeats
            try:
                yield Rstr(chosen).xeger(pattern)
            except (re.error, KeyError, IndexError, TypeError, RecursionError):
                return  # has what no generator knows, such as \p{L}


def sample_numbers(schema: Mapping[str, Any], *, is_whole: bool) -> Iterator[Any]:
    """Numbers within bounds, the plainest first."""
    step = schema.get("multipleOf") or (1 if is_whole else None)
    least, most = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    small = step or 0.5
    candidates: list[Any] = [1, 0, step or 1]
    candidates += [one for one in (least, most) if one is not None]
    if above is not None:
        candidates += [above + small, (above + (below if below is not None else above + 1)) / 2]
    if below is not None:
        candidates.append(below - small)
    if step:
        candidates += [-(-one // step) * step for one in (least, above) if one is not None]
        candidates += [one // step * step for one in (most, below) if one is not None]
        candidates += [(above // step + 1) * step] if above is not None else []
    for one in candidates:
        number = int(one) if is_whole or (isinstance(one, float) and one.is_integer()) else one
        within = (
            (least is None or number >= least)
            and (most is None or number <= most)
            and (above is None or number > above)
            and (below is None or number < below)
        )
        if within and (not schema.get("multipleOf") or number % schema["multipleOf"] == 0):
            yield number
