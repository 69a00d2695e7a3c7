"""What a definition means: pure checks of a compiled program, one concern in each module; a kind has its own."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from httptask.diagnostics.fault import Fault
from httptask.dsl.checks.durations import check_durations
from httptask.dsl.checks.flow import check_flow
from httptask.dsl.checks.forms import check_forms
from httptask.dsl.checks.literals import check_literals
from httptask.dsl.checks.metadata import check_metadata
from httptask.dsl.checks.names import check_names
from httptask.dsl.checks.placeholders import check_placeholders
from httptask.dsl.checks.references import check_references
from httptask.dsl.checks.schemas import check_schemas
from httptask.dsl.checks.secrets import check_secrets
from httptask.dsl.checks.shapes import check_shapes
from httptask.dsl.program import Program

__all__ = ["CHECKS"]


def _by_kind(program: Program) -> Iterator[Fault]:
    for node in program.nodes.values():
        yield from node.kind.faults(node, program.definition.use)


CHECKS: Final[tuple[Callable[[Program], Iterable[Fault]], ...]] = (
    check_flow,
    check_references,
    check_shapes,
    check_secrets,
    check_literals,
    _by_kind,
    check_placeholders,
    check_names,
    check_durations,
    check_forms,
    check_metadata,
    check_schemas,
)
