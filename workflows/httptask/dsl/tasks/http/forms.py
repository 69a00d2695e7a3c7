"""Forms that the standard's schema gives to the fields of a request: what is accepted is valid under it."""

import re
from collections.abc import Iterator
from typing import Final

from httptask.diagnostics.fault import Fault
from httptask.diagnostics.words import Kind, wrong_kind
from httptask.dsl.expressions import is_whole_expression
from httptask.dsl.forms import URI, expression_fault
from httptask.dsl.tasks.http.arguments import AnyHttpArguments, HttpArguments, address_of

__all__ = ["form_faults"]

_EXPRESSION: Final = re.compile(r"\s*\$\{.+\}\s*")
"""`runtimeExpression`."""
_SECRET: Final = re.compile(r"\$\{\s*\$secrets\b[^}]*\}")


def form_faults(pointer: str, arguments: AnyHttpArguments) -> Iterator[Fault]:
    """Find fields whose form the standard does not know, and that other tools would refuse.

    Args:
        pointer: of the arguments.
        arguments: of the call.
    """
    for name in ("headers", "query", "form", "multipart"):
        text = getattr(arguments, name, None)
        if isinstance(text, str):
            yield from _members(f"{pointer}/{name}", name, text)
    address = address_of(arguments)
    if address is not None and isinstance(arguments, HttpArguments):
        yield from _address(f"{pointer}/{address[0]}", address[1])


def _address(pointer: str, text: str) -> Iterator[Fault]:
    if "${" not in text or URI.match(text) or _EXPRESSION.fullmatch(text):
        return  # whether it is an address otherwise is told by the checks of addresses
    if is_whole_expression(text):
        fault = expression_fault(pointer, text)
        yield from () if fault is None else (fault,)
    elif _SECRET.match(text.lstrip()):
        message = "the standard's `call: http` takes no text behind an address that is a secret"
        hint = "`call: httpRequest` takes it"
        yield Fault(pointer, "not-in-the-standard", message, hint)


def _members(pointer: str, name: str, text: str) -> Iterator[Fault]:
    """A part of a request that is an object (or, of `multipart`, a list), or an expression that yields one."""
    if "${" in text:
        fault = expression_fault(pointer, text)
        yield from () if fault is None else (fault,)
        return
    kind = Kind.LIST if name == "multipart" else Kind.OBJECT
    hint = f"write its members under it, or one expression that yields {kind}"
    yield Fault(pointer, "wrong-type", wrong_kind(f"`{name}`", text, kind), hint)
