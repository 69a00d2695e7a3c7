"""Schemas of every version as JSON Schema 2020-12, and what is named of those that can't be."""

from typing import Any

import pytest

from httptask.json.schema import compile_schema
from httptask.openapi.document import Problems
from httptask.openapi.operation import Content, Operation
from httptask.openapi.reader import OperationReader, list_operations
from support.api_documents import document_of, openapi, read_operation


def operation_of(schema: Any, version: str = "3.1.0", **schemas: Any) -> Operation:
    content = {"application/json": {"schema": schema}}
    return read_operation(
        openapi(
            {"/a": {"post": {"requestBody": {"content": content}}}}, version, components={"schemas": schemas}
        )
    )


def content_of(operation: Operation) -> Content:
    assert operation.body is not None
    return operation.body.contents[0]


def read(schema: Any, version: str = "3.1.0", **schemas: Any) -> Any:
    return content_of(operation_of(schema, version, **schemas)).schema


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0", "3.2.0"])
@pytest.mark.parametrize(
    ("written", "schema"),
    [
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        ({"nullable": True}, {}),
        ({"enum": ["a"], "nullable": True}, {"enum": ["a", None]}),
        (
            {"allOf": [{"type": "string"}], "nullable": True, "description": "Words."},
            {"description": "Words.", "anyOf": [{"allOf": [{"type": "string"}]}, {"type": "null"}]},
        ),
        ({"minimum": 3, "exclusiveMinimum": True}, {"exclusiveMinimum": 3}),
        ({"minimum": 3, "exclusiveMinimum": False}, {"minimum": 3}),
        ({"exclusiveMaximum": 3}, {"exclusiveMaximum": 3}),
        ({"type": "integer", "example": 3, "x-internal": True}, {"type": "integer", "examples": [3]}),
        ({"type": ["string", "null"]}, {"type": ["string", "null"]}),
        (
            {"type": "array", "items": [{"type": "string"}]},
            {"type": "array", "prefixItems": [{"type": "string"}]},
        ),
        (
            {
                "type": "object",
                "required": ["a", "a"],
                "properties": {"a": {"required": True}, "b": {"required": True}},
            },
            {"type": "object", "required": ["a", "b"], "properties": {"a": {}, "b": {}}},
        ),
        (True, True),
    ],
    ids=[
        "nullable",
        "nullable without a type",
        "nullable values",
        "nullable parts",
        "exclusive flag",
        "no exclusive flag",
        "exclusive bound",
        "example",
        "types",
        "items in order",
        "required twice, and as a flag",
        "boolean",
    ],
)
def test_every_dialect_becomes_one(written: Any, schema: Any, version: str) -> None:
    operation = operation_of(written, version)
    assert content_of(operation).schema == schema
    assert operation.problems == ()


def test_properties_named_like_keywords_are_properties() -> None:
    names = (
        "$ref",
        "allOf",
        "const",
        "default",
        "enum",
        "example",
        "items",
        "nullable",
        "required",
        "type",
        "x-y",
    )
    properties = {name: {"type": "string"} for name in names}
    assert read({"type": "object", "properties": properties}) == {"type": "object", "properties": properties}


@pytest.mark.parametrize(
    ("written", "schema", "told"),
    [
        ({"maximum": "1e+09"}, {"maximum": 1_000_000_000}, "malformed-number"),
        ({"minLength": "few"}, {}, "malformed-number"),
        ({"type": "sting"}, {}, "unknown-type"),
        ({"$ref": "#/components/schemas/Absent"}, {}, "dangling-reference"),
        ({"$ref": "https://example.com/pet.json"}, {}, "external-reference"),
        ({"$ref": "../pet.json"}, {}, "external-reference"),
        ({"enum": []}, {}, "no-value-possible"),
        ({"minItems": 3, "maxItems": 2}, {"minItems": 3, "maxItems": 2}, "no-value-possible"),
        ({"properties": []}, {}, "malformed"),
        ({"oneOf": {}}, {}, "malformed"),
        ("string", {}, "malformed"),
        ({"$recursiveRef": "#"}, {}, "dynamic-reference"),
    ],
    ids=[
        "number as text",
        "no number",
        "no type",
        "nothing",
        "network",
        "outside",
        "no values",
        "empty range",
        "list of properties",
        "object of branches",
        "no schema",
        "dynamic reference",
    ],
)
def test_what_means_nothing_is_named_and_left_out(written: Any, schema: Any, told: str) -> None:
    operation = operation_of(written)
    assert content_of(operation).schema == schema
    [fault] = operation.problems
    assert (fault.code, fault.pointer.partition("#")[0]) == (told, "api.json")


def test_references_become_definitions_once() -> None:
    node = {
        "type": "object",
        "properties": {
            "parent": {"$ref": "#/components/schemas/Node"},
            "pet": {"$ref": "#/components/schemas/io.Pet"},
        },
    }
    schemas: dict[str, Any] = {
        "Node": node,
        "Alias": {"$ref": "#/components/schemas/Node"},
        "io.Pet": {"type": "string"},
    }
    operation = operation_of({"$ref": "#/components/schemas/Alias"}, **schemas)
    assert content_of(operation).schema == {"$ref": "#/$defs/Node"}
    assert set(operation.definitions) == {"Node", "io.Pet"}
    whole = {**content_of(operation).schema, "$defs": operation.definitions}  # type: ignore[dict-item]
    validator = compile_schema(whole)
    assert validator.is_valid({"parent": {"parent": {}, "pet": "Rex"}})
    assert not validator.is_valid({"parent": {"pet": 1}})


def test_references_keep_what_stands_beside_them() -> None:
    written = {"$ref": "#/components/schemas/Pet", "description": "Ours.", "nullable": True}
    schema = read(written, "3.0.3", Pet={"type": "string"})
    assert schema == {"description": "Ours.", "anyOf": [{"$ref": "#/$defs/Pet"}, {"type": "null"}]}


def test_references_in_a_circle_are_named() -> None:
    one, other = {"$ref": "#/components/schemas/B"}, {"$ref": "#/components/schemas/A"}
    operation = operation_of({"$ref": "#/components/schemas/A"}, A=one, B=other)
    assert content_of(operation).schema == {}
    assert [fault.code for fault in operation.problems] == ["circular-reference"]


def test_a_discriminator_names_definitions() -> None:
    written = {
        "oneOf": [{"$ref": "#/components/schemas/Cat"}],
        "discriminator": {
            "propertyName": "kind",
            "mapping": {"cat": "Cat", "dog": "#/components/schemas/Dog"},
        },
    }
    schema = read(written, Cat={"type": "object"}, Dog={"type": "object"})
    mapping = {"cat": "#/$defs/Cat", "dog": "#/$defs/Dog"}
    assert schema["discriminator"] == {"propertyName": "kind", "mapping": mapping}


def test_an_operation_has_the_definitions_that_it_needs_alone() -> None:
    def body(name: str) -> dict[str, object]:
        schema = {"$ref": f"#/components/schemas/{name}"}
        return {"requestBody": {"content": {"application/json": {"schema": schema}}}}

    parts = {"C": {"type": "string"}, "D": {"properties": {"c": {"$ref": "#/components/schemas/C"}}}}
    schemas = {"A": {"items": {"$ref": "#/components/schemas/D"}}, "B": {"type": "object"}, **parts}
    document = document_of(
        openapi({"/a": {"post": body("A"), "put": body("B")}}, components={"schemas": schemas})
    )
    problems = Problems()
    reader = OperationReader(document, problems)
    found = [list(reader.read(one).definitions) for one in list_operations(document, problems)]
    assert found == [["A", "D", "C"], ["B"]]
