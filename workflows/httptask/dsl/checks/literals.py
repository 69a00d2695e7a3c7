"""Credentials that are written out: whoever may read the definition, or the history of a run, has them."""

from collections.abc import Iterator
from typing import Any, Final

from httptask.diagnostics.fault import Fault, Severity
from httptask.dsl.expression_parts import TemplateUse
from httptask.dsl.program import Program
from httptask.http.headers import is_credential
from httptask.json.pointer import child_pointer
from httptask.json.types import is_object

__all__ = ["LITERAL_CREDENTIAL", "check_literals"]

LITERAL_CREDENTIAL: Final = "literal-credential"
"""Code of the fault."""

_CREDENTIALS: Final = frozenset({"password", "token", "secret", "assertion"})
_NOT_CREDENTIALS: Final = frozenset({"endpoints"})
_HINT: Final = "declare a secret under `use.secrets`, and write `${ $secrets.NAME }` here"


def check_literals(program: Program) -> Iterator[Fault]:
    """Find headers and authentications whose credential is no secret."""
    found = (fault for use in program.templates for fault in _found(use))
    yield from dict.fromkeys(found)


def _found(use: TemplateUse) -> Iterator[Fault]:
    value = use.template.value
    if use.pointer.startswith("/use/authentications/") or use.pointer.endswith("/endpoint/authentication"):
        yield from _in_policy(use.pointer, value)
    elif use.pointer.endswith("/with") and is_object(value) and is_object(value.get("headers")):
        for name, text in value["headers"].items():
            if is_credential(name) and isinstance(text, str) and text:
                yield _fault(child_pointer(f"{use.pointer}/headers", name), name)


def _in_policy(pointer: str, value: Any) -> Iterator[Fault]:
    if not is_object(value):
        return
    for key, inner in value.items():
        place = child_pointer(pointer, key)
        if key in _CREDENTIALS and isinstance(inner, str) and inner:
            yield _fault(place, key)
        elif key not in _NOT_CREDENTIALS:
            yield from _in_policy(place, inner)


def _fault(pointer: str, name: str) -> Fault:
    return Fault(
        pointer, LITERAL_CREDENTIAL, f"`{name}` holds a credential as it is", _HINT, severity=Severity.WARNING
    )
