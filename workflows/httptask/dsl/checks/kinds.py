"""What the kind of a task has against it."""

from collections.abc import Iterator

from httptask.diagnostics.fault import Fault
from httptask.dsl.program import Program

__all__ = ["check_kinds"]


def check_kinds(program: Program) -> Iterator[Fault]:
    """Have every task checked by its kind."""
    for node in program.nodes.values():
        yield from node.kind.faults(node, program.definition.use)
