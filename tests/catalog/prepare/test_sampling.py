"""Values that schemas take: the least that fits, as far as there is one."""

from typing import Any

import pytest

from httptask.catalog.prepare.given import Given
from httptask.catalog.prepare.request_schemas import RequestSchemas
from httptask.catalog.prepare.sampling import sample
from support.api_documents import openapi, read_operation

CAT = {
    "type": "object",
    "required": ["kind"],
    "properties": {"kind": {"type": "string"}, "lives": {"type": "integer"}},
    "additionalProperties": False,
}
DOG = {
    "type": "object",
    "required": ["kind", "bark"],
    "properties": {"kind": {"type": "string"}, "bark": {"type": "boolean"}},
}
NODE = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string"}, "next": {"$ref": "#/components/schemas/Node"}},
}
TREE = {
    "oneOf": [
        {
            "type": "object",
            "required": ["both"],
            "properties": {
                "both": {"type": "array", "minItems": 2, "items": {"$ref": "#/components/schemas/Tree"}}
            },
        },
        {"type": "string", "maxLength": 3},
    ]
}
MAPPED = {
    "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
    "discriminator": {"propertyName": "kind", "mapping": {"a-cat": "#/components/schemas/Cat"}},
}


def made(schema: Any, *, given: Given | None = None, with_optional: bool = False, shown: Any = ()) -> Any:
    """The value for a schema, which fits it."""
    definitions = {"Cat": CAT, "Dog": DOG, "Node": NODE, "Tree": TREE}
    body = {"content": {"application/json": {"schema": schema}}}
    paths = {"/things": {"post": {"requestBody": body, "responses": {}}}}
    operation = read_operation(openapi(paths, components={"schemas": definitions}))
    assert operation.body is not None
    schemas = RequestSchemas(operation)
    found = sample(
        schemas.of(operation.body.contents[0].schema),
        schemas,
        name="thing",
        given=given,
        with_optional=with_optional,
        shown=shown,
    )
    assert found.fault is None, found.fault
    return found.value


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        pytest.param({"type": "string"}, "thing", id="a text is named as its field"),
        pytest.param({"type": "string", "minLength": 8}, "thingthi", id="a long text"),
        pytest.param({"type": "string", "maxLength": 2}, "th", id="a short text"),
        pytest.param({"type": "string", "format": "email"}, "name@example.com", id="a format"),
        pytest.param({"type": "string", "pattern": "^[A-Z]{2}\\d+$"}, "AA0", id="a pattern"),
        pytest.param({"type": "string", "pattern": "^(?![0-9]+$)[a-z0-9]+$"}, "a", id="a pattern that looks ahead"),
        pytest.param({"type": "integer", "minimum": 5}, 5, id="at least"),
        pytest.param({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.5}, 0.25, id="between"),
        pytest.param({"type": "integer", "multipleOf": 7, "minimum": 10}, 14, id="a multiple"),
        pytest.param({"type": ["null", "boolean"]}, True, id="null comes last"),
        pytest.param({"enum": [None, "a", "b"]}, "a", id="one of several"),
        pytest.param({"const": {"a": 1}}, {"a": 1}, id="the only value"),
        pytest.param({"type": "string", "default": "x", "enum": ["y", "x"]}, "x", id="by default"),
        pytest.param({"type": "string", "maxLength": 3, "examples": ["long", "ok"]}, "ok", id="an example that fits"),
        pytest.param({"type": "array", "items": {"type": "integer"}}, [1], id="one item"),
        pytest.param({"type": "array", "minItems": 3, "uniqueItems": True, "items": {"type": "string"}}, ["thing", "thing2", "thing3"], id="different items"),
        pytest.param({"type": "array", "uniqueItems": True, "minItems": 2, "items": {"type": "integer"}}, [1, 0], id="different numbers"),
        pytest.param({"prefixItems": [{"type": "string"}, {"type": "integer"}], "minItems": 2}, ["thing", 1], id="a tuple"),
        pytest.param({"type": "object", "minProperties": 1, "properties": {"a": {"type": "integer"}}}, {"a": 1}, id="a member at least"),
        pytest.param({"type": "object", "minProperties": 1, "additionalProperties": {"type": "integer"}}, {"key1": 1}, id="of any name"),
        pytest.param({"allOf": [{"$ref": "#/components/schemas/Cat"}, {"required": ["lives"]}]}, {"kind": "kind", "lives": 1}, id="all of"),
        pytest.param({"allOf": [{"type": "number"}, {"type": "integer", "maximum": -3}]}, -3, id="types together"),
        pytest.param({"oneOf": [{"type": "integer"}, {"type": "string"}]}, 1, id="the first that fits"),
        pytest.param({"type": "string", "anyOf": [{"pattern": "^x"}, {"pattern": "^y"}]}, "x", id="beside a type"),
        pytest.param(MAPPED, {"kind": "a-cat"}, id="named by a discriminator"),
        pytest.param({"$ref": "#/components/schemas/Node"}, {"name": "name"}, id="what goes on in itself"),
        pytest.param({"$ref": "#/components/schemas/Tree"}, {"both": ["bot", "bot"]}, id="the branch that ends"),
        pytest.param({"required": ["required"], "properties": {"required": {"type": "integer"}}}, {"required": 1}, id="a field named as a keyword"),
        pytest.param({"oneOf": [{"properties": {"a": {"type": "integer"}}, "additionalProperties": False}, {"properties": {"b": {"type": "integer"}}, "additionalProperties": False}]}, {"a": 1}, id="one branch and no other"),
        pytest.param({"not": {"const": "thing"}, "type": "string"}, "1", id="what is forbidden"),
        pytest.param({"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "readOnly": True}}}, {}, id="only in answers"),
        pytest.param({"type": "object", "allOf": [{"required": ["id"]}, {"properties": {"id": {"readOnly": True}}}]}, {}, id="only in answers, said apart"),
    ],
)  # fmt: skip
def test_the_least_that_fits(schema: Any, value: Any) -> None:
    assert made(schema) == value


