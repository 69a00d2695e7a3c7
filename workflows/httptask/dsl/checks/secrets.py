"""Secrets: declared, and only in those places of a request where the activity inserts them; credentials that are none.

Whoever may read the definition, or the history of a run, has what is written out.
"""

from collections.abc import Iterator
from typing import Final

from httptask.authentication.check import credentials_in
from httptask.diagnostics.fault import Fault, Severity, TextFault
from httptask.diagnostics.suggest import hint_for_unknown
from httptask.dsl.checks.places import offset_in
from httptask.dsl.expression_parts import TemplateUse
from httptask.dsl.program import Program
from httptask.http.headers import is_credential
from httptask.json.pointer import child_pointer, json_pointer
from httptask.json.types import is_object

__all__ = ["LITERAL_CREDENTIAL", "check_literals", "check_secrets"]

LITERAL_CREDENTIAL: Final = "literal-credential"
"""Code of the fault."""

_WHERE: Final = (
    "secrets go into authentication and into `endpoint`, `headers`, `query` and the body of a call only: "
    "everything else is kept in the history"
)
_LITERAL_HINT: Final = "declare a secret under `use.secrets`, and write `${ $secrets.NAME }` here"


def check_secrets(program: Program) -> Iterator[Fault]:
    """Find secrets that are not declared, and secrets outside a request."""
    yield from _mentions(program)
    for use in program.uses:
        if "parameter" in use.expression.keys_of("authorization"):
            yield TextFault(
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
                yield TextFault(
                    pointer,
                    "unknown-secret",
                    f"`{text}` is not declared under `use.secrets`",
                    hint,
                    offset=reference.offset,
                )
            if not _may_hold_secrets(program, use, pointer):
                message = f"`{text}` stands outside a request"
                yield TextFault(pointer, "secret-outside-request", message, _WHERE, offset=reference.offset)


def _may_hold_secrets(program: Program, use: TemplateUse, pointer: str) -> bool:
    if use.task is None or use.place != "definition":
        return False
    if pointer.startswith("/use/authentications/"):
        return True
    node = program.nodes[use.task]
    arguments = f"{node.pointer}/with/"
    return pointer.startswith(arguments) and node.kind.may_hold_secrets(pointer.removeprefix(arguments))


def check_literals(program: Program) -> Iterator[Fault]:
    """Find headers and authentications whose credential is no secret."""
    found = (fault for use in program.templates for fault in _literals(use))
    yield from dict.fromkeys(found)


def _literals(use: TemplateUse) -> Iterator[Fault]:
    value = use.template.value
    if use.pointer.startswith("/use/authentications/") or use.pointer.endswith("/endpoint/authentication"):
        for path, _ in credentials_in(value if is_object(value) else {}):
            yield _literal(use.pointer + json_pointer(path), path[-1])
    elif use.pointer.endswith("/with") and is_object(value) and is_object(value.get("headers")):
        for name, text in value["headers"].items():
            if is_credential(name) and isinstance(text, str) and text:
                yield _literal(child_pointer(f"{use.pointer}/headers", name), name)


def _literal(pointer: str, name: str) -> Fault:
    return Fault(
        pointer,
        LITERAL_CREDENTIAL,
        f"`{name}` holds a credential as it is",
        _LITERAL_HINT,
        severity=Severity.WARNING,
    )
