"""What a definition means: pure checks of a compiled program, one subject in each module; a kind has its own."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from httptask.diagnostics.fault import Fault
from httptask.dsl.checks.flow import check_flow, check_order
from httptask.dsl.checks.functions import check_functions
from httptask.dsl.checks.metadata import check_metadata
from httptask.dsl.checks.names import check_names
from httptask.dsl.checks.references import check_placeholders, check_references
from httptask.dsl.checks.schedule import check_schedule
from httptask.dsl.checks.secrets import check_literals, check_secrets
from httptask.dsl.checks.shapes import check_shapes
from httptask.dsl.checks.standard_types import check_durations, check_parts_of_use, check_schemas
from httptask.dsl.program import Program

__all__ = ["CHECKS"]


def _by_kind(program: Program) -> Iterator[Fault]:
    for node in program.nodes.values():
        yield from node.kind.faults(node, program.definition.use)


CHECKS: Final[tuple[Callable[[Program], Iterable[Fault]], ...]] = (
    check_flow,
    check_order,
    check_references,
    check_shapes,
    check_secrets,
    check_literals,
    _by_kind,
    check_functions,
    check_placeholders,
    check_names,
    check_durations,
    check_schedule,
    check_parts_of_use,
    check_metadata,
    check_schemas,
)
