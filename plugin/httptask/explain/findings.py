"""What is wrong with a definition in its project: what its text tells, and what the project does not have for it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from httptask.diagnostics.fault import Fault, Severity
from httptask.diagnostics.suggest import closest, hint_for_unknown
from httptask.dsl.canonical import qualified_name
from httptask.dsl.loader import Loaded, load_file
from httptask.dsl.metadata import budget_units
from httptask.dsl.program import Program
from httptask.dsl.report import Report

if TYPE_CHECKING:
    from httptask.connections.connection import Connection

__all__ = ["findings_of", "missing_definitions", "unknown_connections", "uses_of_connections"]


def findings_of(
    loaded: Loaded,
    connections: "Mapping[str, Connection]",
    of_operations: Iterable[Fault] = (),
    *,
    portable: bool = False,
) -> list[Report]:
    """All faults and warnings of one definition, in the order of its text, and then those of its functions' files.

    Args:
        loaded: the definition.
        connections: that the project has, by name.
        of_operations: what it wants of API documents that these do not have.
        portable: whether to tell also what other runtimes of the standard don't have.
    """
    if loaded.draft is None:
        return loaded.reports
    beyond_standard: Iterable[Fault] = ()
    if portable and loaded.program is not None:
        from httptask.dsl.checks.portability import portable_uses

        beyond_standard = portable_uses(loaded.program)
    further = [
        *unknown_connections(loaded.draft, list(connections)),
        *_server_faults(loaded.draft, connections),
        *of_operations,
        *beyond_standard,
    ]
    return sorted(
        [*loaded.reports, *loaded.report(further)],
        key=lambda report: (report.file != loaded.name, report.file, report.line, report.column),
    )


def missing_definitions(loaded: Sequence[Loaded], beside: Iterable[Path]) -> Iterator[Report]:
    """Definitions that others run and that are neither among those that are given nor beside them.

    Args:
        loaded: that are looked at.
        beside: files of others.

    Raises:
        ValueError: two of them claim the same name.
    """
    running = [one for one in loaded if one.program is not None and one.program.definitions]
    if not running:
        return
    from httptask.plugin.definitions import registry_of, unknown_definitions  # and Temporal with it

    known = [one for one in loaded if one.program is not None]
    given = {qualified_name(one.data) for one in known}
    others = map(load_file, beside)
    known += [one for one in others if one.program is not None and qualified_name(one.data) not in given]
    yield from unknown_definitions(running, registry_of(known))


def uses_of_connections(program: Program) -> Iterator[tuple[str, str]]:
    """The connections that tasks name, each with a pointer to where they do."""
    for node in program.nodes.values():
        for pointer, name in node.connections:
            yield name, pointer


def unknown_connections(program: Program, known: Sequence[str]) -> Iterator[Fault]:
    """Find connections that the project does not have. Another one may: these are warnings."""
    for name, place in uses_of_connections(program):
        if name not in known and "${" not in name:
            hint = hint_for_unknown(name, known, "connections")
            if closest(name, known) is None:
                hint = f"declare it in httptask.toml: [connections.{name}]; {hint}"
            message = f"there is no connection `{name}` in this project"
            yield Fault(place, "unknown-connection", message, hint, severity=Severity.WARNING)


def _server_faults(program: Program, connections: "Mapping[str, Connection]") -> Iterator[Fault]:
    units = budget_units(program.definition.document.metadata)
    for node in program.nodes.values():
        yield from node.kind.server_faults(node, connections, program.rules_for(node), units)
