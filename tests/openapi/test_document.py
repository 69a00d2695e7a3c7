"""Documents of several files, and what is no document."""

from typing import Any

import pytest

from httptask.openapi.document import Problems, load_document
from httptask.openapi.reader import list_operations
from httptask.openapi.text import DocumentInvalid
from support.api_documents import document_of, openapi, read_operation


def test_operations_and_schemas_may_stand_in_other_files() -> None:
    operation = read_operation(
        openapi({"/pets/{id}": {"get": {"$ref": "paths/pet.json"}}}),
        "getPet",
        {
            "paths/pet.json": {
                "operationId": "getPet",
                "parameters": [{"$ref": "../shared.json#/id"}],
                "responses": {
                    "200": {"content": {"application/json": {"schema": {"$ref": "../models/pet.json"}}}}
                },
            },
            "shared.json": {"id": {"name": "id", "in": "path", "schema": {"type": "string"}}},
            "models/pet.json": {"type": "object", "properties": {"mother": {"$ref": "pet.json"}}},
        },
    )
    assert [(one.name, one.required) for one in operation.parameters] == [("id", True)]
    assert operation.responses[0].contents[0].schema == {"$ref": "#/$defs/pet"}
    assert operation.definitions["pet"] == {
        "type": "object",
        "properties": {"mother": {"$ref": "#/$defs/pet"}},
    }
    assert operation.problems == ()


def test_a_path_may_stand_in_another_file() -> None:
    operation = read_operation(
        openapi({"/pets": {"$ref": "pets.json"}}), files={"pets.json": {"get": {"summary": "All pets"}}}
    )
    assert (operation.name, operation.summary) == ("getPets", "All pets")


def test_only_files_in_the_folder_are_asked_for() -> None:
    asked: list[str] = []
    references = [
        "../up.json",
        "/etc/passwd",
        "https://example.com/a.json",
        "a/../../up.json",
        "here.json#/a",
        "%2e%2e/up.json",
    ]
    schemas = {f"S{index}": {"$ref": reference} for index, reference in enumerate(references)}
    root = document_of(openapi({}, components={"schemas": schemas}))

    def read(name: str) -> bytes | None:
        asked.append(name)
        return (
            b'{"openapi": "3.1.0", "x": [{"$ref": "%s"}]}' % '"}, {"$ref": "'.join(references).encode()
            if name == "api.json"
            else None
        )

    load_document("api.json", read)
    assert root.pieces
    assert asked == ["api.json", "here.json"]


def test_a_file_that_cannot_be_read_leaves_the_rest() -> None:
    data = {
        "api.json": b'{"openapi": "3.0.0", "paths": {"/a": {"get": {"$ref": "b.json"}, "put": {}}}}',
        "b.json": b"<html>",
    }
    problems = Problems()
    operations = list_operations(load_document("api.json", data.get), problems)
    assert [one.name for one in operations] == ["putA"]
    assert [fault.code for fault in problems.list()] == ["dangling-reference"]


@pytest.mark.parametrize(
    ("root", "message"),
    [
        ({"asyncapi": "3.0.0"}, "is no OpenAPI document: it is asyncapi"),
        ({"info": {"_postman_id": "1"}, "item": []}, "is no OpenAPI document: it is a Postman collection"),
        ({"a": 1}, "is no OpenAPI document: it has neither `openapi` nor `swagger`"),
        ({"swagger": "1.2"}, "is Swagger 1.2, which can't be read: 2.0 can, and OpenAPI 3"),
        ([1], "is no API document: it holds no object"),
    ],
    ids=["AsyncAPI", "Postman", "something else", "Swagger 1", "a list"],
)
def test_what_is_no_api_document_is_told(root: Any, message: str) -> None:
    with pytest.raises(DocumentInvalid) as refused:
        document_of(root)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    "value", [None, 1, "text", [], [1], {"a": None}, {"get": []}, {"get": {"parameters": {}}}]
)
@pytest.mark.parametrize("place", ["paths", "path", "components", "servers", "security", "tags", "info"])
def test_no_shape_is_too_odd(place: str, value: Any) -> None:
    paths = {"/a/{b}": value} if place == "path" else {"/a/{b}": {"get": {"responses": {"200": value}}}}
    root = {**openapi(paths), **({place: value} if place != "path" else {})}
    document, problems = document_of(root), Problems()
    names = [listed.name for listed in list_operations(document, problems)]
    assert [read_operation(root, name).name for name in names] == names
