"""Patterns that the standard's schema gives to fields, wherever they stand."""

import re
from typing import Final

from httptask.diagnostics.fault import Fault
from httptask.dsl.expressions import is_whole_expression

__all__ = ["URI", "expression_fault"]

URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://.*")
"""`uriTemplate`."""
_ONE_LINE: Final = "write it on one line, or in quotes, where YAML joins lines"


def expression_fault(pointer: str, text: str) -> Fault | None:
    """What is wrong with a field that is one whole expression, where it holds one at all."""
    if not is_whole_expression(text):
        return Fault(
            pointer,
            "text-around-expression",
            "this field is one expression; text stands around it",
            'put all of it inside one `${ }`: `${ "text \\(.value)" }`',
        )
    if "\n" in text.strip():
        message = "this expression goes over several lines, which the standard doesn't allow here"
        return Fault(pointer, "expression-lines", message, _ONE_LINE)
    return None
