"""Texts without `${ }` that are expressions all the same (dsl.md, Runtime Expressions, loose mode)."""

import json
from typing import Any, Final

from httptask.diagnostics.fault import Fault
from httptask.dsl.expressions.expression import Expression, parse_expression
from httptask.dsl.expressions.helper_process import Limit
from httptask.json.types import is_object

__all__ = ["loosened"]

_LIMIT: Final = Limit(processor=0.5, clock=1.0)
"""To compile one text; it may be done in a workflow task."""


def loosened(value: Any) -> Any:
    """A template as strict mode has it: each text that jq takes is an expression, which yields the text where it fails.

    Raises:
        ExpressionsBusy: no helper process was free to ask jq.
    """
    if is_object(value):
        return {key: loosened(inner) for key, inner in value.items()}
    if type(value) in (list, tuple):  # the latter of models
        return [loosened(inner) for inner in value]
    return _or_itself(value) if isinstance(value, str) and _is_jq(value) else value


def _or_itself(text: str) -> str:
    return f"${{ (try [{text}] catch []) | if length == 1 then .[0] else {json.dumps(text)} end }}"


def _is_jq(text: str) -> bool:
    from httptask.dsl.expressions.compiling import (
        fault_of,
    )  # starts helper processes, which strict mode needs none of

    if "${" in text or "$secrets" in text:
        return False
    faults: list[Fault] = []
    expression = parse_expression(text, "", faults)
    return isinstance(expression, Expression) and not faults and fault_of(expression, _LIMIT) is None
