"""Newer documents: what they change, and that none is lost to a broken one."""

import json
from pathlib import Path
from typing import Any

import pytest

from httptask.catalog.catalog import Catalog
from httptask.catalog.changes import Changes, compare
from httptask.catalog.errors import CatalogError
from support.api_documents import document_of, openapi

QUERY = {"name": "q", "in": "query", "schema": {"type": "string"}}


def body(**schema: Any) -> dict[str, Any]:
    return {"requestBody": {"content": {"application/json": {"schema": {"type": "object", **schema}}}}}


def changes(before: dict[str, Any], after: dict[str, Any], **more: Any) -> Changes:
    return compare("shop", document_of(openapi({"/a": before})), document_of(openapi({"/a": after}, **more)))


def test_operations_are_new_gone_or_stay() -> None:
    old = openapi({"/a": {"get": {}, "put": {}}, "/b": {"get": {"operationId": "b"}}})
    new = openapi({"/a": {"get": {}, "post": {}}, "/c": {"get": {"operationId": "b"}}})
    found = compare("shop", document_of(old), document_of(new))
    assert [one.name for one in found.added] == ["postA"]
    assert [one.name for one in found.removed] == ["putA"]
    assert [(one.name, one.what) for one in found.changed] == [("b", ("was GET /b",))]
    assert (found.operations, compare("shop", None, document_of(new)).added[0].name) == (3, "getA")
    assert compare("shop", document_of(new), document_of(new)) == Changes("shop", 3)


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        ({"operationId": "x"}, {"operationId": "y"}, "was called x"),
        ({}, {"deprecated": True}, "is deprecated"),
        ({"deprecated": True}, {}, "is no longer deprecated"),
        ({"summary": "A"}, {"summary": "B"}, "other texts"),
        ({}, {"parameters": [QUERY]}, "new parameter q"),
        ({}, {"parameters": [{**QUERY, "required": True}]}, "new required parameter q"),
        ({"parameters": [QUERY]}, {}, "parameter q is gone"),
        (
            {"parameters": [QUERY]},
            {"parameters": [{**QUERY, "required": True}]},
            "parameter q is required now",
        ),
        (
            {"parameters": [QUERY]},
            {"parameters": [{**QUERY, "schema": {"type": "integer"}}]},
            "parameter q takes other values",
        ),
        ({}, body(), "takes a body"),
        (body(), {}, "takes no body any more"),
        (body(), body(properties={"b": {}}, required=["b"]), "new required field b"),
        (body(properties={"b": {}}), body(), "field b is gone"),
        (
            body(properties={"b": {}}),
            body(properties={"b": {}}, required=["b"]),
            "field b is required now",
        ),
        (
            body(properties={"b": {"type": "string"}}),
            body(properties={"b": {"type": "null"}}),
            "its body takes other values",
        ),
        ({"responses": {"200": {}}}, {"responses": {"201": {}}}, "may answer 201; answers 200 no more"),
        ({}, {"security": [{"key": []}]}, "other authentication"),
        ({}, {"servers": [{"url": "https://b.example.com"}]}, "other servers"),
    ],
    ids=[
        *(
            "renamed",
            "deprecated",
            "not deprecated",
            "summary",
            "parameter",
            "required parameter",
            "no parameter",
        ),
        *("parameter required", "parameter type", "a body", "no body", "required field", "no field"),
        *("field required", "field type", "responses", "authentication", "servers"),
    ],
)
def test_what_changed_is_told_in_a_phrase(before: dict[str, Any], after: dict[str, Any], what: str) -> None:
    [one] = changes({"get": before}, {"get": after}).changed
    assert "; ".join(one.what) == what


def test_words_within_schemas_change_nothing_and_definitions_do() -> None:
    described = body(properties={"description": {"type": "string", "description": "A"}})
    again = body(properties={"description": {"type": "string", "description": "B"}})
    assert changes({"post": described}, {"post": again}).changed == ()
    [one] = changes({"post": described}, {"post": body(properties={"title": {"type": "string"}})}).changed
    assert one.what == ("new field title", "field description is gone")

    def referring(kind: str) -> Any:
        schema = {"$ref": "#/components/schemas/Outer"}
        schemas = {
            "Outer": {"properties": {"a": {"$ref": "#/components/schemas/Inner"}}},
            "Inner": {"type": kind},
        }
        content = {"application/json": {"schema": schema}}
        paths = {"/a": {"post": {"requestBody": {"content": content}}}}
        return document_of(openapi(paths, components={"schemas": schemas}))

    [one] = compare("shop", referring("string"), referring("integer")).changed
    assert one.what == ("its body takes other values",)


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    made = Catalog(tmp_path, tmp_path / ".httptask")
    data = json.dumps(openapi({"/a": {"get": {"summary": "Sell teapots"}}})).encode()
    made.add("api.json", {"api.json": data}.get, name="shop", source="https://example.com/api.json")
    return made


def test_a_newer_document_takes_the_place_of_the_old_one(catalog: Catalog, tmp_path: Path) -> None:
    entry = tmp_path / "catalog/shop/entry.json"
    entry.write_text(json.dumps({**json.loads(entry.read_text()), "safe": ["getA"]}))
    assert len(catalog.search("teapots").operations) == 1
    data = json.dumps(openapi({"/b": {"get": {"summary": "Sell kettles"}}})).encode()
    found = catalog.update("shop", "new.json", {"new.json": data}.get)
    assert ([one.name for one in found.added], [one.name for one in found.removed]) == (["getB"], ["getA"])
    assert json.loads(entry.read_text()) == {
        "document": "new.json",
        "source": "https://example.com/api.json",
        "safe": ["getA"],
    }
    assert [path.name for path in (tmp_path / "catalog/shop/document").iterdir()] == ["new.json"]
    assert [path.name for path in (tmp_path / "catalog").iterdir()] == ["shop"]
    assert [one.name for one in catalog.search("kettles").operations] == ["shop.getB"]
    assert catalog.reference("shop.getB").operation.summary == "Sell kettles"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"<html>", "new.json: is HTML or XML, no API document"),
        (b'{"openapi": "3.0.0"}', "new.json: has no operations; those of `shop` stay, all 1"),
    ],
    ids=["no document", "an empty one"],
)
def test_a_good_document_is_not_lost_to_a_broken_one(catalog: Catalog, data: bytes, message: str) -> None:
    with pytest.raises(CatalogError) as refused:
        catalog.update("shop", "new.json", {"new.json": data}.get)
    assert refused.value.message.startswith(message)
    assert catalog.reference("shop.getA").operation.summary == "Sell teapots"


def test_an_unreadable_document_can_be_replaced(catalog: Catalog, tmp_path: Path) -> None:
    (tmp_path / "catalog/shop/document/api.json").write_text("{")
    data = json.dumps(openapi({"/b": {"get": {}}})).encode()
    assert catalog.update("shop", "api.json", {"api.json": data}.get).operations == 1
