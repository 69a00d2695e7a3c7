"""What a run keeps of an operation, of documents as they come."""

import json
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from httptask.activities.api_documents import operation_of
from httptask.activities.api_operation import ApiOperation, OperationRequest
from httptask.activities.calls import HttpActivities
from httptask.client.edge import Edge
from httptask.fixtures.transport import Fixtures
from httptask.http.errors import RequestInvalid
from httptask.openapi.described import describe
from support.api_documents import openapi
from support.connections import secret_store

SOURCE = "https://shop.example.com/api/openapi.json"
REQUEST = OperationRequest(method="GET", url=SOURCE, operation_id="add")
SCHEMAS: dict[str, Any] = {
    "Itself": {"allOf": [{"$ref": "#/components/schemas/Itself"}, {"properties": {"a": {}}}]},
    "Loop": {"$ref": "#/components/schemas/Pool"},
    "Pool": {"$ref": "#/components/schemas/Loop"},
    "Base": {"properties": {"id": {"readOnly": True}, "name": {}}, "required": ["id", "name"]},
}
BODIES: dict[str, tuple[Any, tuple[str, ...], tuple[str, ...]]] = {
    "parts of parts, of which each is needed": (
        {"allOf": [{"$ref": "#/components/schemas/Base"}], "properties": {"x": {}}, "required": ["x", 1]},
        ("x", "id", "name"),
        ("x", "name"),
    ),
    "alternatives, of which none is": (
        {"oneOf": [{"properties": {"a": {}}, "required": ["a"]}, {"anyOf": [{"properties": {"b": {}}}]}]},
        ("a", "b"),
        (),
    ),
    "a part of itself": ({"$ref": "#/components/schemas/Itself"}, ("a",), ()),
    "a reference to itself": ({"$ref": "#/components/schemas/Loop"}, (), ()),
    "no schema": ("none", (), ()),
}


def operation(described: dict[str, Any], **document: Any) -> ApiOperation:
    text = json.dumps(openapi({"/a": {"post": {"operationId": "add", **described}}}, **document)).encode()
    return operation_of(describe("a.json", {"a.json": text}.get, "add", source=SOURCE), REQUEST)


@pytest.mark.parametrize("name", BODIES)
def test_members_of_bodies(name: str) -> None:
    schema, members, required = BODIES[name]
    sent = {"content": {"application/json": {"schema": schema}}}
    body = operation({"requestBody": sent}, components={"schemas": SCHEMAS}).body
    assert body is not None
    assert (set(body.members), set(body.required_members)) == (set(members), set(required))


def test_parts_that_are_files() -> None:
    properties = {
        "binary": {"type": "string", "format": "binary"},
        "encoded": {"type": "string", "contentEncoding": "base64"},
        "image": {"contentMediaType": "image/png"},
        "list": {"type": "string", "contentMediaType": "text/csv"},
        "odd": True,
    }
    sent = {"content": {"multipart/form-data": {"schema": {"properties": properties}}}}
    body = operation({"requestBody": sent}).body
    assert body is not None
    assert body.files == ("binary", "encoded", "image")


def test_a_whole_query_that_is_not_needed_is_left_out() -> None:
    query: dict[str, Any] = {"name": "q", "in": "querystring", "content": {"text/plain": {}}}
    assert operation({"parameters": [query]}, servers=[{"url": "/v1"}]).parameters == ()
    with pytest.raises(RequestInvalid, match="is in `querystring`, which can't be sent"):
        operation({"parameters": [{**query, "required": True}]})


def test_a_variable_of_a_server_has_a_default() -> None:
    server = {"url": "https://{region}.example.com", "variables": {"region": {"default": "eu"}}}
    assert operation({}, servers=[server]).server == "https://eu.example.com"
    with pytest.raises(RequestInvalid, match="a variable without a default"):
        operation({}, servers=[{"url": "https://{region}.example.com"}])


async def test_a_document_that_no_fixture_has_can_be_kept() -> None:
    edge = Edge({}, secret_store({}), fixtures=Fixtures([]))
    activities = HttpActivities(lambda: edge)
    with pytest.raises(ApplicationError) as caught:
        await ActivityEnvironment().run(activities.api_operation, REQUEST)
    await edge.aclose()
    assert caught.value.message.startswith("the document for add can't be loaded: no fixture answers GET")
    assert caught.value.message.endswith(f"or keep the document: `httptask catalog add {SOURCE}`")
