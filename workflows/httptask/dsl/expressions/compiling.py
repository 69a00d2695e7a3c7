"""Lets jq compile expressions, and turns its complaints into faults with a place and a cure."""

import json
import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Final

from httptask.diagnostics.cutting import in_one_line
from httptask.diagnostics.fault import TextFault
from httptask.diagnostics.suggest import hint_for_misspelt
from httptask.dsl.expressions.errors import ExpressionsBusy
from httptask.dsl.expressions.expression import Expression
from httptask.dsl.expressions.helper_process import HelperStopped, Limit
from httptask.dsl.expressions.jq_program import CHECK_FIRST_LINE, check_program
from httptask.dsl.expressions.pool import run_program
from httptask.dsl.expressions.refusals import REFUSED_FUNCTIONS

__all__ = ["compile_check", "fault_of"]

_CHECK_LIMIT: Final = Limit(processor=5.0, clock=30.0)
_COMPLAINT = re.compile(
    r"jq: error: (?P<message>.*?) at <top-level>, line (?P<line>\d+), column (?P<column>\d+):", re.DOTALL
)
_UNDEFINED = re.compile(r"(?P<name>\$?[\w:*-]+?)(?:/(?P<arity>\d+))? is not defined")
_UNEXPECTED = re.compile(
    r"syntax error, unexpected (?P<found>'.'|[^,]+)(?P<complete>, expecting end of file)?", re.DOTALL
)
_HYPHENATED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:-[A-Za-z0-9_]+)*-$")
_WORD = re.compile(r"\.?[$@]?\w+|\S")


def compile_check(expressions: Sequence[Expression]) -> list[TextFault]:
    """Compile expressions in a helper process, without running them.

    Variables are taken to exist; whether they do at that place is for others to check.

    Raises:
        ExpressionsBusy: no helper process was free.
    """
    found = (_checked(expression) for expression in expressions)
    return [fault for fault in found if fault is not None]


def fault_of(expression: Expression, limit: Limit) -> TextFault | None:
    """What jq has against an expression, which depends on its text alone; None when it compiles.

    Raises:
        ExpressionsBusy: no helper process was free, or it was stopped at a bound before it had an answer.
    """
    try:
        complaint = _complaint(check_program(expression.source, expression.variables), limit)
    except HelperStopped as stopped:
        message = f"compiling the text at {expression.pointer} was stopped at a bound on {stopped.which}"
        raise ExpressionsBusy(message) from None
    return None if complaint is None else _explained(expression, complaint)


def _checked(expression: Expression) -> TextFault | None:
    try:
        complaint = _checked_complaint(check_program(expression.source, expression.variables))
    except HelperStopped as stopped:
        message = f"compiling the expression was stopped at a bound on {stopped.which}"
        return _fault(expression, 0, "expression-too-large", message, "split it over several tasks")
    return None if complaint is None else _explained(expression, complaint)


@lru_cache(maxsize=2_048)
def _checked_complaint(program: bytes) -> str | None:
    """Asked for once, as most expressions of what is edited stay as they are."""
    return _complaint(program, _CHECK_LIMIT)


def _complaint(program: bytes, limit: Limit) -> str | None:
    """What jq has against a program."""
    reply = run_program(program, b"", 0, limit)
    return reply.text if reply.kind == b"C" else None


def _fault(expression: Expression, at: int, code: str, message: str, hint: str | None) -> TextFault:
    return TextFault(expression.pointer, code, message, hint, offset=expression.offset + at)


def _explained(expression: Expression, complaint: str) -> TextFault:
    found = _COMPLAINT.search(complaint)
    if found is None:
        return _fault(expression, 0, "jq-syntax", f"jq: {in_one_line(complaint)}", None)
    at = _index(expression.source, int(found["line"]) - CHECK_FIRST_LINE, int(found["column"]) - 1)
    undefined = _UNDEFINED.match(found["message"])
    if undefined:
        return _undefined(expression, undefined["name"], undefined["arity"], at)
    unexpected = _UNEXPECTED.match(found["message"])
    message, hint = in_one_line(found["message"].partition(" at line ")[0]), None
    if unexpected and unexpected["found"] == "end of file":
        message = "the expression ends too early"
    elif unexpected:
        word = _WORD.search(expression.source, at)
        message = f"`{word.group() if word else unexpected['found']}` does not fit here"
        hint = "put an operator or `|` before it" if unexpected["complete"] else None
    return _fault(expression, at, "jq-syntax", message, hint)


def _index(source: str, line: int, column: int) -> int:
    """Index of a place that jq gives as line and column, which it counts in bytes of UTF-8."""
    lines = source.split("\n")
    if line >= len(lines):
        return len(source)
    before = sum(len(text) + 1 for text in lines[:line])
    return min(before + len(lines[line].encode()[:column].decode(errors="ignore")), len(source))


def _undefined(expression: Expression, name: str, arity: str | None, at: int) -> TextFault:
    if name.startswith("$*label-"):
        label = name.removeprefix("$*label-")
        message = f"`break ${label}` has no `label ${label}` around it"
        return _fault(expression, at, "unknown-label", message, None)
    if arity is None:
        message = f"unknown variable `{name}`"
        return _fault(expression, at, "unknown-variable", message, "bind it: `… as $name | …`")
    functions = _functions()
    arities = sorted(known.partition("/")[2] for known in functions if known.partition("/")[0] == name)
    if arities:
        message = (
            f"`{name}` takes {' or '.join(arities)} argument{'' if arities == ['1'] else 's'}, not {arity}"
        )
        return _fault(expression, at, "wrong-arguments", message, "arguments are separated by `;`")
    hyphenated = _HYPHENATED.search(expression.source, 0, at)
    if hyphenated:
        hint = f'if `{hyphenated.group()}{name}` is one name, quote it: `.["{hyphenated.group()}{name}"]`'
    else:
        hint = (
            hint_for_misspelt(name, sorted({known.partition("/")[0] for known in functions}))
            or f'for text write `"{name}"`, for a field `.{name}`, for the output of a task `$tasks.{name}`'
        )
    return _fault(expression, at, "unknown-function", f"unknown function `{name}`", hint)


@cache
def _functions() -> frozenset[str]:
    """The functions of jq, as `name/arity`."""
    reply = run_program(b"builtins | tojson", b"null", 1, _CHECK_LIMIT)
    return frozenset(json.loads(reply.outputs[0])) - {f"{name}/0" for name in REFUSED_FUNCTIONS}
