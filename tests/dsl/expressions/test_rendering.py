import json
import random
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from httptask.dsl.expressions import ExpressionFailed, parse_template
from httptask.dsl.expressions.evaluation import Scope
from httptask.dsl.expressions.rendering import Rendered, render
from httptask.http.models import SecretReference

Render = Callable[..., Rendered]

DOT = {
    "s": "text",
    "n": None,
    "i": 3,
    "f": 1.5,
    "t": True,
    "l": [1, "é"],
    "o": {"a": None, "b": 'q"'},
    "e": "${ .i }",
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${ .s }", "text"),
        ("${ .n }", None),
        ("${ .i }", 3),
        ("${ .f }", 1.5),
        ("${ .t }", True),
        ("${ .l }", [1, "é"]),
        ("${ .o }", {"a": None, "b": 'q"'}),
        (" ${ .i }", " 3"),
        ("${ .i }${ .i }", "33"),
        ("<${ .s }>", "<text>"),
        ("<${ .f } ${ .t }>", "<1.5 true>"),
        ("<${ .l }>", '<[1,"é"]>'),
        ("<${ .o }>", '<{"a":null,"b":"q\\""}>'),
        ('<${ .n // "" }>', "<>"),
        ("$${ .i } ${ .i }", "${ .i } 3"),
        ("${ .e } ${ .i }", "${ .i } 3"),
        ("${ .e }", "${ .i }"),
    ],
)
def test_texts(rendered: Render, text: str, value: Any) -> None:
    assert rendered({"k": [text]}, DOT) == Rendered({"k": [value]}, ())
    assert rendered(text, DOT).value == value


def test_null_in_a_text(rendered: Render) -> None:
    with pytest.raises(ExpressionFailed) as caught:
        rendered({"a": ["Caller: ${ .n }"]}, DOT)
    assert caught.value.pointer == "/do/0/task/field/a/0"
    assert caught.value.message == "`.n` is null and can't stand in a text"
    assert caught.value.hint == 'if it may be missing, give a default: `${ .n // "" }`'


def test_a_failure_names_its_leaf(rendered: Render) -> None:
    with pytest.raises(ExpressionFailed) as caught:
        rendered({"a": "${ .i }", "b": {"c": "x ${ .i + .s }"}, "d": "${ .i }"}, DOT)
    assert caught.value.pointer == "/do/0/task/field/b/c"


@pytest.mark.parametrize(
    ("text", "value", "offsets"),
    [
        ("${ $secrets.A }", "", [0]),
        ("Bearer ${ $secrets.A }", "Bearer ", [7]),
        ("${ $secrets.A }:${ $secrets.B.key }", ":", [0, 1]),
        ("${ $secrets.A }${ $secrets.B.key }", "", [0, 0]),
        ("😀é ${ .l } ${ $secrets.A } ${ .s } ${ $secrets.B.key }!", '😀é [1,"é"]  text !', [11, 17]),
        ("$${ ${ $secrets.A }", "${ ", [3]),
    ],
)
def test_secrets_are_cut_out(rendered: Render, text: str, value: str, offsets: list[int]) -> None:
    result = rendered({"h/x": [text]}, DOT)
    assert result.value == {"h/x": [value]}
    names = [("A", None), ("B", "key")]
    assert result.secrets == tuple(
        SecretReference(pointer="/h~1x/0", offset=offset, name=name, field=field)
        for offset, (name, field) in zip(offsets, names, strict=False)
    )


def test_a_template_of_one_secret_points_at_its_root(rendered: Render) -> None:
    assert rendered("${ $secrets.A }").secrets == (SecretReference(pointer="", offset=0, name="A"),)


def test_data_can_not_forge_a_secret(rendered: Render) -> None:
    assert rendered("a ${ .x }", {"x": "${ $secrets.A }"}) == Rendered("a ${ $secrets.A }", ())


def test_encode_touches_only_what_is_interpolated() -> None:
    template = parse_template("/items/${ .id }?q=${ $secrets.A }", "/t", [])
    assert template is not None
    result = render(template, Scope({"id": "a/b é"}, {}), encode=lambda text: quote(text, safe=""))
    assert result.value == "/items/a%2Fb%20%C3%A9?q="
    assert result.secrets[0].offset == len(result.value)


def json_value(source: random.Random, depth: int = 0) -> Any:
    kind = source.randrange(8 if depth < 3 else 6)
    text = "".join(source.choice('ab é😀"\\\n\t\x00{}$[](),:#.|\u2028') for _ in range(source.randrange(8)))
    scalars = (
        None,
        True,
        source.randrange(-(10**18), 10**18),
        source.uniform(-1e9, 1e9),
        text,
        "${ .x }" + text,
    )
    if kind < len(scalars):
        return scalars[kind]
    if kind == len(scalars):
        return [json_value(source, depth + 1) for _ in range(source.randrange(4))]
    return {f"{text}{index}": json_value(source, depth + 1) for index in range(source.randrange(4))}


def test_rendering_equals_substitution(rendered: Render) -> None:
    """Whatever a value is, it arrives as it is, and nothing in it is evaluated again."""
    source = random.Random(20261123)
    for _ in range(300):
        x, y = json_value(source), json_value(source)
        text = y if isinstance(y, str) else json.dumps(y, ensure_ascii=False, separators=(",", ":"))
        template = {
            "one": "${ .x }",
            "two": ["${ $y }", "lit $${"],
            "three": '<${ $y // "" }|${ .x | tojson | fromjson }>',
        }
        if y is None:
            text = ""
        if x is None:
            continue
        again = x if isinstance(x, str) else json.dumps(x, ensure_ascii=False, separators=(",", ":"))
        assert rendered(template, {"x": x}, y=y).value == {
            "one": x,
            "two": [y, "lit ${"],
            "three": f"<{text}|{again}>",
        }
