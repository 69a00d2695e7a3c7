"""The golden messages: each fault with its code, its offset, what is wrong, and what to write instead."""

import re

import pytest

from httptask.diagnostics.fault import Fault, TextFault
from httptask.dsl.expressions import parse_expression
from httptask.dsl.expressions.refusals import REFUSED_FUNCTIONS

GOLDEN = [
    (
        "${ .x # c }",
        "comment-swallows-brace",
        6,
        "the comment runs to the end of its line and swallows the closing `}`",
        "remove the comment, or end its line before `}`",
    ),
    (".a && .b", "not-jq", 3, "`&&` is not jq", "write `and`"),
    (".a || .b", "not-jq", 3, "`||` is not jq", "write `or`; for a default `//`"),
    (".a === 1", "not-jq", 3, "`===` is not jq", "write `==`, which never converts types"),
    (".a !== 1", "not-jq", 3, "`!==` is not jq", "write `!=`, which never converts types"),
    ("!.x", "not-jq", 0, "`!` is not jq", "write `… | not`"),
    (".a == 'x'", "not-jq", 6, "`'x'` is not jq", 'write `"x"`: strings of jq stand in double quotes'),
    (".a ? 1 : 2", "not-jq", 3, "`? :` is not jq", "write `if … then … else … end`"),
    (".a ? .b : .c", "not-jq", 3, "`? :` is not jq", "write `if … then … else … end`"),
    ('{x: (.a ? "b" : "c")}', "not-jq", 8, "`? :` is not jq", "write `if … then … else … end`"),
    ("{x: .a ? .b : .c}", "not-jq", 7, "`? :` is not jq", "write `if … then … else … end`"),
    (
        ".a ?// 1",
        "not-jq",
        3,
        "`?//` stands only between patterns",
        "for a default put a space between the two: `? //`",
    ),
    (
        "${HOME}",
        "environment-variable",
        2,
        "`HOME` would be a function of jq; expressions see no environment variables",
        (
            "declare a secret, or pass the value as workflow input; "
            'for a text write `"HOME"`, for a literal `${HOME}` write `$${HOME}`'
        ),
    ),
    (
        "[API_KEY]",
        "environment-variable",
        1,
        "`API_KEY` would be a function of jq; expressions see no environment variables",
        'declare a secret, or pass the value as workflow input; for a text write `"API_KEY"`',
    ),
    (
        "${ .x",
        "unterminated-expression",
        0,
        "`${` is not closed",
        "add the closing `}`, or write `$${` for a literal `${`",
    ),
    (
        '${ "abc }',
        "unterminated-string",
        3,
        'the string that begins with `"abc }` is not closed',
        'add the closing `"`',
    ),
    ('${ "a\\(.b }', "unbalanced-bracket", 5, "`\\(` is not closed", "add the closing `)`"),
    ("${ (.a }", "unbalanced-bracket", 3, "`(` is not closed", "add the closing `)`"),
    ("(.a", "unbalanced-bracket", 0, "`(` is not closed", "add the closing `)`"),
    (".a)", "unbalanced-bracket", 2, "`)` closes nothing", "remove it, or open it"),
    (".a]", "unbalanced-bracket", 2, "`]` closes nothing", "remove it, or open it"),
    (
        "${ .a } == 1",
        "text-around-expression",
        8,
        "this field is one expression; text stands around it",
        "put all of it inside one `${ }`, or leave `${ }` out",
    ),
    (
        ".a == ${ .b }",
        "nested-expression",
        6,
        "`${` stands inside an expression",
        "write the inner expression without `${ }`",
    ),
    ("${ }", "empty-expression", 3, "the expression is empty", "write `.` for the whole input"),
    ("", "empty-expression", 0, "the expression is empty", "write `.` for the whole input"),
    (
        "${ { .x } }",
        "key-missing",
        5,
        "`{ .x }` is no object: its key is missing",
        "name the key: `{ key: .value }`; an expression stands in single braces: `${ .value }`",
    ),
    (
        "$tasks.explain-one.text",
        "hyphen-in-name",
        0,
        "`$tasks.explain-one` subtracts `one` from `$tasks.explain`",
        'write `$tasks["explain-one"]`',
    ),
    (
        "$tasks.get-user-id",
        "hyphen-in-name",
        0,
        "`$tasks.get-user-id` subtracts `user-id` from `$tasks.get`",
        'write `$tasks["get-user-id"]`',
    ),
    (
        "$tasks[.x]",
        "tasks-dynamic",
        0,
        "`$tasks` stands without the name of a task",
        'name it: `$tasks.NAME` or `$tasks["NAME"]`, so that outputs nobody reads need not be kept',
    ),
    (
        "$tasks",
        "tasks-dynamic",
        0,
        "`$tasks` stands without the name of a task",
        'name it: `$tasks.NAME` or `$tasks["NAME"]`, so that outputs nobody reads need not be kept',
    ),
    (
        "{$tasks}",
        "tasks-dynamic",
        1,
        "`$tasks` stands without the name of a task",
        'name it: `$tasks.NAME` or `$tasks["NAME"]`, so that outputs nobody reads need not be kept',
    ),
    (
        "$secrets.TOKEN",
        "secret-in-expression",
        0,
        "an expression can't read a secret",
        "only `${ $secrets.NAME }`, with nothing else inside, inserts one, and only into a request",
    ),
    (
        '"Bearer " + $secrets.TOKEN',
        "secret-in-expression",
        12,
        "an expression can't read a secret",
        "only `${ $secrets.NAME }`, with nothing else inside, inserts one, and only into a request",
    ),
    (
        ".a, .b",
        "several-outputs",
        2,
        "the expression yields several outputs",
        "collect them in a list: `[…]`, or take one: `first(…)`",
    ),
    (
        ".items[]",
        "several-outputs",
        6,
        "the expression yields several outputs",
        "collect them in a list: `[…]`, or take one: `first(…)`",
    ),
    (
        ".items[].name",
        "several-outputs",
        6,
        "the expression yields several outputs",
        "collect them in a list: `[…]`, or take one: `first(…)`",
    ),
    (
        ".items[]?",
        "several-outputs",
        6,
        "the expression yields several outputs",
        "collect them in a list: `[…]`, or take one: `first(…)`",
    ),
    (
        "env.HOME",
        "builtin-refused",
        0,
        "`env` is not available in expressions",
        "expressions see no environment; declare a secret, or pass the value as workflow input",
    ),
    (
        "$ENV.HOME",
        "builtin-refused",
        0,
        "`$ENV` is not available in expressions",
        "expressions see no environment; declare a secret, or pass the value as workflow input",
    ),
    (
        "$__prog_args",
        "builtin-refused",
        0,
        "`$__prog_args` is not available in expressions",
        "expressions see no environment; declare a secret, or pass the value as workflow input",
    ),
    (
        "input",
        "builtin-refused",
        0,
        "`input` is not available in expressions",
        "the current value is `.`, the task's input `$input`, the workflow's `$workflow.input`",
    ),
    (
        "now",
        "builtin-refused",
        0,
        "`now` is not available in expressions",
        "use `$workflow.startedAt` or `$task.startedAt`, which a replay sees again",
    ),
    (
        "halt",
        "builtin-refused",
        0,
        "`halt` is not available in expressions",
        'to fail, use `error("why")` or a `raise` task; to finish, `then: end`',
    ),
    (
        "debug",
        "builtin-refused",
        0,
        "`debug` is not available in expressions",
        "remove it; `httptask runs show` prints what each task got and gave",
    ),
    (
        ".x | stderr",
        "builtin-refused",
        5,
        "`stderr` is not available in expressions",
        "remove it; `httptask runs show` prints what each task got and gave",
    ),
    (
        'import "a" as a; 1',
        "builtin-refused",
        0,
        "`import` is not available in expressions",
        "modules can't be loaded; define functions in the expression: `def name: body;`",
    ),
    (
        "“x”",
        "unexpected-character",
        0,
        "`“` means nothing in an expression",
        'strings of jq stand in straight double quotes: "text"',
    ),
    (
        ".größe",
        "unexpected-character",
        3,
        "`ö` means nothing in an expression",
        'quote such names: `.["name"]`',
    ),
]


