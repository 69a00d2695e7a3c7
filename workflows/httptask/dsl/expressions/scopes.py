"""Where the parts of an expression begin and end, and which names it binds itself."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from httptask.dsl.expressions.lexer import Token

__all__ = ["Header", "Pattern", "Scope", "read_header", "read_pattern"]


@dataclass(slots=True)
class Scope:
    """A bracket, an `if` or a `def` that reading is inside of.

    Attributes:
        kind: text of the opening token; "" for the whole expression.
        dot: whether `.` is still the expression's input here.
        bound: variables that the expression itself has bound here.
        call: whether it holds the arguments of a function, which sees another `.`.
        fold: whether it holds the arguments of `reduce` or `foreach`: only the first sees `.`.
        folds: `reduce` and `foreach` whose `as` has not come yet.
        key: whether a key comes next, in an object.
        question: offset of the last `?`, for it may be meant as the operator of other languages.
        readings: how many readings there were before it.
    """

    kind: str
    dot: bool = True
    bound: frozenset[str] = frozenset()
    call: bool = False
    fold: bool = False
    folds: int = 0
    key: bool = False
    question: int | None = None
    readings: int = 0
    _at_start: tuple[bool, frozenset[str]] = field(init=False)

    def __post_init__(self) -> None:
        self._at_start = (self.dot, self.bound)

    def restart(self) -> None:
        """Begin an operand of its own: behind `then`, `;`, or the comma of an object."""
        self.dot, self.bound = self._at_start
        self.question = None


class Pattern(NamedTuple):
    """A destructuring pattern.

    Attributes:
        end: index of the token behind it: `|`, or the `(` of a `reduce`.
        variables: indices of the tokens that bind a variable.
        alternatives: indices of its `?//`.
    """

    end: int
    variables: frozenset[int]
    alternatives: frozenset[int]


class Header(NamedTuple):
    """The header of a `def`.

    Attributes:
        end: index of the token behind its `:`.
        variables: names of the parameters that are variables.
    """

    end: int
    name: str
    variables: frozenset[str]


def read_pattern(tokens: Sequence[Token], start: int) -> Pattern:
    """Read the pattern behind an `as`: `$x`, `[$a, {b: $c}]`, `$x ?// [$x]`.

    Expressions in it (`{(.key): $x}`) are no part of the pattern: what they mention, they read.
    """
    end = _operand_end(tokens, start)
    alternatives: set[int] = set()
    while end < len(tokens) and tokens[end].text == "?//":
        alternatives.add(end)
        end = _operand_end(tokens, end + 1)
    variables: set[int] = set()
    expressions = 0
    for at in range(start, end):
        token = tokens[at]
        if token.text in ("(", "\\("):
            expressions += 1
        elif token.text == ")":
            expressions -= 1
        elif token.kind == "variable" and not expressions:
            variables.add(at)
    return Pattern(end, frozenset(variables), frozenset(alternatives))


def read_header(tokens: Sequence[Token], start: int) -> Header:
    """Read the header behind a `def`: `name:` or `name($a; f):`."""
    end = start + 1
    if tokens[end : end + 1] and tokens[end].text == "(":
        end = _operand_end(tokens, end)
    header = tokens[start:end]
    variables = frozenset(token.text[1:] for token in header if token.kind == "variable")
    return Header(end + 1, header[0].text if header else "", variables)


def _operand_end(tokens: Sequence[Token], start: int) -> int:
    """Index behind one token, or behind a bracket and all it holds."""
    depth = 0
    for at in range(start, len(tokens)):
        if tokens[at].kind == "open":
            depth += 1
        elif tokens[at].kind == "close":
            depth -= 1
        if depth <= 0:
            return at + 1
    return len(tokens)
