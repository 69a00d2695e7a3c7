"""Splits jq text into tokens, and finds the `}` that ends an expression inside a text.

Follows the lexer of jq 1.8: a brace in a string, in a comment or inside an interpolation of a string never
ends an expression. What other languages have and jq does not (`&&`, `'x'`) becomes a `foreign` token, so that
it can be explained instead of stopping here.
"""

import re
from typing import Final, Literal, NamedTuple, cast

from httptask.diagnostics.fault import TextFault

__all__ = ["Lexed", "Token", "lex"]

Kind = Literal[
    "close",
    "field",
    "foreign",
    "format",
    "keyword",
    "name",
    "number",
    "open",
    "operator",
    "string",
    "variable",
]

_CLOSER: Final = {"(": ")", "[": "]", "{": "}", "\\(": ")", '"': '"'}
_DEEPEST: Final = 256
"""Brackets inside brackets; nobody writes more, and what is bounded can't be abused."""

_SPACE = re.compile(r"[ \t\r\n]+")
# An odd number of backslashes before the end of a line continues the comment (since jq 1.7.1).
_COMMENT = re.compile(r"#(?:\\\r\n|\\[\s\S]|\\\Z|[^\\\n])*")
_STRING_TEXT = re.compile(r'(?:[^"\\]|\\[^(])*')
_KEYWORD = re.compile(
    "and|as|break|catch|def|elif|else|end|foreach|if|import|include|label|or|reduce|then|try"
)
_IDENTIFIER = r"[A-Za-z_][A-Za-z0-9_]*"
_TOKEN = re.compile(
    rf"""
      (?P<field> \.{_IDENTIFIER} )
    | (?P<number> (?: [0-9]+ (?:\.[0-9]*)? | \.[0-9]+ ) (?: [eE][+-]?[0-9]+ )? )
    | (?P<variable> \${_IDENTIFIER} (?: ::{_IDENTIFIER} )* )
    | (?P<name> {_IDENTIFIER} (?: ::{_IDENTIFIER} )* )
    | (?P<format> @[A-Za-z0-9_]+ )
    | (?P<open> [(\[{{"] )
    | (?P<close> [)\]}}] )
    | (?P<foreign> && | \|\| | === | !== | !(?!=) | '[^'\n]*' )
    | (?P<operator> \?// | //= | // | [|+\-*/%=!<>]= | \.\. | [.?=;,:|+\-*/%<>$] )
    """,
    re.VERBOSE,
)


class Token(NamedTuple):
    r"""One token; `start` and `end` are offsets in the text it was read from.

    A string without interpolation is one `string`; one with is a pair of `"` brackets around `\(` brackets.
    """

    kind: Kind
    text: str
    start: int
    end: int


class Lexed(NamedTuple):
    """One expression as tokens.

    Attributes:
        comments: start and end of each comment.
        end: where reading stopped: just behind the closing brace, or at the end of the text.
        fault: the first thing that is not jq at all; what follows it can't be trusted. Its pointer is empty.
    """

    tokens: list[Token]
    comments: list[tuple[int, int]]
    end: int
    fault: TextFault | None


def lex(text: str, start: int, *, braced: bool) -> Lexed:
    """Read one expression.

    Args:
        text: the text that holds it.
        start: where it begins: behind `${` if `braced`.
        braced: whether a `}` ends the expression; otherwise the end of the text does.
    """
    lexer = _Lexer(text, start, braced=braced)
    lexer.run()
    return Lexed(lexer.tokens, lexer.comments, lexer.at, lexer.fault)