def faults_of(text: str, *, condition: bool = False) -> list[TextFault]:
    faults: list[Fault] = []
    assert parse_expression(text, "/x", faults, condition=condition) is None
    found = [fault for fault in faults if isinstance(fault, TextFault)]
    assert len(found) == len(faults)
    return found


@pytest.mark.parametrize(
    ("text", "code", "offset", "message", "hint"), GOLDEN, ids=[row[1] for row in GOLDEN]
)
def test_golden(text: str, code: str, offset: int, message: str, hint: str) -> None:
    assert faults_of(text) == [TextFault("/x", code, message, hint, offset=offset)]


@pytest.mark.parametrize("name", sorted(REFUSED_FUNCTIONS))
def test_refuses_what_reads_the_machine(name: str) -> None:
    (fault,) = faults_of(f". | {name}")
    assert (fault.code, fault.offset) == ("builtin-refused", 4)


@pytest.mark.parametrize("text", [".a = 1", "(.a = 1)", ".a == 2 and (.a = 1)", ".a = (.b | .c)"])
def test_assignment_as_a_condition(text: str) -> None:
    (fault,) = faults_of(text, condition=True)
    assert (fault.code, fault.hint) == ("assignment-in-condition", "write `==` to compare")
    assert fault.offset is not None
    assert text[fault.offset] == "="


