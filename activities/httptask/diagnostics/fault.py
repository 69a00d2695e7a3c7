"""What is wrong with something that somebody wrote: a fault names its place, and what to write instead."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import Field

__all__ = ["Fault", "Severity"]


class Severity(StrEnum):
    """An error keeps a definition from running, and is sure to be rejected by a server; a warning may be harmless."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a definition, a request, a configuration or an answer.

    Attributes:
        pointer: JSON Pointer (RFC 6901) of the value at fault, or where one is missing; empty for the whole.
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
    at_key: Annotated[bool, Field(exclude=True)] = False
    offset: Annotated[int | None, Field(exclude=True)] = None

    def as_json(self) -> dict[str, str | None]:
        """As results and failures hold it: without what only the text that it stands in needs."""
        return {
            "pointer": self.pointer,
            "code": self.code,
            "message": self.message,
            "hint": self.hint,
            "severity": self.severity,
        }