class _Lexer:
    def __init__(self, text: str, start: int, *, braced: bool) -> None:
        self.text = text
        self.start = start
        self.at = start
        self.braced = braced
        self.tokens: list[Token] = []
        self.comments: list[tuple[int, int]] = []
        self.fault: TextFault | None = None
        self.stack: list[Token] = []
        """Open brackets, innermost last; an interpolated string is one too."""

    def run(self) -> None:
        while self.at < len(self.text):
            if self.stack and self.stack[-1].text == '"':
                self.string_text()
            elif self.step():
                return
        self.unfinished()

    def step(self) -> bool:
        """Read one token outside strings; true when it is the brace that ends the expression."""
        if space := _SPACE.match(self.text, self.at):
            self.at = space.end()
            return False
        if comment := _COMMENT.match(self.text, self.at):
            self.comments.append(comment.span())
            self.at = comment.end()
            return False
        found = _TOKEN.match(self.text, self.at)
        if found is None:
            self.unknown(self.text[self.at])
            return False
        kind, text = cast("Kind", found.lastgroup), found.group()
        if kind == "close":
            return self.close(text)
        if text == '"':
            self.string()
        elif kind == "open":
            self.open(text)
        else:
            self.token("keyword" if _KEYWORD.fullmatch(text) else kind, text)
        return False

    def token(self, kind: Kind, text: str) -> None:
        self.tokens.append(Token(kind, text, self.at, self.at + len(text)))
        self.at += len(text)

    def open(self, text: str) -> None:
        if len(self.stack) == _DEEPEST:
            message = f"more than {_DEEPEST} brackets are open at once"
            self.report("too-deep", message, "split the expression over several tasks", self.at)
            self.at = len(self.text)
            return
        self.token("open", text)
        self.stack.append(self.tokens[-1])

    def string(self) -> None:
        """Read a string as one token, or only its opening quote if it has interpolations."""
        end = self.end_of_text(self.at + 1)
        if self.text.startswith('"', end):
            self.token("string", self.text[self.at : end + 1])
        else:
            self.open('"')

    def string_text(self) -> None:
        """Go on inside an interpolated string: to its next interpolation or its end."""
        self.at = self.end_of_text(self.at)
        if self.text.startswith("\\(", self.at):
            self.open("\\(")
        elif self.text.startswith('"', self.at):
            self.stack.pop()
            self.token("close", '"')
        else:
            self.at = len(self.text)

    def end_of_text(self, start: int) -> int:
        found = _STRING_TEXT.match(self.text, start)
        return start if found is None else found.end()

    def close(self, text: str) -> bool:
        opener = self.opener_of(text)
        if opener is None and text == "}" and self.braced:
            if self.stack:
                self.unclosed(self.stack[-1])
            self.at += 1
            return True
        if opener is None:
            self.report("unbalanced-bracket", f"`{text}` closes nothing", "remove it, or open it", self.at)
            self.at += 1
            return False
        if opener < len(self.stack) - 1:
            self.unclosed(self.stack[-1])
        del self.stack[opener:]
        self.token("close", text)
        return False

    def opener_of(self, text: str) -> int | None:
        """Index of the open bracket that this one closes; never one outside the string around us."""
        for at in reversed(range(len(self.stack))):
            if _CLOSER[self.stack[at].text] == text:
                return at
            if self.stack[at].text == "\\(":
                return None
        return None

    def unfinished(self) -> None:
        """Say why the text ended before the expression did."""
        swallowed = next((begin for begin, end in self.comments if "}" in self.text[begin:end]), None)
        if self.braced and swallowed is not None:
            message = "the comment runs to the end of its line and swallows the closing `}`"
            self.report(
                "comment-swallows-brace", message, "remove the comment, or end its line before `}`", swallowed
            )
        elif self.stack:
            self.unclosed(self.stack[-1])
        elif self.braced:
            hint = "add the closing `}`, or write `$${` for a literal `${`"
            self.report("unterminated-expression", "`${` is not closed", hint, self.start - 2)

    def unclosed(self, opener: Token) -> None:
        if opener.text == '"':
            begins = self.text[opener.start : opener.start + 24].splitlines()[0]
            message = f"the string that begins with `{begins}` is not closed"
            self.report("unterminated-string", message, 'add the closing `"`', opener.start)
        else:
            hint = f"add the closing `{_CLOSER[opener.text]}`"
            self.report("unbalanced-bracket", f"`{opener.text}` is not closed", hint, opener.start)

    def unknown(self, character: str) -> None:
        hint = None
        if character in "'`“”‘’":  # noqa: RUF001 - typographic quotes are what we look for
            hint = 'strings of jq stand in straight double quotes: "text"'
        elif not character.isascii():
            hint = 'quote such names: `.["name"]`'
        self.report("unexpected-character", f"`{character}` means nothing in an expression", hint, self.at)
        self.at += 1

    def report(self, code: str, message: str, hint: str | None, offset: int) -> None:
        """Keep the first fault: the others would be its consequences."""
        self.fault = self.fault or TextFault("", code, message, hint, offset=offset)
