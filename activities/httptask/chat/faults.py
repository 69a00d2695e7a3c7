"""What is wrong with a chat request."""

import json
from dataclasses import dataclass
from typing import Final, Literal

from httptask.diagnostics.cutting import shortened
from httptask.json.types import is_object

__all__ = ["UNKNOWN_FIELD", "BodyFault", "Level", "Severity", "kind_of", "quoted"]

Level = Literal["off", "warn", "strict"]
"""`strict` refuses what the server is sure to reject and warns of what it may; `warn` only warns; `off` is silent."""

Severity = Literal["error", "warning"]
"""An error is sure to be rejected by the server, a warning may be."""

UNKNOWN_FIELD: Final = "unknown-field"
"""Rule of a field that the API does not have; its fault stands at the key."""


@dataclass(frozen=True, slots=True)
class BodyFault:
    """One fault of a request body.

    Attributes:
        pointer: JSON Pointer (RFC 6901) into the body: the value at fault, or where one is missing.
        message: what is wrong.
        hint: what to write instead.
        rule: name of the rule that it breaks.
    """

    pointer: str
    message: str
    hint: str
    rule: str
    severity: Severity = "error"


def kind_of(value: object) -> str:
    """The JSON type of a value, as a person says it."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "text"
    return "an object" if is_object(value) else "a list"


def quoted(value: object) -> str:
    """A value as a message shows it: short text in quotes, numbers as they are, else its kind."""
    if isinstance(value, str):
        return json.dumps(shortened(value), ensure_ascii=False)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return shortened(str(value), 40) if is_number else kind_of(value)
