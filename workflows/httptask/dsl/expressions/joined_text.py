r"""Addresses that one expression joins: `"https://h/\(.id)"` and `"https://h/" + .id` are text with values in it.

The standard's own examples write them so. Read as a template, what is written out is told from what data put into it.
"""

import json
import re
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final

from httptask.dsl.expressions.expression import Expression, is_whole_expression, read_expression
from httptask.dsl.expressions.lexer import Lexed, Token, lex

__all__ = ["SERVER", "text_parts"]

SERVER: Final = re.compile(r"(?:https?://[^/?#]*|(?!https?:)[^/?#]*)[/?#]", re.IGNORECASE)
"""The beginning of an address, up to where its path, query or fragment begins."""

_JOINS: Final = frozenset({"+", ".", "?"})
"""What may stand outside brackets: anything else could make another text of it."""
_MAKES_TEMPLATES: Final = frozenset("{}")

Parts = tuple[str | Expression, ...]


def text_parts(text: str, pointer: str) -> Parts | None:
    """The literals and expressions that a whole expression joins to a text.

    Args:
        text: a field that is one `${ … }`.
        pointer: JSON Pointer of the field.

    Returns:
        At least one part, the first of them literal and naming the server; None where the expression is anything else.
    """
    start = text.find("${") + 2
    lexed = lex(text, start, braced=True)
    if not is_whole_expression(text) or lexed.fault is not None or not lexed.tokens:
        return None
    parts = _joined(text, lexed, lexed.tokens, pointer) or ()
    literals = [part for part in parts if isinstance(part, str)]
    first = next((at for at, part in enumerate(parts) if not isinstance(part, str)), len(parts))
    if not SERVER.match("".join(literals[:first])):
        return None
    if any(_MAKES_TEMPLATES.intersection(literal) for literal in literals):
        return None
    return tuple(part for part in parts if part != "")


def _joined(text: str, lexed: Lexed, tokens: Sequence[Token], pointer: str) -> Parts | None:
    """The parts of all operands of `+`, also of those in parentheses that hold literals."""
    parts: list[str | Expression] = []
    for term in _terms(tokens):
        inner = term[1:-1] if _is_in_parentheses(term) else ()
        found = _joined(text, lexed, inner, pointer) if inner else None
        if found is None or not any(isinstance(part, str) for part in found):
            found = _term_parts(text, lexed, term, pointer)
        if found is None:
            return None
        parts += found
    return tuple(parts)


def _is_in_parentheses(term: Sequence[Token]) -> bool:
    depths = accumulate({"open": 1, "close": -1}.get(token.kind, 0) for token in term)
    return (
        len(term) > 2
        and term[0].text == "("
        and next(at for at, depth in enumerate(depths, 1) if not depth) == len(term)
    )


def _terms(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """The operands of `+`; an empty one where something else stands between them."""
    depth, begun = 0, 0
    for at, token in enumerate(tokens):
        depth += {"open": 1, "close": -1}.get(token.kind, 0)
        if depth or token.kind not in ("operator", "keyword", "foreign"):
            continue
        if token.text not in _JOINS or token.kind != "operator":
            yield ()
            return
        if token.text == "+":
            yield tokens[begun:at]
            begun = at + 1
    yield tokens[begun:]


def _term_parts(text: str, lexed: Lexed, term: Sequence[Token], pointer: str) -> Parts | None:
    if len(term) > 1 and term[0].text == "@uri" and term[1].text == '"':
        term = term[1:]  # what is put in is percent-encoded anyway
    if not term:
        return None
    if len(term) == 1 and term[0].kind == "string":
        return (_unescaped(term[0].text[1:-1]),)
    if term[0].text == '"' and term[-1].text == '"':
        return tuple(_interpolated(text, lexed, term, pointer))
    expression, faults = read_expression(text, lexed._replace(tokens=list(term)), pointer)
    return None if expression is None or faults else (expression,)


def _interpolated(text: str, lexed: Lexed, term: Sequence[Token], pointer: str) -> Iterator[str | Expression]:
    """The parts of a string with interpolations, between its quotes."""
    depth, opened, literal_from = 0, 0, term[0].end
    for at, token in enumerate(term[1:], start=1):
        if token.kind == "open":
            depth += 1
            if depth == 1:
                opened = at
                yield _unescaped(text[literal_from : token.start])
        elif token.kind == "close" and depth:
            depth -= 1
            if depth == 0:
                inner = lexed._replace(tokens=list(term[opened + 1 : at]))
                expression, _ = read_expression(text, inner, pointer)
                if expression is not None:
                    yield expression
                literal_from = token.end
    yield _unescaped(text[literal_from : term[-1].start])


def _unescaped(literal: str) -> str:
    text: str = json.loads(f'"{literal}"', strict=False)
    return text
