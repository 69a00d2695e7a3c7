"""YAML syntax errors in words of ours, and expressions that YAML misreads for want of quotes."""

import re
from dataclasses import dataclass
from typing import Any, Final

from httptask.dsl.yaml.tokens import YamlSyntaxError

__all__ = [
    "CommentInExpression",
    "UnquotedExpression",
    "comment_in_expression",
    "explain",
    "explain_unquoted",
    "find_unquoted_expression",
    "quoted",
]

_TABLE: Final = (
    (
        r"character '\\t'",
        "a tab indents this line; YAML allows spaces only",
        "replace the tab with spaces",
    ),
    (
        r"character '(?P<what>[@`%|>&*!])' that cannot start|(found undefined|expected alphabetic)",
        "unquoted text can't begin with this character",
        'put the text in quotes: "..."',
    ),
    (
        r"mapping values are not allowed",
        "`: ` makes a key, and no key can begin here",
        "quote text that holds `: `, or put the key on a line of its own, indented like its neighbours",
    ),
    (
        r"unexpected end of stream|unexpected document separator",
        "the quote that opens here is never closed",
        "close the quote, or write longer text as a block: `|` and indented lines below",
    ),
    (
        r"expected <block end>, but found '<scalar>'",
        "text stands behind a value that is already complete",
        "put the whole text into one pair of quotes, or write it as a block: `|` and indented lines below",
    ),
    (
        r"expected <block end>",
        "this line's indentation fits nothing above it",
        "indent it like its neighbours; items of one list begin with `- ` in the same column",
    ),
    (
        r"expected ',' or '(?P<what>[\]}])'",
        "expected `,` or the closing `<what>` here",
        "separate items with `,`, close with `<what>`, and quote text that holds any of `[]{},`",
    ),
    (
        r"could not find expected ':'",
        "this line is neither a key with `: ` nor part of the value above",
        "write `key: value`, or indent the line deeper than its key",
    ),
    (
        r"expected the node content, but found '<stream end>'",
        "the text ends inside brackets",
        "close what `[` or `{` opened",
    ),
    (
        r"character (?P<what>U\+\w+) is not allowed",
        "YAML allows no control characters such as <what>",
        'remove the character, or escape it in a double-quoted text: "\\u0007"',
    ),
    (
        r"chomping or indentation indicators",
        "behind `|` and `>` stand only `+`, `-`, a digit, and a comment after a space",
        "begin the text on the next line, indented",
    ),
    (
        r"incompatible YAML document",
        "this is a version of YAML that nobody knows here",
        "remove the line, or write `%YAML 1.2`",
    ),
    (
        r"unknown escape|escape sequence",
        "unknown escape in a double-quoted text",
        r"write `\\` for a backslash, or use single quotes, which know no escapes",
    ),
)
_JQ_STRING: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"')


@dataclass(frozen=True, slots=True)
class UnquotedExpression:
    """An expression in unquoted text that YAML takes for its own syntax; `text` spans `[start, end)`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class CommentInExpression:
    """An expression that YAML's comment cuts off; `neutral` stands for it in what follows."""

    code: str
    message: str
    hint: str
    neutral: str = "${ null }"


def explain(error: YamlSyntaxError) -> tuple[str, str]:
    """Message and hint: what a parser's error means for who wrote the text."""
    for pattern, message, hint in _TABLE:
        if found := re.search(pattern, error.problem):
            what = found.groupdict().get("what") or ""
            return message.replace("<what>", what), hint.replace("<what>", what)
    return (
        f"this is not valid YAML: {error.problem}",
        "check indentation, quotes and brackets around this place",
    )


def find_unquoted_expression(text: str, index: int) -> UnquotedExpression | None:
    """The `${ ... }` around the place of a syntax error, if there is one on its line."""
    line_start = text.rfind("\n", 0, index) + 1
    start = text.rfind("${", line_start, index + 1)
    end = None if start < 0 else _closing_brace(text, start + 2)
    if end is None or end <= index:
        return None
    if text.count('"', line_start, start) % 2 == 0:
        return UnquotedExpression(start, end, text[start:end])
    opening = text.rfind('"', line_start, start)
    closing = text.find('"', end)
    if closing < 0 or "\n" in text[end:closing]:
        return None
    return UnquotedExpression(opening, closing + 1, text[opening + 1 : closing])


def explain_unquoted(text: str, found: UnquotedExpression) -> tuple[str, str]:
    """Message and hint for a misread expression."""
    if text[found.start] == '"':
        return "the text's double quotes end at the first quote inside it", f"write {quoted(found.text)}"
    return (
        f"`{found.text}` needs quotes here, for YAML takes its braces, commas and `: ` for YAML's own",
        f"write {quoted(found.text)}",
    )


def comment_in_expression(text: str, end: int, content: Any) -> CommentInExpression | None:
    """The comment that ends unquoted text inside an expression, if one does."""
    comment = re.compile(r"[ \t]+(#[^\n]*)").match(text, end)
    if comment is None or not isinstance(content, str) or content.rfind("${") <= content.rfind("}"):
        return None
    expression = content[content.rfind("${") :]
    return CommentInExpression(
        "comment-in-expression",
        f"YAML takes `{comment[1].rstrip()}` for a comment, so `{expression}` is never closed",
        f"remove the comment: `{expression} }}`",
    )


def _closing_brace(text: str, index: int) -> int | None:
    """Index behind the brace that closes an expression on its line; braces in jq's strings don't count."""
    depth = 1
    while index < len(text) and text[index] != "\n":
        if string := _JQ_STRING.match(text, index):
            index = string.end()
            continue
        depth += {"{": 1, "}": -1}.get(text[index], 0)
        index += 1
        if depth == 0:
            return index
    return None


def quoted(text: str) -> str:
    """Text as YAML reads it back, in the quotes that need the fewest escapes."""
    if '"' in text or "\\" in text:
        doubled = text.replace("'", "''")
        return f"'{doubled}'"
    return f'"{text}"'
