from collections.abc import Callable

import pytest

from httptask.diagnostics.fault import TextFault
from httptask.dsl.expressions import Expression
from httptask.dsl.expressions.compiling import compile_check

Parse = Callable[[str], Expression]

EARLY = "the expression ends too early"
OPERATOR = "put an operator or `|` before it"
INSTEAD = 'for text write `"xyzzy"`, for a field `.xyzzy`, for the output of a task `$tasks.xyzzy`'
QUOTED = 'if `first-name` is one name, quote it: `.["first-name"]`'
SEMICOLON = "arguments are separated by `;`"


@pytest.mark.parametrize(
    ("text", "code", "offset", "words"),
    [
        (".a |", "jq-syntax", 4, (EARLY, None)),
        ("if . then", "jq-syntax", 9, (EARLY, None)),
        (".a b", "jq-syntax", 3, ("`b` does not fit here", OPERATOR)),
        ('"éé😀" | foo bar', "jq-syntax", 12, ("`bar` does not fit here", OPERATOR)),
        (".a\n  | .b .c d", "jq-syntax", 13, ("`d` does not fit here", OPERATOR)),
        ("{a: 1 2}", "jq-syntax", 6, ("`2` does not fit here", None)),
        ('"\\q"', "jq-syntax", 1, ("Invalid escape", None)),
        ("lenght", "unknown-function", 0, ("unknown function `lenght`", "did you mean `length`?")),
        ("  ${ .a | tojsn }", "unknown-function", 10, ("unknown function `tojsn`", "did you mean `tojson`?")),
        ("xyzzy", "unknown-function", 0, ("unknown function `xyzzy`", INSTEAD)),
        (".first-name", "unknown-function", 7, ("unknown function `name`", QUOTED)),
        ("map", "wrong-arguments", 0, ("`map` takes 1 argument, not 0", SEMICOLON)),
        ("limit(1, 2)", "wrong-arguments", 0, ("`limit` takes 2 arguments, not 1", SEMICOLON)),
        ("break $out", "unknown-label", 0, ("`break $out` has no `label $out` around it", None)),
    ],
)
def test_complaints_are_readable(
    parse: Parse, text: str, code: str, offset: int, words: tuple[str, str | None]
) -> None:
    (fault,) = compile_check([parse(text)])
    assert (fault.code, fault.offset) == (code, offset)
    assert (fault.message, fault.hint) == words


def test_only_faulty_expressions_are_reported(parse: Parse) -> None:
    texts = [".a", "$unknown.x + $tasks.a", "lenght", ". as $x | $x", "[", ".b"]
    faults = compile_check([parse(text) for text in texts if text != "["])
    assert faults == [
        TextFault(
            "/do/0/task/field",
            "unknown-function",
            "unknown function `lenght`",
            "did you mean `length`?",
            offset=0,
        )
    ]


def test_compiling_runs_nothing(parse: Parse) -> None:
    assert compile_check([parse('error("it ran")')]) == []
