"""How an expression ends without a result.

    Exception
    +-- ExpressionFailed          the expression's own doing; the same values fail again
    +-- ExpressionLimitExceeded   it met a bound on time or memory; another run may not
    +-- RuntimeError
        +-- ExpressionsBusy       the machine has too much to do; says nothing about the expression

What is wrong with the text of an expression is a `Fault`, found before anything runs.
"""

from typing import Literal

__all__ = ["Bound", "ExpressionFailed", "ExpressionLimitExceeded", "ExpressionsBusy"]

Bound = Literal["time", "memory"]


class ExpressionFailed(Exception):
    """An expression has no usable result: wrong types, no or several outputs, a null in a text.

    Attributes:
        pointer: JSON Pointer of the expression in the definition.
        message: what went wrong.
        hint: what to write instead.
    """

    def __init__(self, pointer: str, message: str, hint: str | None = None) -> None:
        super().__init__(_at(pointer, message) + (f" ({hint})" if hint else ""))
        self.pointer = pointer
        self.message = message
        self.hint = hint


class ExpressionLimitExceeded(Exception):
    """An expression was stopped at a bound. Not deterministic: record it before acting on it.

    Attributes:
        pointer: JSON Pointer of the expression in the definition.
        which: the bound.
        seconds: the processor time that the expression and those evaluated with it were given.
    """

    def __init__(self, pointer: str, which: Bound, seconds: float) -> None:
        bound = f"its limit of {seconds:g} s of processor time" if which == "time" else "its memory limit"
        super().__init__(_at(pointer, f"the expression was stopped at {bound}"))
        self.pointer = pointer
        self.which: Bound = which
        self.seconds = seconds


class ExpressionsBusy(RuntimeError):
    """No helper process could do the work in time, for reasons of the machine; try again later."""


def _at(pointer: str, message: str) -> str:
    """A message with its place, where the expression has one."""
    return f"{pointer}: {message}" if pointer else message
