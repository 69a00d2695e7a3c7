"""Names of connections in definitions, compared with those that the project has."""

from collections.abc import Iterator, Sequence

from httptask.diagnostics.fault import Fault, Severity
from httptask.diagnostics.suggest import closest, hint_for_unknown
from httptask.dsl.program import Program

__all__ = ["unknown_connections", "uses_of_connections"]


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