@pytest.mark.parametrize(
    "text", [".a == 1", ".a = 1 | .a > 0", "map(.a = 1) == []", ".a >= 1", "[.a = 1] == []"]
)
def test_other_conditions_pass(text: str) -> None:
    faults: list[Fault] = []
    assert parse_expression(text, "/x", faults, condition=True) is not None
    assert faults == []


def test_all_faults_of_an_expression_are_found() -> None:
    text = "env.A && now === $secrets.B || $tasks"
    assert [fault.code for fault in faults_of(text)] == [
        "builtin-refused",
        "not-jq",
        "builtin-refused",
        "not-jq",
        "secret-in-expression",
        "not-jq",
        "tasks-dynamic",
    ]


def test_faults_of_an_expression_are_bounded() -> None:
    assert len(faults_of("env " * 1_000)) == 8


def test_nesting_is_bounded() -> None:
    assert [fault.code for fault in faults_of("(" * 300 + "1" + ")" * 300)] == ["too-deep"]


@pytest.mark.parametrize(
    "text",
    [
        "{input: 1, env: 2, now: 3}",
        "{env, debug}",
        ".input.env.now",
        '."input"',
        ". as {env: $x} | $x",
        "$input",
        '"env \\(.now) input"',
        "# env\n .",
        "IN(1, 2)",
        "def ABC: 1; ABC",
        ".HOME",
        "[.items[]]",
        "first(.items[])",
        ".items // []",
        "if .a then [] else [.b, .c] end",
        "reduce .items[] as $i (0; . + $i)",
        "label $out | 1, break $out",
        "[.[] as [$a, $b] | {a: $a, b: $b}]",
        "def f: 1, 2; [f]",
        ". as [$a] ?// $a | $a",
        ".[1:2]",
        ".a? .b",
        ".a?[0]",
        "try .a? catch .",
        ".a != 1 and (.b | not)",
        "{(.a?): .b?, c: .d}",
        '$tasks["a-b"]',
        "$tasks.a - 1",
        "$tasks.a -length",
        "$tasks.a-length(1)",
        ". as $secrets | $secrets",
        "${ .a } ",
        " ${\n .a # comment\n}\n",
        ".a # comment \\",
        "$__loc__.line",
    ],
)
def test_legal_expressions_pass(text: str) -> None:
    faults: list[Fault] = []
    assert parse_expression(text, "/x", faults) is not None, faults
    assert faults == []


@pytest.mark.parametrize(
    "text",
    [
        ". ? 1 " * 5_000,
        "def " * 10_000,
        ". as $x | " * 5_000,
        "$tasks.a-b " * 5_000,
        "if " * 10_000,
        ". as [" * 5_000,
    ],
    ids=lambda text: re.sub(r"\W+", "-", text[:10]),
)
@pytest.mark.timeout(10)
def test_hostile_texts_are_read_in_linear_time(text: str) -> None:
    faults: list[Fault] = []
    assert (parse_expression(text, "/x", faults) is None) == bool(faults)
