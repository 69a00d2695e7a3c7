"""Texts without `${ }` that are expressions all the same (dsl.md, Runtime Expressions, loose mode)."""

import json
from typing import Any, Final

from httptask.diagnostics.fault import Fault
from httptask.dsl.expressions.expression import Expression, parse_expression
from httptask.dsl.expressions.helper_process import Limit
from httptask.json.pointer import child_pointer
from httptask.json.types import is_object

__all__ = ["loosened"]

_LIMIT: Final = Limit(processor=0.5, clock=1.0)
"""To compile one text; it may be done in a workflow task."""


def loosened(value: Any, pointer: str) -> Any:
    """A template as strict mode has it: each text that jq takes is an expression, which yields the text where it fails.

    Args:
        value: the template as it is written.
        pointer: where it stands in the definition.

    Raises:
        ExpressionsBusy: jq could not be asked, or did not say in time whether it takes a text.
    """
    if is_object(value):
        return {key: loosened(inner, child_pointer(pointer, key)) for key, inner in value.items()}
    if type(value) in (list, tuple):  # the latter of models
        return [loosened(inner, child_pointer(pointer, index)) for index, inner in enumerate(value)]
    return _or_itself(value) if isinstance(value, str) and _is_jq(value, pointer) else value


def _or_itself(text: str) -> str:
    return f"${{ (try [{text}] catch []) | if length == 1 then .[0] else {json.dumps(text)} end }}"


def _is_jq(text: str, pointer: str) -> bool:
    from httptask.dsl.expressions.compiling import (
        fault_of,
    )  # starts helper processes, which strict mode needs none of

    if "${" in text or "$secrets" in text:
        return False
    faults: list[Fault] = []
    expression = parse_expression(text, pointer, faults)
    return isinstance(expression, Expression) and not faults and fault_of(expression, _LIMIT) is None
