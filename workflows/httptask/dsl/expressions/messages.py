"""jq's own words made readable."""

import re
from typing import Final

__all__ = ["excerpt", "hint_for_failure"]

_LONGEST: Final = 160

_HINTS: Final = (
    (re.compile(r"^Cannot iterate over null"), "the list is missing: give a default, `(… // [])[]`"),
    (
        re.compile(r"^Cannot index string with"),
        "the value is text; if it is JSON text, parse it first: `… | fromjson | …`",
    ),
    (
        re.compile(r"^Cannot index array with string"),
        "the value is a list: pick an item, `.[0]`, or take all, `map(…)`",
    ),
    (re.compile(r"null \(null\)"), "a value is missing: give a default, `(… // …)`"),
    (re.compile(r"cannot be added$"), 'turn values into text first: `tostring`, or interpolate: `"\\(…)"`'),
    (re.compile(r" is not available$"), "expressions see only the values they are given"),
)


def excerpt(text: str) -> str:
    """A text on one line, cut to what a message can bear."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def hint_for_failure(message: str) -> str | None:
    """What to write instead of an expression that raised this error, where that can be guessed."""
    return next((hint for pattern, hint in _HINTS if pattern.search(message)), None)
