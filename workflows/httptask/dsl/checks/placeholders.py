"""Placeholders of other tools in what a call sends, which are sent as they stand: `{{name}}`."""

import re
from collections.abc import Iterator
from typing import Any, Final

from httptask.diagnostics.fault import Fault, Severity
from httptask.dsl.expressions import TemplateText
from httptask.dsl.program import Program
from httptask.json.pointer import child_pointer
from httptask.json.types import is_array, is_object

__all__ = ["check_placeholders"]

_PLACEHOLDER: Final = re.compile(r"\{\{\s*([$.\w]*\w)\s*\}\}")


def check_placeholders(program: Program) -> Iterator[Fault]:
    """Find them in headers, queries, bodies and messages; in an address they are an error of its own."""
    for use in program.templates:
        if use.pointer == f"{use.task}/with":
            yield from _found(use.pointer, use.template.value)


def _found(pointer: str, value: Any) -> Iterator[Fault]:
    if is_object(value):
        for key, inner in value.items():
            yield from _found(child_pointer(pointer, key), inner)
    elif is_array(value):
        for index, inner in enumerate(value):
            yield from _found(child_pointer(pointer, index), inner)
    for part in value.parts if isinstance(value, TemplateText) else (value,):
        placeholder = _PLACEHOLDER.search(part) if isinstance(part, str) else None
        if placeholder is not None:
            name = placeholder[1].lstrip("$.").removeprefix("json.")
            message = f"`{placeholder[0]}` is sent as it stands"
            hint = f"if it is a variable, write `${{ .{name} }}`"
            yield Fault(pointer, "no-variable", message, hint, Severity.WARNING)
            return
