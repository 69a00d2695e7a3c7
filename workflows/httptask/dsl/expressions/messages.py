"""jq's own words made readable."""

import json
import re
from collections.abc import Sequence
from typing import Any, Final

from httptask.diagnostics.cutting import in_one_line

__all__ = ["hint_for_failure", "json_excerpt", "not_a_condition"]

_MOST_VALUES: Final = 3

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
    (
        re.compile(r'string \("-?[0-9.]+"\)(?! and string)|(?<!string)\) and string \("-?[0-9.]+"\)'),
        "the text is a number: turn it into one first: `(… | tonumber)`",
    ),
    (re.compile(r"null \(null\)"), "a value is missing: give a default, `(… // …)`"),
    (re.compile(r"cannot be added$"), 'turn values into text first: `tostring`, or interpolate: `"\\(…)"`'),
    (re.compile(r" is not available$"), "expressions see only the values they are given"),
)


def json_excerpt(value: Any) -> str:
    """A value as JSON on one line of bounded length."""
    return in_one_line(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def not_a_condition(source: str, values: Sequence[Any]) -> tuple[str, str]:
    """What is wrong with a condition that yields these values, and what to write instead."""
    shown = ", ".join(f"`{json_excerpt(value)}`" for value in values[:_MOST_VALUES])
    more = f" and {len(values) - _MOST_VALUES} more" if len(values) > _MOST_VALUES else ""
    message = (
        f"a condition must yield true or false; `{in_one_line(source)}` yields {shown or 'nothing'}{more}"
    )
    if len(values) > 1:
        return message, "join them: `any(…; .)` or `all(…; .)`"
    if not values or values[0] is None:
        return message, "give a default: `… // false`"
    return message, "compare with `==`, `!=`, `<`, …; `=` assigns"


def hint_for_failure(message: str) -> str | None:
    """What to write instead of an expression that raised this error, where that can be guessed."""
    return next((hint for pattern, hint in _HINTS if pattern.search(message)), None)
