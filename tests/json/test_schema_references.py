"""References of JSON Schemas that come back to themselves, or that are too many."""

from typing import Any

import pytest

from httptask.json.schema import compile_schema

A = {"$ref": "#/$defs/a"}


@pytest.mark.parametrize(
    ("schema", "place"),
    [
        ({"allOf": [{"$ref": "#"}]}, ""),
        ({"allOf": [{"$ref": "#/allOf/0"}]}, "/allOf/0"),
        ({"$defs": {"a": {"allOf": [A]}}, **A}, "/$defs/a"),
        ({"$defs": {"a": {"allOf": [{"$ref": "#/$defs/b"}]}, "b": {"anyOf": [A]}}}, "/$defs/"),
        ({"$defs": {"y~/": {"not": {"$ref": "#/$defs/y~0~1"}}}}, "/$defs/y~0~1"),
        ({"$defs": {"a": {"if": {"$ref": "#x"}, "$anchor": "x"}}}, "/$defs/a"),
        ({"$dynamicRef": "#x", "$dynamicAnchor": "x"}, ""),
        ({"$defs": {"in": {"$id": "https://h/in", "then": {"$ref": "#"}}}}, "/$defs/in"),
        ({"dependentSchemas": {"k": {"oneOf": [{"$ref": "#"}]}}}, ""),
    ],
)
def test_circles_are_told_with_their_place(schema: dict[str, Any], place: str) -> None:
    with pytest.raises(ValueError, match="its references lead back to it") as caught:
        compile_schema(schema)
    assert str(caught.value).startswith(place or "its references")


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"next": {"$ref": "#"}}, "items": {"allOf": [{"$ref": "#"}]}},
        {"$defs": {"a": {"type": "string"}}, "allOf": [A, A], "anyOf": [A, {"$ref": "#/$defs/a"}]},
        {"properties": {"const": {"$ref": "#/properties/default"}, "default": {"type": "string"}}},
        {"const": {"allOf": [{"$ref": "#"}]}, "enum": [{"$ref": "#/enum/0"}]},
        {
            "$id": "https://h/",
            "$defs": {"in": {"$id": "in", "$defs": {"a": True}, **A}, "a": {"$ref": "#/$defs/in"}},
        },
        {"$defs": {f"a{i}": {"allOf": [{"$ref": f"#/$defs/a{i + 1}"}]} for i in range(2000)} | {"a2000": {}}},
        True,
    ],
)
def test_those_that_come_to_an_end_are_taken(schema: Any) -> None:
    assert compile_schema(schema).is_valid("text") in (True, False)


def test_they_have_a_bound() -> None:
    """Each step doubles what has to be looked at; a few more than are allowed here would be looked at for days."""
    doubling = {f"a{i}": {"allOf": [{"$ref": f"#/$defs/a{i + 1}"}] * 2} for i in range(14)}
    with pytest.raises(ValueError, match="more than 10000 schemas hold for one value"):
        compile_schema({"$defs": {**doubling, "a14": {}}, "$ref": "#/$defs/a0"})
