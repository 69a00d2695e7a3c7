"""Names of connections in definitions, compared with those that the project has."""

from collections.abc import Iterator, Sequence

from httptask.dsl.faults import Fault, Severity
from httptask.dsl.program import Program, TaskNode
from httptask.dsl.structure.locate import tokens_of, value_at
from httptask.http.suggest import closest, hint_for_unknown

__all__ = ["unknown_connections"]

_PLACES = ("connection", "endpoint/authentication/use", "endpoint/authentication/certificate/use")


def unknown_connections(program: Program, known: Sequence[str]) -> Iterator[Fault]:
    """Find connections that the project does not have. Another one may: these are warnings."""
    for node in program.nodes.values():
        for name in node.connections:
            if name not in known and "${" not in name:
                hint = hint_for_unknown(name, known, "connections")
                if closest(name, known) is None:
                    hint = f"declare it in httptask.toml: [connections.{name}]; {hint}"
                yield Fault(
                    _place(program, node, name),
                    "unknown-connection",
                    f"there is no connection `{name}` in this project",
                    hint,
                    severity=Severity.WARNING,
                )


def _place(program: Program, node: TaskNode, name: str) -> str:
    places = (f"{node.pointer}/with/{place}" for place in _PLACES)
    named = (place for place in places if _at(program, place) == name)
    return next(named, node.pointer)


def _at(program: Program, pointer: str) -> object:
    found: object = value_at(program.document, tokens_of(program.document, pointer))
    return found
