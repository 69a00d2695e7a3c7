"""Where in a text of the definition something stands."""

import re

from httptask.dsl.expressions import Expression
from httptask.dsl.program import Program

__all__ = ["offset_in", "text_at"]


def text_at(program: Program, pointer: str) -> str | None:
    """The text at a place of the definition, None when something else stands there."""
    value = program.written(pointer)
    return value if isinstance(value, str) else None


def offset_in(expression: Expression, words: str) -> int:
    """Index of words in the text that holds an expression; of the expression if it spells them otherwise."""
    found = re.search(rf"(?<![\w\])\"]){re.escape(words)}(?!\w)", expression.source)
    return expression.offset + (found.start() if found else 0)
