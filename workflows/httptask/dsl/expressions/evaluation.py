"""Evaluates expressions: the values they mention go to a helper process, their results come back.

What is nothing but a value that is there, `.` or `$item.name`, needs no jq, and is the same value.

Numbers keep their digits on the way through (`1.0`, integers beyond 2^53) unless jq computes with them; then
they are doubles, and a whole number loses its `.0`.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from httptask.diagnostics.cutting import in_one_line
from httptask.dsl.expressions import helper
from httptask.dsl.expressions.compiling import fault_of
from httptask.dsl.expressions.errors import ExpressionFailed, ExpressionLimitExceeded
from httptask.dsl.expressions.expression import Expression
from httptask.dsl.expressions.helper_process import HelperStopped, Limit, Reply
from httptask.dsl.expressions.jq_program import batch_program
from httptask.dsl.expressions.messages import hint_for_failure, not_a_condition
from httptask.dsl.expressions.pool import run_program
from httptask.json.tree import check_depth, finite_number
from httptask.json.types import is_object

__all__ = ["LIMIT", "Scope", "evaluate", "evaluate_all", "evaluate_condition"]

LIMIT: Final = Limit(processor=1.0, clock=10.0)
_HALF_PAIR = re.compile("[\ud800-\udfff]")
_PRUNED: Final = frozenset({"task", "tasks", "workflow"})
"""Variables that hold much, of which expressions read little: only the keys they name are sent."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression sees.

    Attributes:
        dot: the value of `.`.
        variables: values by name, without `$`; only those that are mentioned are looked up.
    """

    dot: Any
    variables: Mapping[str, Any]


def evaluate(expression: Expression, scope: Scope, *, limit: Limit = LIMIT) -> Any:
    """The one value that an expression yields.

    Args:
        expression: a parsed expression.
        scope: what it sees.
        limit: how long it may take.

    Raises:
        ExpressionFailed: it raised an error, or yielded nothing, several values, or one that JSON can't hold.
        ExpressionLimitExceeded: it met a bound on time or memory.
        ExpressionsBusy: no helper process was free, or the machine is too busy to say what takes it so long.
    """
    return evaluate_all((expression,), scope, limit=limit)[0]


def evaluate_condition(expression: Expression, scope: Scope, *, limit: Limit = LIMIT) -> bool:
    """The value of an `if`, `when` or `while`; raises as `evaluate` does, and for what is not a boolean."""
    value = evaluate(expression, scope, limit=limit)
    if isinstance(value, bool):
        return value
    raise ExpressionFailed(expression.pointer, *not_a_condition(expression.source, [value]))


def evaluate_all(expressions: Sequence[Expression], scope: Scope, *, limit: Limit = LIMIT) -> list[Any]:
    """The values of several expressions in one round trip, if any; raises as `evaluate` does.

    Args:
        expressions: at least one.
        scope: what they see.
        limit: how long all of them may take.
    """
    found = [_value_there(expression, scope) for expression in expressions]
    if not any(value is _UNKNOWN for value in found):
        return found
    variables = tuple(sorted(frozenset[str]().union(*(expression.variables for expression in expressions))))
    program = batch_program(
        tuple((expression.source, expression.computes) for expression in expressions), variables
    )
    values = _values(expressions, variables, scope)
    try:
        reply = run_program(program, values, len(expressions), limit)
    except HelperStopped as stopped:
        culprit = expressions[min(stopped.outputs, len(expressions) - 1)]
        raise ExpressionLimitExceeded(culprit.pointer, stopped.which, limit.processor) from None
    results = [_result(*pair) for pair in zip(expressions, reply.outputs, strict=False)]
    if len(results) < len(expressions):
        raise _failure(expressions, reply, limit)
    return results


def _value_there(expression: Expression, scope: Scope) -> Any:
    """The value that an expression is nothing but; `_UNKNOWN` where it is more, or fails as only jq can say."""
    reading = expression.whole
    if reading is None:
        return _UNKNOWN
    value = scope.dot if reading.variable is None else scope.variables.get(reading.variable, _UNKNOWN)
    for key in reading.keys:
        if is_object(value):
            value = value.get(key)
        elif value is not None:
            return _UNKNOWN
    return value if _is_usable(value) else _UNKNOWN


def _is_usable(value: Any) -> bool:
    if value is None or isinstance(value, bool | int):
        return True
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False)
        check_depth(value, text)
    except (RecursionError, TypeError, ValueError):
        return False
    return text.isascii() or not _HALF_PAIR.search(text)


def _values(expressions: Sequence[Expression], variables: Sequence[str], scope: Scope) -> bytes:
    """The input of the program (see `jq_program`): of all values only what is mentioned."""
    document: dict[str, Any] = {}
    if any(expression.reads_dot for expression in expressions):
        document["d"] = scope.dot
    if variables:
        document["v"] = {name: _mentioned(name, expressions, scope) for name in variables}
    try:
        text = json.dumps(document, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    except (RecursionError, TypeError, ValueError):
        message = "a value it reads is not JSON: not finite, nested too deeply, or of another type"
        raise ExpressionFailed(expressions[0].pointer, message) from None
    # Half a surrogate pair is legal in JSON, where servers cut texts, and nowhere else.
    return _HALF_PAIR.sub("\ufffd", text).encode() if not text.isascii() else text.encode()


def _mentioned(name: str, expressions: Sequence[Expression], scope: Scope) -> Any:
    reader = next(expression for expression in expressions if name in expression.variables)
    if name not in scope.variables:
        known = ", ".join(f"`${other}`" for other in sorted(scope.variables))
        raise ExpressionFailed(
            reader.pointer, f"unknown variable `${name}`", f"there are {known}" if known else None
        )
    value = scope.variables[name]
    if name not in _PRUNED or not is_object(value):
        return value
    keys = [key for expression in expressions for key in expression.keys_of(name)]
    if None in keys:
        return value
    return {key: value[key] for key in keys if key in value}


def _result(expression: Expression, output: str) -> Any:
    """The value behind an output of the program (see `jq_program.batch_program`)."""
    pointer = expression.pointer
    kind, text = output[0], output[1:]
    try:
        if kind == "=":
            value = _DECODER.decode(text)
            check_depth(value, text)
            return value
        raised = _DECODER.decode(text) if kind == "!" else None
    except (RecursionError, ValueError):
        message = "the result is not what JSON can hold: a number too large, or nested too deeply"
        raise ExpressionFailed(pointer, message) from None
    if kind == "!":
        message = raised if isinstance(raised, str) else f"error({_json(raised)})"
        raise ExpressionFailed(pointer, in_one_line(message), hint_for_failure(message))
    if kind == "i":
        raise ExpressionFailed(
            pointer, "the result holds a number that is not finite", "check what is divided or parsed"
        )
    if kind == "0":
        raise ExpressionFailed(pointer, "the expression yields nothing", "give a default: `(…) // null`")
    hint = "collect them in a list: `[…]`, or take one: `first(…)`"
    raise ExpressionFailed(pointer, "the expression yields several outputs", hint)


def _failure(expressions: Sequence[Expression], reply: Reply, limit: Limit) -> ExpressionFailed:
    """Why a program gave fewer outputs than it has expressions."""
    culprit = expressions[len(reply.outputs)]
    if reply.kind == b"C":
        for expression in expressions:
            fault = fault_of(expression, limit)
            if fault is not None:
                return ExpressionFailed(expression.pointer, fault.message, fault.hint)
    if reply.kind == b"L":
        message = f"the result is larger than {helper.MOST_OUTPUT >> 20} MB"
        return ExpressionFailed(culprit.pointer, message, "select what is needed")
    return ExpressionFailed(
        culprit.pointer, f"the expression ends without a result {in_one_line(reply.text)}".rstrip()
    )


_UNKNOWN: Final = object()
_DECODER = json.JSONDecoder(parse_float=finite_number)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
