"""Secrets: declared, and only in those places of a request where the activity inserts them."""

from collections.abc import Iterator
from typing import Final

from httptask.diagnostics.fault import Fault
from httptask.diagnostics.suggest import hint_for_unknown
from httptask.dsl.checks.places import offset_in
from httptask.dsl.expression_parts import TemplateUse
from httptask.dsl.program import Program

__all__ = ["check_secrets"]

_WHERE: Final = (
    "secrets go into authentication and into `endpoint`, `headers`, `query` and the body of a call only: "
    "everything else is kept in the history"
)


def check_secrets(program: Program) -> Iterator[Fault]:
    """Find secrets that are not declared, and secrets outside a request."""
    yield from _mentions(program)
    for use in program.uses:
        if "parameter" in use.expression.keys_of("authorization"):
            yield Fault(
                use.pointer,
                "secret-outside-request",
                "`$authorization.parameter` is a credential, which no expression can read",
                "`$authorization.scheme` can be read",
                offset=offset_in(use.expression, "$authorization"),
            )


def _mentions(program: Program) -> Iterator[Fault]:
    declared = program.definition.use.secrets
    for use in program.templates:
        for reference in use.template.secrets:
            pointer = use.pointer + reference.pointer
            text = f"$secrets.{reference.name}"
            if reference.name not in declared:
                hint = hint_for_unknown(reference.name, declared, "declared secrets")
                if not declared:
                    hint = f"declare it: use: {{ secrets: [{reference.name}] }}"
                yield Fault(
                    pointer,
                    "unknown-secret",
                    f"`{text}` is not declared under `use.secrets`",
                    hint,
                    offset=reference.offset,
                )
            if not _may_hold_secrets(program, use, pointer):
                message = f"`{text}` stands outside a request"
                yield Fault(pointer, "secret-outside-request", message, _WHERE, offset=reference.offset)


def _may_hold_secrets(program: Program, use: TemplateUse, pointer: str) -> bool:
    if use.task is None or use.place != "definition":
        return False
    if pointer.startswith("/use/authentications/"):
        return True
    node = program.nodes[use.task]
    arguments = f"{node.pointer}/with/"
    return pointer.startswith(arguments) and node.kind.may_hold_secrets(pointer.removeprefix(arguments))
