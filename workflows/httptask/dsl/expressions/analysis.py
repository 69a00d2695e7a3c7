"""Reads an expression's tokens: what it mentions, and what is wrong with it that jq would not say well.

This is no parser. It follows scopes exactly enough to know which variables come from outside and where `.` is
still the expression's input; the grammar itself is left to jq.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from httptask.diagnostics.fault import TextFault
from httptask.dsl.expressions.lexer import Token
from httptask.dsl.expressions.paths import (
    ASSIGNMENTS,
    Path,
    Reading,
    follow_pipes,
    is_tested,
    key_of_has,
    static_path,
    string_value,
)
from httptask.dsl.expressions.refusals import FOREIGN, REFUSED_FUNCTIONS, REFUSED_VARIABLES
from httptask.dsl.expressions.scopes import Scope, read_header, read_pattern

__all__ = ["Mentions", "analyse"]

_CONSTANTS: Final = frozenset({"empty", "false", "null", "true"})
_ARITHMETIC: Final = "+-*/%"
_MOST_FAULTS: Final = 8
_BARE_WORD = re.compile(r"[A-Z][A-Z0-9_]+")
_HYPHENATED = re.compile(r"\$tasks\.([A-Za-z0-9_]+(?:-[A-Za-z0-9_]+)*-[A-Za-z_][A-Za-z0-9_-]*)(?![\w(-])")


class Mentions(NamedTuple):
    """What an expression reads.

    Attributes:
        readings: each mention of a variable from outside, and each path that certainly starts at the
            expression's input.
        reads_dot: whether it may read its input at all.
        computes: whether it calls a function or calculates; otherwise it only picks what it is given.
        tested: keys that it asks for whether they are there.
    """

    readings: tuple[Reading, ...]
    reads_dot: bool
    computes: bool
    tested: frozenset[str]


def analyse(text: str, tokens: Sequence[Token], *, condition: bool) -> tuple[Mentions, list[TextFault]]:
    """Find what an expression mentions and what is wrong with it.

    Args:
        text: the text that the tokens were read from.
        tokens: the expression.
        condition: whether it must yield true or false.
    """
    analysis = _Analysis(text, tokens)
    analysis.run()
    several = analysis.comma if analysis.iteration is None else analysis.iteration
    if several is not None and not analysis.labels:
        hint = "collect them in a list: `[…]`, or take one: `first(…)`"
        analysis.report("several-outputs", "the expression yields several outputs", hint, several)
    if condition and analysis.assignment is not None:
        message = "`=` assigns; a condition needs true or false"
        analysis.report("assignment-in-condition", message, "write `==` to compare", analysis.assignment)
    mentions = Mentions(
        tuple(analysis.readings), analysis.reads_dot, analysis.computes, frozenset(analysis.tested)
    )
    return mentions, analysis.faults


class _Analysis:
    def __init__(self, text: str, tokens: Sequence[Token]) -> None:
        self.text = text
        self.tokens = tokens
        self.scopes = [Scope("")]
        self.faults: list[TextFault] = []
        self.readings: list[Reading] = []
        self.reads_dot = False
        self.computes = False
        self.tested: set[str] = set()
        self.comma: int | None = None
        """Offset of a `,` between two outputs of the whole expression."""
        self.iteration: int | None = None
        """Offset of a `[]` that the whole expression ends with, but for keys."""
        self.assignment: int | None = None
        """Offset of a `=` whose result is the whole expression's."""
        self.assignment_depth = 0
        self.labels = False
        """Whether the expression cuts its own outputs short with `break`."""
        self.defined: set[str] = set()
        self.done: set[int] = set()
        """Indices of tokens that were read ahead of their turn."""
        self.binders: dict[int, frozenset[str]] = {}
        """Indices of the `|` or `(` behind a pattern, where its variables come into force."""

    @property
    def scope(self) -> Scope:
        return self.scopes[-1]

    def run(self) -> None:
        for at, token in enumerate(self.tokens):
            if len(self.faults) >= _MOST_FAULTS:
                return
            if at in self.done or (self.scope.key and self.key(at, token)):
                continue
            match token.kind:
                case "open":
                    self.open(at, token)
                case "close":
                    self.close(at)
                case "operator":
                    self.operator(at, token)
                case "keyword":
                    self.keyword(at, token)
                case "variable":
                    self.variable(at, token)
                case "name":
                    self.name(at, token)
                case "field" if not self.is_postfix(at):
                    self.read_dot(at)
                case "format" if self.text_at(at + 1)[:1] != '"':
                    self.reads_dot |= self.scope.dot
                case "foreign":
                    self.foreign(token)
                case _:
                    pass

    def report(self, code: str, message: str, hint: str | None, offset: int) -> None:
        self.faults.append(TextFault("", code, message, hint, offset=offset))

    def text_at(self, at: int) -> str:
        return self.tokens[at].text if 0 <= at < len(self.tokens) else ""

    def foreign(self, token: Token) -> None:
        quoted = token.text.strip("'")
        hint = FOREIGN.get(token.text, f'write `"{quoted}"`: strings of jq stand in double quotes')
        self.report("not-jq", f"`{token.text}` is not jq", hint, token.start)

    def is_postfix(self, at: int) -> bool:
        """Whether the token continues the term before it rather than beginning one."""
        if at == 0:
            return False
        before = self.tokens[at - 1]
        if before.kind in ("operator", "keyword"):
            return before.text in (".", "..", "?", "end")
        return before.kind not in ("open", "foreign")

    def read_dot(self, at: int) -> None:
        """Note that `.` is read, and the path behind it."""
        if not self.scope.dot:
            return
        self.reads_dot = True
        path, end = static_path(self.tokens, at)
        if path or self.text_at(at) == ".":
            self.read(None, at, path, end if path else at + 1)

    def read(self, variable: str | None, at: int, path: Path, end: int) -> None:
        """Note what is read at a token and by what its value is piped into."""
        piped, behind = ((), end) if "map" in self.defined else follow_pipes(self.tokens, at, end)
        tested = is_tested(self.tokens, at, behind)
        reading = Reading(variable, path, piped, self.tokens[at].start, tested)
        if tested:
            self.tested.update(reading.keys)
        self.readings.append(reading.assigned() if self.text_at(behind) in ASSIGNMENTS else reading)

    def key(self, at: int, token: Token) -> bool:
        """Read a token where an object's key may stand; true when it was one."""
        shorthand = self.text_at(at + 1) in (",", "}")
        if token.kind in ("name", "keyword", "string"):
            if shorthand and self.scope.dot:
                self.reads_dot = True
                name = string_value(token.text) if token.kind == "string" else token.text
                self.readings.append(Reading(None, (name,), (), token.start))
            return True
        if token.kind == "field":
            message = f"`{{ {token.text} }}` is no object: its key is missing"
            hint = "name the key: `{ key: .value }`; an expression stands in single braces: `${ .value }`"
            self.report("key-missing", message, hint, token.start)
            return True
        self.reads_dot |= self.scope.dot and token.text == '"'
        return False

    def open(self, at: int, token: Token) -> None:
        outer = self.scope
        bound = outer.bound | self.binders.get(at, frozenset())
        scope = Scope(token.text, outer.dot, bound, readings=len(self.readings))
        if token.text == "(":
            scope.fold = at in self.binders
            scope.call = not scope.fold and at > 0 and self.tokens[at - 1].kind == "name"
            scope.dot = scope.dot and not scope.call
        elif (
            token.text == "["
            and self.text_at(at + 1) == "]"
            and self.is_postfix(at)
            and len(self.scopes) == 1
        ):
            self.iteration = token.start
        scope.key = token.text == "{" and self.text_at(at - 1) != "$"
        self.scopes.append(scope)

    def close(self, at: int) -> None:
        while len(self.scopes) > 1 and self.scope.kind in ("if", "def"):
            self.scopes.pop()
        if len(self.scopes) > 1:
            closed = self.scopes.pop()
            inside = self.readings[closed.readings :] if closed.kind == "(" else []
            if inside and self.text_at(at + 1) in ASSIGNMENTS:
                self.readings[closed.readings :] = [reading.assigned() for reading in inside]
            elif is_tested(self.tokens, at + 1, at + 1):
                self.tested.update(key for reading in inside for key in reading.keys)

    def operator(self, at: int, token: Token) -> None:
        scope, text = self.scope, token.text
        if text in (".", ".."):
            if not self.is_postfix(at):
                self.read_dot(at)
            return
        if text == "?":
            scope.question = token.start
            follows = self.tokens[at + 1 : at + 2]
            if follows and (
                follows[0].kind in ("number", "string", "variable") or follows[0].text in ("(", "{")
            ):
                self.ternary(token.start)
            return
        if len(self.scopes) == 1:
            self.iteration = None
        self.computes |= text[0] in _ARITHMETIC and text not in ("//", "//=")
        match text:
            case "|":
                self.pipe(at)
            case ",":
                self.comma_between(token)
            case ";":
                self.semicolon()
            case ":":
                self.colon()
            case "=" if all(
                outer.kind in ("", "(") and not (outer.call or outer.fold) for outer in self.scopes
            ):
                self.assignment, self.assignment_depth = token.start, len(self.scopes)
            case "|=":
                scope.dot = False
                self.reads_dot = True
            case "?//":
                self.report("not-jq", "`?//` stands only between patterns", FOREIGN[text], token.start)
            case "$" if self.text_at(at + 1) == "{":
                hint = "write the inner expression without `${ }`"
                self.report("nested-expression", "`${` stands inside an expression", hint, token.start)
            case _:
                pass

    def pipe(self, at: int) -> None:
        if at in self.binders:
            self.scope.bound |= self.binders[at]
            return
        self.scope.dot = False
        if len(self.scopes) <= self.assignment_depth:
            self.assignment = None

    def comma_between(self, token: Token) -> None:
        if self.scope.kind == "{":
            self.scope.restart()
            self.scope.key = True
        elif len(self.scopes) == 1 and self.comma is None:
            self.comma = token.start

    def semicolon(self) -> None:
        if self.scope.kind == "def":
            self.scopes.pop()
            return
        self.scope.restart()
        if self.scope.fold:
            self.scope.dot = False

    def colon(self) -> None:
        if self.scope.kind == "{" and self.scope.key:
            self.scope.key = False
        elif self.scope.question is not None and self.scope.kind != "[":
            self.ternary(self.scope.question)
            self.scope.question = None

    def ternary(self, offset: int) -> None:
        if not any(fault.offset == offset for fault in self.faults):
            hint = "write `if … then … else … end`"
            self.report("not-jq", "`? :` is not jq", hint, offset)

    def keyword(self, at: int, token: Token) -> None:
        scope = self.scope
        if len(self.scopes) == 1:
            self.iteration = None
        match token.text:
            case "if":
                self.scopes.append(Scope("if", scope.dot, scope.bound))
            case "then" | "elif" | "else" if scope.kind == "if":
                scope.restart()
            case "end" if scope.kind == "if":
                self.scopes.pop()
            case "def":
                header = read_header(self.tokens, at + 1)
                self.defined.add(header.name)
                self.done.update(range(at + 1, header.end))
                self.scopes.append(Scope("def", dot=False, bound=scope.bound | header.variables))
            case "reduce" | "foreach":
                scope.folds += 1
            case "as":
                self.pattern(at + 1)
            case "label":
                self.labels = True
                self.done.add(at + 1)
                self.binders[at + 2] = frozenset()
            case "break":
                self.done.add(at + 1)
            case "catch":
                # The handler's `.` is the error. Where it ends is left open, so `.` may be read behind it.
                scope.dot = False
                self.reads_dot = True
            case "import" | "include":
                self.refuse(token.text, REFUSED_FUNCTIONS[token.text], token)
            case _:
                pass

    def pattern(self, start: int) -> None:
        pattern = read_pattern(self.tokens, start)
        self.done |= pattern.variables | pattern.alternatives
        names = frozenset(self.tokens[at].text[1:] for at in pattern.variables)
        if self.scope.folds:
            self.scope.folds -= 1
        self.binders[pattern.end] = names

    def variable(self, at: int, token: Token) -> None:
        name = token.text[1:]
        if name == "__loc__" or name in self.scope.bound:
            return
        if name in REFUSED_VARIABLES:
            self.refuse(token.text, REFUSED_VARIABLES[name], token)
            return
        if name == "secrets":
            hint = "only `${ $secrets.NAME }`, with nothing else inside, inserts one, and only into a request"
            message = "an expression can't read a secret"
            self.report("secret-in-expression", message, hint, token.start)
            return
        path, end = static_path(self.tokens, at + 1)
        self.read(name, at, path, end)
        if name == "tasks":
            self.task(at, token, path)

    def task(self, at: int, token: Token, path: Path) -> None:
        hyphenated = _HYPHENATED.match(self.text, token.start)
        if not path:
            hint = 'name it: `$tasks.NAME` or `$tasks["NAME"]`, so that outputs nobody reads need not be kept'
            self.report("tasks-dynamic", "`$tasks` stands without the name of a task", hint, token.start)
        elif hyphenated:
            subtracted = hyphenated[1].partition("-")[2]
            message = f"`{hyphenated[0]}` subtracts `{subtracted}` from `$tasks.{path[0]}`"
            self.report("hyphen-in-name", message, f'write `$tasks["{hyphenated[1]}"]`', token.start)
            behind = (i for i in range(at, len(self.tokens)) if self.tokens[i].start >= hyphenated.end())
            self.done.update(range(at + 1, next(behind, len(self.tokens))))

    def name(self, at: int, token: Token) -> None:
        name = token.text
        if name in REFUSED_FUNCTIONS:
            self.refuse(name, REFUSED_FUNCTIONS[name], token)
        elif _BARE_WORD.fullmatch(name) and self.text_at(at + 1) != "(" and name not in self.defined:
            self.bare_word(name, token)
        elif name not in _CONSTANTS:
            self.tested.update(filter(None, [key_of_has(self.tokens, at)]))
            self.computes = True
            self.reads_dot |= self.scope.dot

    def bare_word(self, name: str, token: Token) -> None:
        message = f"`{name}` would be a function of jq; expressions see no environment variables"
        hint = f'declare a secret, or pass the value as workflow input; for a text write `"{name}"`'
        if len(self.tokens) == 1:
            hint += f", for a literal `${{{name}}}` write `$${{{name}}}`"
        self.report("environment-variable", message, hint, token.start)

    def refuse(self, name: str, hint: str, token: Token) -> None:
        self.report("builtin-refused", f"`{name}` is not available in expressions", hint, token.start)
