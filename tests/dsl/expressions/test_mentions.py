"""What an expression mentions: variables from outside, paths behind them, paths of its own input."""

from collections.abc import Callable

import pytest

from httptask.dsl.expressions import Expression
from httptask.dsl.expressions.paths import ITEM, Path

Parse = Callable[[str], Expression]


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("$a + $b", "a b"),
        ("1 as $x | $x + $y", "y"),
        ("$x as $x | $x", "x"),
        ("(1 as $x | $x) + $x", "x"),
        ("[[1 as $x | $x], $x]", "x"),
        (". as [$a, {b: $c, $d, (.k): $e}] | [$a, $c, $d, $e]", ""),
        (". as {($key): $v} | $v", "key"),
        ('. as {"\\($key)": $v} | $v', "key"),
        (". as [$a] ?// $b | [$a, $b]", ""),
        ("reduce .[] as $i ($init; . + $i) | . + $i", "init i"),
        ("[foreach .[] as [$k, $v] (0; . + $v; [$k, .])]", ""),
        ("def f($a; g): $a + g + $b; f(1; 2)", "b"),
        ("def f($a): $a; $a | f(1)", "a"),
        ("if . as $x | $x then $x else 1 end", "x"),
        ("label $out | 1, break $out", ""),
        ("{$a, b: $c, ($d): 1}", "a c d"),
        ('"\\($a) \\(1 as $b | $b) \\($b)"', "a b"),
        ("map(. as $x | $x; $x)", "x"),
        ("$__loc__", ""),
        ("# $a\n1", ""),
        ('"$a"', ""),
        ("try $a catch $b", "a b"),
        ("$a.b[$c]", "a c"),
    ],
)
def test_variables_from_outside(parse: Parse, text: str, variables: str) -> None:
    assert sorted(parse(text).variables) == sorted(variables.split())


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("$tasks.extract.json.items == []", [("tasks", ("extract", "json", "items"))]),
        ('$tasks["explain-one"]."text"', [("tasks", ("explain-one", "text"))]),
        ('$tasks.["a"]?.b?', [("tasks", ("a", "b"))]),
        (
            "$workflow.input.caller // $workflow.id",
            [("workflow", ("input", "caller")), ("workflow", ("id",))],
        ),
        ("$x.a[0].b", [("x", ("a", ITEM, "b"))]),
        ("[$x.a[-1][].b]", [("x", ("a", ITEM, ITEM, "b"))]),
        ("$x.a[1:].b", [("x", ("a",))]),
        ("$tasks.a.b = 1", [("tasks", ("a",))]),
        ("$x.a[.k]", [("x", ("a",))]),
        ("[$x[].a]", [("x", (ITEM, "a"))]),
        ("$x | .a", [("x", ())]),
        ('$x["a\\u0062"]', [("x", ("ab",))]),
    ],
)
def test_paths(parse: Parse, text: str, paths: list[tuple[str, Path]]) -> None:
    readings = parse(text).readings
    assert [(found.variable, found.path) for found in readings if found.variable is not None] == paths


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        (".a.b == 1 and .c", [("a", "b"), ("c",)]),
        (".a | .b", [("a", "b")]),
        (". | .b", [("b",)]),
        (".a | .b | .c + 1", [("a", "b", "c")]),
        (".a | map(.b)", [("a", ITEM, "b")]),
        (".a | map(.b) | .c", [("a", ITEM, "b")]),
        (".a | map(select(.b))", [("a",)]),
        (".a | first | .b", [("a",)]),
        (".a | .b as $x | .c", [("a", "b")]),
        ("def map(f): 1; .a | map(.b)", [("a",)]),
        ("1 + .a | .b", [("a",)]),
        ("try .a | .b", [("a",)]),
        ("[.x, .a | .b]", [("x",), ("a", "b")]),
        ('.["a"].b', [("a", "b")]),
        (".[0].a", [(ITEM, "a")]),
        (".a // .b", [("a",), ("b",)]),
        ("(.a | .b) + .c", [("a", "b"), ("c",)]),
        ("map(.a) | .b", []),
        ("first(.a)", []),
        (".a as $x | .b + $x", [("a",), ("b",)]),
        ("reduce .a[] as $i (.b; .c) | .d", [("a", ITEM), ("b",)]),
        ("if .a then .b elif .c then .d else .e end", [("a",), ("b",), ("c",), ("d",), ("e",)]),
        ("if .a | .b then .c end", [("a", "b"), ("c",)]),
        ("{a, b: .c, d: .e | .f, g: .h}", [("a",), ("c",), ("e", "f"), ("h",)]),
        ('"\\(.a | .b) \\(.c)"', [("a", "b"), ("c",)]),
        ("def f: .a; f", []),
        ("def f: .a; .b", [("b",)]),
        ("$x.a.b", []),
        ("try .a catch .b", [("a",)]),
        (".a[.b]", [("a",), ("b",)]),
        (".a |= .b", []),
        (".a = .b", [("b",)]),
        ("(.a[] | .b) = .c", [("c",)]),
        (".a | map(.b = 1)", []),
    ],
)
def test_paths_of_the_input(parse: Parse, text: str, paths: list[Path]) -> None:
    readings = [found for found in parse(text).readings if found.variable is None]
    assert [found.path + found.piped for found in readings if found.path + found.piped] == paths


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        (".", True),
        ("[..]", True),
        ("$x.a", False),
        ('$x | map("- " + .) | join(", ")', False),
        ("$x | length", False),
        ("length", True),
        ("[$x, length]", True),
        ("{a}", True),
        ("{$a}", False),
        ('{"\\(1)"}', True),
        ("@json", True),
        ('@json "\\($x)"', False),
        ("def f: 1; f", True),
        ("null", False),
        ("try $x catch 1 | $y", True),
        ("$x as $y | .", True),
        ("$x[.i]", True),
        ("if $x then $y else . end", True),
        ("$x // error", True),
    ],
)
def test_whether_the_input_is_read(parse: Parse, text: str, reads: bool) -> None:
    assert parse(text).reads_dot is reads


def test_source_is_trimmed_and_free_of_comments(parse: Parse) -> None:
    expression = parse("${\n  .a # first\n  + .b # last\n}")
    assert expression.source == ".a        \n  + .b"
    assert expression.offset == 5
