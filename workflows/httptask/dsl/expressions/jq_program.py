"""The jq programs that are run: one for all expressions of a batch, one to check a single expression.

A program reads its input as `{"d": value of ".", "v": {variable: value}}`, so that values are data and a
program depends only on the expressions: it is compiled once, however often it runs.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from httptask.dsl.expressions.refusals import REFUSED_FUNCTIONS

__all__ = ["CHECK_FIRST_LINE", "batch_program", "check_program"]

CHECK_FIRST_LINE: Final = 2
"""The line of a check program on which the expression begins."""

_ARITIES: Final = {"debug": ("", "(f)"), "halt_error": ("", "(f)"), "strflocaltime": ("(f)",)}
_KEYWORDS: Final = frozenset({"import", "include"})
_SHADOWS: Final = "".join(
    f'def {name}{parameters}: error("{name} is not available"); '
    for name in REFUSED_FUNCTIONS
    if name not in _KEYWORDS
    for parameters in _ARITIES.get(name, ("",))
)
"""A second net behind the analysis, which refuses these names when a definition is loaded."""

_OUTPUT: Final = (
    "def __output(f; finite): try ([limit(2; f)] | if length != 1 then length else .[0] | tojson as $json "
    '| if finite then "=" + $json else "infinite" end end | tostring) catch ("!" + tojson); '
    # What isn't finite prints as null or as the largest number; only then is it worth a closer look.
    'def __finite: tojson as $json | ($json | contains("null") or contains("e+308") | not) '
    "or ($json | fromjson) == .; "
)


@lru_cache(maxsize=4096)
def batch_program(expressions: Sequence[tuple[str, bool]], variables: Sequence[str]) -> bytes:
    r"""A program whose n-th output is a text that tells what came of the n-th expression.

    `=JSON` is its value, `!JSON` the error it raised, `infinite` a value that JSON can't hold, a number how
    many outputs it had instead of one (2 stands for more as well).

    Args:
        expressions: the source of each, and whether it computes, so that its result may not be finite.
        variables: names of the variables they read, without `$`.
    """
    outputs = ",".join(
        f"__output(\n{source}\n; {'__finite' if computes else 'true'})" for source, computes in expressions
    )
    return f"{_binding(variables)} | {_SHADOWS}{_OUTPUT}{{}} as $ENV | {outputs}".encode()


def check_program(source: str, variables: Iterable[str]) -> bytes:
    """A program that compiles exactly when the expression does; the expression has lines of its own."""
    return f"{_binding(sorted(variables))} |\n{source}\n".encode()


def _binding(variables: Iterable[str]) -> str:
    names = ",".join(f"${name}" for name in variables)
    return f". as {{v: {{{names}}}}} | .d" if names else ".d"
