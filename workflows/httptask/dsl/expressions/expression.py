"""One expression: jq text, read but not yet compiled."""

from dataclasses import dataclass

from httptask.diagnostics.fault import Fault
from httptask.dsl.expressions.analysis import analyse
from httptask.dsl.expressions.lexer import Lexed, Problem, lex
from httptask.dsl.expressions.paths import Reading

__all__ = ["Expression", "is_whole_expression", "parse_expression", "read_expression", "to_fault"]


@dataclass(frozen=True, slots=True)
class Expression:
    """One jq program.

    Attributes:
        source: its text without `${ }`; comments are blanked out, so that offsets stay.
        pointer: JSON Pointer of the string it stands in.
        offset: index of `source` in that string, in code points.
        variables: names, without `$`, of the variables it reads and does not bind itself.
        readings: each mention of such a variable, and each path that certainly starts at the expression's
            input, with what is written out behind it.
        reads_dot: whether it may read its input.
        computes: whether it calls a function or calculates; otherwise it only picks what it is given.
        tested: keys that it asks for whether they are there.
    """

    source: str
    pointer: str
    offset: int
    variables: frozenset[str]
    readings: tuple[Reading, ...]
    reads_dot: bool
    computes: bool
    tested: frozenset[str] = frozenset()

    def keys_of(self, variable: str) -> list[str | None]:
        """The first key of each mention of a variable; None where more of it may be read."""
        return [
            reading.path[0] if reading.path else None
            for reading in self.readings
            if reading.variable == variable
        ]


def parse_expression(
    text: str, pointer: str, faults: list[Fault], *, condition: bool = False
) -> Expression | None:
    """Parse a field that is one whole expression (`if`, `when`, `while`, `in`, `from`, `as`).

    Args:
        text: the field; `${ }` around it may be left out (dsl.md, Runtime Expressions, loose mode).
        pointer: JSON Pointer of the field.
        faults: takes what is wrong.
        condition: whether the field needs true or false.

    Returns:
        The expression, None when it has faults.
    """
    start = len(text) - len(text.lstrip())
    braced = text.startswith("${", start)
    lexed = lex(text, start + 2 if braced else 0, braced=braced)
    expression, problems = read_expression(text, lexed, pointer, condition=condition)
    rest = text[lexed.end :].lstrip()
    if braced and rest and lexed.problem is None:
        hint = "put all of it inside one `${ }`, or leave `${ }` out"
        at = len(text) - len(rest)
        problems = [
            Problem("text-around-expression", "this field is one expression; text stands around it", hint, at)
        ]
    if not problems:
        return expression
    faults += [to_fault(problem, pointer) for problem in problems]
    return None


def is_whole_expression(text: str) -> bool:
    """Whether a text is one `${ … }` with nothing around it but space."""
    text = text.strip()
    return text.startswith("${") and lex(text, 2, braced=True).end == len(text)


def read_expression(
    text: str, lexed: Lexed, pointer: str, *, condition: bool = False
) -> tuple[Expression | None, list[Problem]]:
    """Make an expression of its tokens; without one there is at least one problem."""
    if lexed.problem is not None:
        return None, [lexed.problem]
    if not lexed.tokens:
        at = max(lexed.end - 1, 0)
        return None, [
            Problem("empty-expression", "the expression is empty", "write `.` for the whole input", at)
        ]
    mentions, problems = analyse(text, lexed.tokens, condition=condition)
    start, end = lexed.tokens[0].start, lexed.tokens[-1].end
    expression = Expression(
        source=_without_comments(text, start, end, lexed.comments),
        pointer=pointer,
        offset=start,
        variables=frozenset(
            reading.variable for reading in mentions.readings if reading.variable is not None
        ),
        readings=mentions.readings,
        reads_dot=mentions.reads_dot,
        computes=mentions.computes,
        tested=mentions.tested,
    )
    return expression, problems


def to_fault(problem: Problem, pointer: str) -> Fault:
    """Give a problem its place in the definition."""
    return Fault(pointer, problem.code, problem.message, problem.hint, offset=problem.offset)


def _without_comments(text: str, start: int, end: int, comments: list[tuple[int, int]]) -> str:
    """Blank out comments: one at the end would swallow what is put behind the expression."""
    pieces: list[str] = []
    for begin, finish in comments:
        if start <= begin < end:
            pieces += [text[start:begin], " " * (finish - begin)]
            start = finish
    return "".join([*pieces, text[start:end]])
