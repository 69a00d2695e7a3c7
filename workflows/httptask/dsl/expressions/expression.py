"""One expression: jq text, read but not yet compiled."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from httptask.diagnostics.fault import Fault, TextFault
from httptask.dsl.expressions.analysis import analyse
from httptask.dsl.expressions.lexer import Lexed, Token, lex
from httptask.dsl.expressions.paths import Reading

__all__ = ["Expression", "is_whole_expression", "parse_expression", "read_expression"]


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
        whole: the one thing that it reads, where it is nothing but that and keys behind it: `.`, `$item.name`.
        tested: keys that it asks for whether they are there.
    """

    source: str
    pointer: str
    offset: int
    variables: frozenset[str]
    readings: tuple[Reading, ...]
    reads_dot: bool
    computes: bool
    whole: Reading | None = None
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
    expression, found = read_expression(text, lexed, pointer, condition=condition)
    rest = text[lexed.end :].lstrip()
    if braced and rest and lexed.fault is None:
        hint = "put all of it inside one `${ }`, or leave `${ }` out"
        at = len(text) - len(rest)
        message = "this field is one expression; text stands around it"
        found = [TextFault(pointer, "text-around-expression", message, hint, offset=at)]
    faults += found
    return None if found else expression


def is_whole_expression(text: str) -> bool:
    """Whether a text is one `${ … }` with nothing around it but space."""
    text = text.strip()
    return text.startswith("${") and lex(text, 2, braced=True).end == len(text)


def read_expression(
    text: str, lexed: Lexed, pointer: str, *, condition: bool = False
) -> tuple[Expression | None, list[Fault]]:
    """Make an expression of its tokens; without one there is at least one fault."""
    if lexed.fault is not None:
        return None, [replace(lexed.fault, pointer=pointer)]
    if not lexed.tokens:
        at = max(lexed.end - 1, 0)
        message, hint = "the expression is empty", "write `.` for the whole input"
        return None, [TextFault(pointer, "empty-expression", message, hint, offset=at)]
    mentions, faults = analyse(text, lexed.tokens, condition=condition)
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
        whole=mentions.readings[0] if _is_one_reading(lexed.tokens) and mentions.readings else None,
        tested=mentions.tested,
    )
    return expression, [replace(fault, pointer=pointer) for fault in faults]


def _is_one_reading(tokens: Sequence[Token]) -> bool:
    first, keys = tokens[0], tokens[1:]
    if first.text == ".":
        return not keys
    return first.kind in ("field", "variable") and all(key.kind == "field" for key in keys)


def _without_comments(text: str, start: int, end: int, comments: list[tuple[int, int]]) -> str:
    """Blank out comments: one at the end would swallow what is put behind the expression."""
    pieces: list[str] = []
    for begin, finish in comments:
        if start <= begin < end:
            pieces += [text[start:begin], " " * (finish - begin)]
            start = finish
    return "".join([*pieces, text[start:end]])