def test_optional_fields_end_where_they_would_begin_again() -> None:
    assert made({"$ref": "#/components/schemas/Node"}, with_optional=True) == {"name": "name"}
    assert made(CAT, with_optional=True) == {"kind": "kind", "lives": 1}


def test_a_given_field_chooses_the_branch_that_has_it() -> None:
    given = Given()
    given.put(["bark"], "false")
    assert made(MAPPED, given=given) == {"kind": "Dog", "bark": False}


def test_fields_come_from_an_example_of_the_whole_as_far_as_they_fit() -> None:
    shown = [{"kind": "tabby", "bark": "loud"}]
    assert made(DOG, shown=shown) == {"kind": "tabby", "bark": True}


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param({"type": "string", "minLength": 3, "maxLength": 2}, id="bounds"),
        pytest.param({"allOf": [{"type": "string"}, {"type": "integer"}]}, id="types"),
        pytest.param({"type": "string", "pattern": "^a$", "enum": ["b"]}, id="a pattern and its values"),
        pytest.param({"type": "string", "pattern": "("}, id="a pattern that is none"),
        pytest.param({"oneOf": [{"type": "integer"}, {"type": "number"}], "const": 1}, id="several branches"),
    ],
)
def test_what_no_value_fits_is_named(schema: Any) -> None:
    with pytest.raises(AssertionError, match=r".+"):
        made(schema)


def test_choices_that_multiply_come_to_an_end() -> None:
    """Seen to go on without the bound: two to the power of forty ways, none of which fits."""
    either = {"anyOf": [{"minLength": 1}, {"minLength": 2}]}
    with pytest.raises(AssertionError, match="no value fits"):
        made({"allOf": [{"type": "string"}, *[either] * 40, {"type": "integer"}]})
    parts = [
        {"properties": {f"p{count}": {"type": "integer"}}, "required": [f"p{count}"]} for count in range(60)
    ]
    assert len(made({"allOf": parts})) == 60


def test_objects_far_within_objects_get_values() -> None:
    """Seen to fail where each required field is made twice: at each level twice as many as at the one before."""
    schema: dict[str, Any] = {"type": "integer"}
    for _ in range(20):
        schema = {"type": "object", "required": ["inner"], "properties": {"inner": schema}}
    value = made(schema)
    for _ in range(20):
        value = value["inner"]
    assert value == 1
