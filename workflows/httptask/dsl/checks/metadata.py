"""`metadata.httptask`: what the standard leaves to runtimes, checked like everything else."""

from collections.abc import Iterator
from typing import Any

from httptask.dsl.faults import Fault, Severity
from httptask.dsl.json_values import is_mapping
from httptask.dsl.metadata import RuntimeMetadata
from httptask.dsl.program import Program
from httptask.dsl.structure.messages import fault_of
from httptask.dsl.structure.validate import errors_of

__all__ = ["check_metadata"]


def check_metadata(program: Program) -> Iterator[Fault]:
    """Find keys and values of `metadata.httptask` that this runtime doesn't know."""
    settings: Any = program.definition.document.metadata.get("httptask", {})
    prefix = ("document", "metadata", "httptask")
    if not is_mapping(settings):
        pointer = "/document/metadata/httptask"
        yield Fault(
            pointer, "wrong-type", "`httptask` must be a mapping", "write settings under it", at_key=True
        )
        return
    yield from map(fault_of, errors_of(RuntimeMetadata, settings, prefix))
    budget = settings.get("budget")
    if is_mapping(budget) and "cost_usd" in budget:
        yield Fault(
            "/document/metadata/httptask/budget/cost_usd",
            "not-enforced",
            "`cost_usd` does not stop a run yet: this version knows no prices",
            "bound `calls` or `tokens` as well",
            severity=Severity.WARNING,
            at_key=True,
        )
