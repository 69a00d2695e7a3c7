import json
from collections.abc import Callable
from typing import Any

import pytest

from httptask.dsl.expressions import Expression, ExpressionFailed, parse_expression
from httptask.dsl.expressions.evaluation import Scope, evaluate, evaluate_condition
from httptask.dsl.expressions.pool import shutdown

ValueOf = Callable[..., Any]
Parse = Callable[[str], Expression]

DOT = {"a": 1, "s": "text", "l": [1, 2], "f": 1.0, "big": 9007199254740993, "b": False, "n": None}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (".a", 1),
        (".missing", None),
        (".l", [1, 2]),
        (".b", False),
        ("{a, s}", {"a": 1, "s": "text"}),
        (".big", 9007199254740993),
        (".f", 1.0),
        (".f + 1", 2),
        ("[.n, .b]", [None, False]),
        ("[.n] | map(.)", [None]),
        ('"null e+308"|ascii_downcase', "null e+308"),
        ("$input.x + $y", 5),
        ("{$y}", {"y": 3}),
        ("$tasks.one.text", "1"),
        ('$tasks["two"]', {"text": "2"}),
        ("[$workflow.id, ($workflow | keys | length)]", ["w", 2]),
        ("$tasks.skipped", None),
        ('"\\u0000"', "\0"),
        ('"\\ud83d\\ude00é"', "😀é"),
        (".s | @sh", "'text'"),
        ('.s | ltrimstr("te")', "xt"),
        ('getpath(["x","y"])', None),
        ("[limit(0; 1, 2)]", []),
        ("first(.l[])", 1),
        ("label $out | 1, break $out", 1),
        ("try error(null) catch .", None),
        ('try error("x") catch .', "x"),
        (". as [$a] ?// {$a} | $a", 1),
        (".a # } ) comment \\", 1),
        ("{now: 1, env: 2} | .now + .env", 3),
        ('"\\(.l)"', "[1,2]"),
        ("$__loc__.file", "<top-level>"),
        ('[splits("a"; null)?]', []),
        ('"1,2" | [splits(",")]', ["1", "2"]),
        ("0 | gmtime | mktime", 0),
        ("{a: 1, b: 2} | to_entries | map(.key)", ["a", "b"]),
        ("{z: 1, a: 2} | keys_unsorted", ["z", "a"]),
    ],
)
def test_values(value_of: ValueOf, text: str, value: Any) -> None:
    result = value_of(
        text,
        DOT,
        input={"x": 2},
        y=3,
        tasks={"one": {"text": "1"}, "two": {"text": "2"}},
        workflow={"id": "w", "input": {}},
    )
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("(.l[])", "several outputs", "first"),
        ("range(3)", "several outputs", "first"),
        ("empty", "yields nothing", "null"),
        ("limit(0; 1)", "yields nothing", "null"),
        (".a + .s", 'number (1) and string ("text") cannot be added', "tostring"),
        ('"5" + 1', 'string ("5") and number (1) cannot be added', "tonumber"),
        ('1 - "0.5"', "cannot be subtracted", "tonumber"),
        ('"5" + "x" - 1', "cannot be subtracted", None),
        ("[.missing[]]", "Cannot iterate over null", "// []"),
        (".s.x", "Cannot index string", "fromjson"),
        (".l.x", "Cannot index array", ".[0]"),
        ("nan", "not finite", "divided"),
        ("[1, nan]", "not finite", "divided"),
        ("{a: infinite}", "not finite", "divided"),
        ("1e1000", "not what JSON can hold", None),
        ("error(null)", "error(null)", None),
        ('error({a: "b"})', 'error({"a":"b"})', None),
        ('error("two\\nlines")', "two lines", None),
        ("reduce range(101) as $i (1; [.])", "nested too deeply", None),
        ("10000000000 * .s", "Repeat string result too long", None),
        ('.s | test("(")', "Regex failure", None),
        ("$unknown", "unknown variable `$unknown`", "`$y`"),
        ("nosuch", "unknown function `nosuch`", '"nosuch"'),
        (".a .", "ends too early", None),
        ("def f: 1;", "ends too early", None),
        ('error({"__jq": 0})', "yields nothing", None),
    ],
)
def test_failures(value_of: ValueOf, text: str, message: str, hint: str | None) -> None:
    with pytest.raises(ExpressionFailed) as caught:
        value_of(text, DOT, y=1)
    assert message in caught.value.message
    assert hint is None or hint in (caught.value.hint or "")
    assert caught.value.pointer == "/do/0/task/field"
    assert str(caught.value).startswith("/do/0/task/field: ")


