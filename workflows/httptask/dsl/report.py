"""A fault with its place in a file, as people and programs read it."""

from dataclasses import asdict, dataclass
from typing import Any

from httptask.diagnostics.fault import Fault, Severity
from httptask.dsl.yaml import Place

__all__ = ["Report"]


@dataclass(frozen=True, slots=True)
class Report:
    """One fault of one file; lines and columns count from 1."""

    file: str
    line: int
    column: int
    pointer: str
    code: str
    severity: Severity
    message: str
    hint: str | None

    @classmethod
    def of(cls, file: str, place: Place, fault: Fault) -> "Report":
        """A fault at a place."""
        return cls(
            file,
            place.line,
            place.column,
            fault.pointer,
            fault.code,
            fault.severity,
            fault.message,
            fault.hint,
        )

    def __str__(self) -> str:
        """`file:line:column: error[code]: message`, and the hint on a line of its own."""
        text = f"{self.file}:{self.line}:{self.column}: {self.severity}[{self.code}]: {self.message}"
        return text if self.hint is None else f"{text}\n  hint: {self.hint}"

    def as_json(self) -> dict[str, Any]:
        """As an element of `httptask validate --json`."""
        return asdict(self)
