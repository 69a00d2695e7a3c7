import pytest

from httptask.dsl.expressions.lexer import lex


@pytest.mark.parametrize(
    "inside",
    [
        " .a ",
        " {a: {b: 1}} ",
        ' "}" ',
        r' "\"}" ',
        r' "\\" ',
        r' "a \(.b) }" ',
        r' "a \({x: "}"} | .x) }" ',
        r' "1 \("2 \("3 }" + "}") }") }" ',
        ' {"}": "{"} ',
        " .a # } not here\n ",
        " .a # \\\n } still a comment\n ",
        " .a # \\\\\n",
        " .a # \\\r\n } still\r\n ",
        ' @json "\\({a: 1})" ',
        ' "# }" ',
        " ",
        "",
    ],
)
def test_finds_the_brace_that_ends_an_expression(inside: str) -> None:
    text = f"before ${{{inside}}} after }}"
    lexed = lex(text, len("before ${"), braced=True)
    assert lexed.fault is None
    assert text[lexed.end :] == " after }"


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        (".a.b", "field field"),
        (".a . b", "field operator name"),
        ('."a"', "operator string"),
        ("..", "operator"),
        ("1.5e3 .5 1.", "number number number"),
        ("$x $__loc__ $a::b", "variable variable variable"),
        ("if then and", "keyword keyword keyword"),
        ("iffy a::b", "name name"),
        ("@base64 @json", "format format"),
        ("a//b//=c?//d", "name operator name operator name operator name"),
        ("!= == <= |= !", "operator operator operator operator foreign"),
        ("&& || === !== 'x'", "foreign foreign foreign foreign foreign"),
        (r'"a\(1)b"', "open open number close close"),
        ("[1] (2) {}", "open number close open number close open close"),
    ],
)
def test_tokens(text: str, kinds: str) -> None:
    lexed = lex(text, 0, braced=False)
    assert [token.kind for token in lexed.tokens] == kinds.split()
    assert all(token.text == text[token.start : token.end] for token in lexed.tokens)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 20_000,
        "[(" * 10_000,
        '"\\(' * 10_000,
        "([)]" * 10_000,
        "(" * 20_000 + "]" * 20_000,
        "#\\" * 10_000,
        '"' * 19_999,
    ],
)
def test_hostile_nesting_ends_soon(text: str) -> None:
    lexed = lex(text, 0, braced=False)
    assert lexed.end == len(text)
