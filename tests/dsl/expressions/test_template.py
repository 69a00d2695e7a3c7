from typing import Any

import pytest

from httptask.diagnostics.fault import Fault, TextFault
from httptask.dsl.expressions import Secret, Template, parse_template


def template_of(value: Any) -> Template:
    faults: list[Fault] = []
    template = parse_template(value, "/t", faults)
    assert template is not None, faults
    return template


def faults_of(value: Any) -> list[TextFault]:
    faults: list[Fault] = []
    assert parse_template(value, "/t", faults) is None
    found = [fault for fault in faults if isinstance(fault, TextFault)]
    assert len(found) == len(faults)
    return found


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("", ""),
        ("plain { } $ text", "plain { } $ text"),
        ("$${ .x }", "${ .x }"),
        ("a $${HOME} b $${", "a ${HOME} b ${"),
        ("$$${x}", "$${x}"),
        ("costs $5 {a}", "costs $5 {a}"),
    ],
)
def test_literals(text: str, literal: str) -> None:
    template = template_of(text)
    assert template.is_literal
    assert template.value == literal


def test_expressions_in_order_with_their_places() -> None:
    template = template_of({"b/c": ["x ${ .p } ${ .q }", {"~": "${ .r }"}], "a": "${ $secrets.S }", "n": 1})
    assert [(pointer, found.source, found.offset) for pointer, found in template.expressions] == [
        ("/t/b~1c/0", ".p", 5),
        ("/t/b~1c/0", ".q", 13),
        ("/t/b~1c/1/~0", ".r", 3),
    ]
    assert all(pointer == found.pointer for pointer, found in template.expressions)
    assert template.secrets == (Secret("/a", 0, "S", None),)
    assert not template.is_literal


@pytest.mark.parametrize(
    ("text", "name", "field"),
    [
        ("${ $secrets.NAME }", "NAME", None),
        ("${$secrets.NAME.field}", "NAME", "field"),
        ('${ $secrets["my-name"] }', "my-name", None),
        ("${ $secrets.NAME # why\n }", "NAME", None),
    ],
)
def test_secrets(text: str, name: str, field: str | None) -> None:
    assert template_of(["Bearer " + text]).secrets == (Secret("/0", 7, name, field),)


@pytest.mark.parametrize(
    "text",
    [
        "${ $secrets }",
        "${ $secrets.A.b.c }",
        "${ $secrets.A? }",
        '${ $secrets.A // "" }',
        "${ ($secrets.A) }",
        "${ $secrets[.a] }",
        "${ $secrets[] }",
        '${ "\\($secrets.A)" }',
        "${ {$secrets} }",
        "${ $secrets.A | @base64 }",
        "${ . as $x | $secrets.A }",
    ],
)
def test_other_uses_of_secrets_are_refused(text: str) -> None:
    assert "secret-in-expression" in [fault.code for fault in faults_of(text)]


def test_all_faults_of_a_template_are_found() -> None:
    faults = faults_of({"a": "x ${ .a && .b } y ${ env } z ${ .fine }", "b": ["${ .c", "${ $tasks }"]})
    assert [(fault.pointer, fault.code, fault.offset) for fault in faults] == [
        ("/t/a", "not-jq", 8),
        ("/t/a", "builtin-refused", 21),
        ("/t/b/0", "unterminated-expression", 0),
        ("/t/b/1", "tasks-dynamic", 3),
    ]


def test_empty_expression_is_reported_where_it_stands() -> None:
    assert [(fault.code, fault.offset) for fault in faults_of("ab ${ }")] == [("empty-expression", 6)]


def test_keys_hold_no_expressions() -> None:
    (fault,) = faults_of({"a ${ .x }": 1})
    assert (fault.code, fault.pointer, fault.at_key) == ("expression-in-key", "/t/a ${ .x }", True)
    assert template_of({"a $${x}": 1}).value == {"a ${x}": 1}
