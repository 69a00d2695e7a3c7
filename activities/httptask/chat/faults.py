"""What is wrong with a chat request."""

from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["UNKNOWN_FIELD", "BodyFault", "Level", "Severity"]

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