@pytest.mark.parametrize(
    "dot", [float("nan"), [float("inf")], {"a": object()}, {1, 2}], ids=["nan", "infinity", "object", "set"]
)
def test_values_that_are_not_json(value_of: ValueOf, dot: Any) -> None:
    with pytest.raises(ExpressionFailed, match="not JSON"):
        value_of(".", dot)


def test_a_result_may_be_as_deep_as_an_answer(value_of: ValueOf) -> None:
    deep = value_of("reduce range(100) as $i (1; [.])", DOT)
    assert json.dumps(deep) == "[" * 100 + "1" + "]" * 100


def test_lone_surrogates_become_replacement_characters(value_of: ValueOf) -> None:
    assert value_of(".", "a\ud800") == "a\ufffd"


THERE = {
    "null": None,
    "an object": {"a": {"b": 1.0, "c": 1}},
    "a key that is null": {"a": None},
    "a list": {"a": [1e16, 9007199254740993]},
    "text": {"a": "\ud800é"},
    "a number that is none": {"a": {"b": float("nan")}},
    "too deep": {"a": json.loads("[" * 101 + "]" * 101)},
}


@pytest.mark.parametrize("dot", THERE.values(), ids=THERE)
@pytest.mark.parametrize("text", [".", ".a", ".a.b", "$y", "$y.a .b", "$unknown.a"])
def test_a_value_that_is_there_is_what_jq_makes_of_it(
    value_of: ValueOf, parse: Parse, text: str, dot: Any
) -> None:
    """Most expressions name a value and do nothing with it: no helper is asked for those."""
    assert parse(text).whole is not None
    assert parse(f"{text} | .").whole is None

    def found(text: str) -> str:
        try:
            return json.dumps(value_of(text, dot, y=dot))
        except ExpressionFailed as failed:
            return str(failed)

    assert found(text) == found(f"{text} | .")


@pytest.mark.parametrize(
    "text", ["env", "$ENV", "[inputs]", "input", "now", "halt", "halt_error", "debug", "get_search_list"]
)
def test_second_net(parse: Parse, text: str) -> None:
    """What slips past the analysis still finds no environment, clock or input."""
    innocent = parse(". | length" if text != "$ENV" else "{}")
    hostile = Expression(text, *(getattr(innocent, name) for name in innocent.__slots__[1:]))
    if text == "$ENV":
        assert evaluate(hostile, Scope(None, {})) == {}
    else:
        with pytest.raises(ExpressionFailed, match="is not available"):
            evaluate(hostile, Scope(None, {}))


@pytest.mark.parametrize(
    ("text", "value"), [(".a == 1", True), (".a > 1", False), (".b", False), (".a and .s", True)]
)
def test_conditions(parse: Parse, text: str, value: bool) -> None:
    assert evaluate_condition(parse(text), Scope(DOT, {})) is value


@pytest.mark.parametrize(
    ("text", "hint"), [(".a = 1", "=="), (".n", "// false"), (".s", "=="), ("1", "=="), ("[]", "==")]
)
def test_conditions_must_be_boolean(parse: Parse, text: str, hint: str) -> None:
    with pytest.raises(ExpressionFailed, match="a condition must yield true or false") as caught:
        evaluate_condition(parse(text), Scope(DOT, {}))
    assert hint in (caught.value.hint or "")


class Unread(dict[str, Any]):
    """Fails when a value is looked up that no expression mentions."""

    def __getitem__(self, name: str) -> Any:
        assert name != "unread"
        return super().__getitem__(name)


def test_only_what_is_mentioned_is_sent(parse: Parse) -> None:
    unsendable = object()
    scope = Scope(
        unsendable,
        {
            "tasks": Unread(read={"x": 1}, unread=unsendable),
            "workflow": Unread(input=2, unread=unsendable),
            "context": unsendable,
        },
    )
    assert evaluate(parse("$tasks.read.x + $workflow.input"), scope) == 3
    assert evaluate(parse("$tasks.missing"), scope) is None


def test_results_survive_a_restart_of_the_helpers(value_of: ValueOf) -> None:
    assert value_of("1") == 1
    shutdown()
    assert value_of("1") == 1


def test_a_fault_gives_no_expression() -> None:
    assert parse_expression("&&", "/x", []) is None
