"""What is wrong with something that somebody wrote: a fault names its place, and what to write instead."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Fault", "Severity", "TextFault"]


class Severity(StrEnum):
    """An error keeps a definition from running, and is sure to be rejected by a server; a warning may be harmless."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a definition, a request, a configuration or an answer; results and failures hold it as it is.

    Attributes:
        pointer: JSON Pointer (RFC 6901) of the value at fault, or where one is missing; empty for the whole.
        code: stable kebab-case name of this kind of fault.
        message: what is wrong, quoting what stands there.
        hint: what to write instead.
    """

    pointer: str
    code: str
    message: str
    hint: str | None = None
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True)
class TextFault(Fault):
    """A fault that stands in a text, and not where the value at its pointer begins.

    Attributes:
        at_key: whether the key at `pointer` is at fault rather than its value.
        offset: index of the fault in the text at `pointer`, in code points; None for the whole value.
    """

    at_key: bool = False
    offset: int | None = None
