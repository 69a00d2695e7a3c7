"""What is wrong with a definition: a fault names its place, and what to write instead."""

from dataclasses import dataclass
from enum import StrEnum

from httptask.json.pointer import json_pointer

__all__ = ["Fault", "Severity", "child_pointer"]


class Severity(StrEnum):
    """Errors keep a definition from running; warnings don't."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a definition.

    Attributes:
        pointer: JSON Pointer (RFC 6901) of the place in the definition.
        code: stable kebab-case name of this kind of fault.
        message: what is wrong, quoting what stands there.
        hint: what to write instead.
        at_key: whether the key at `pointer` is at fault rather than its value.
        offset: index of the fault in the text at `pointer`, in code points; None for the whole value.
    """

    pointer: str
    code: str
    message: str
    hint: str | None = None
    severity: Severity = Severity.ERROR
    at_key: bool = False
    offset: int | None = None


def child_pointer(pointer: str, key: str | int) -> str:
    """Append one reference token to a JSON Pointer, escaped as RFC 6901 section 3 asks."""
    return pointer + json_pointer([key])
