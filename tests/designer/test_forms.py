"""What forms are made of."""

import json
from pathlib import Path
from typing import Any

import pytest

from httptask.json.types import is_array, is_object
from support.designer import asked, workspace_of

TEXT = """\
document: { dsl: 1.0.3, namespace: tests, name: forms, version: 1.0.0 }
input: { schema: { document: { type: object, required: [name], properties: { name: { type: string } } } } }
do:
  - ask: { call: chatCompletion, with: { model: m, messages: [{ role: user, content: Hi }] } }
  - fetch: { call: httpRequest, with: { method: get, endpoint: https://example.com } }
  - note: { set: { a: 1 } }
  - decide: { switch: [{ otherwise: { then: end } }] }
  - steps: { do: [{ one: { set: { a: 1 } } }] }
"""


async def form_of(folder: Path, pointer: str, text: str = TEXT) -> Any:
    asking = {"path": "a.yaml", "text": text, "pointer": pointer}
    async with asked(workspace_of(folder, {})) as client:
        return (await client.post("/api/task", json=asking)).json()


@pytest.mark.parametrize(
    ("pointer", "place", "field", "operation"),
    [
        ("/do/0/ask", "/do/0/ask/with", "messages", "openai.createChatCompletion"),
        ("/do/1/fetch", "/do/1/fetch/with", "endpoint", None),
    ],
    ids=["chat", "http"],
)
async def test_a_call_has_the_fields_of_its_function(
    tmp_path: Path, pointer: str, place: str, field: str, operation: str | None
) -> None:
    form = await form_of(tmp_path, pointer)
    assert (form["pointer"], form["operation"]) == (place, operation)
    assert field in form["values"]
    schema = form["schema"]
    model = schema["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    assert field in model["properties"]
    assert references(schema) <= set(schema["$defs"])


def references(part: Any) -> set[str]:
    """Names of all definitions that a schema refers to."""
    if is_array(part):
        return set[str]().union(*map(references, part))
    if not is_object(part):
        return set()
    own = {part["$ref"].removeprefix("#/$defs/")} if isinstance(part.get("$ref"), str) else set[str]()
    return own.union(*map(references, part.values()))


async def test_other_tasks_have_the_fields_of_their_kind_or_none(tmp_path: Path) -> None:
    assert (await form_of(tmp_path, "/do/2/note"))["values"] == {"a": 1}
    decide = await form_of(tmp_path, "/do/3/decide")
    assert (decide["pointer"], decide["schema"]["type"]) == ("/do/3/decide/switch", "array")
    assert (await form_of(tmp_path, "/do/4/steps"))["schema"] is None
    assert (await form_of(tmp_path, "/do/9/absent"))["status"] == 404
    assert (await form_of(tmp_path, "/do/0/ask", "do: ["))["status"] == 422


async def test_the_input_of_a_run_has_the_fields_of_its_schema(tmp_path: Path) -> None:
    async with asked(workspace_of(tmp_path, {})) as client:
        found = await client.post("/api/input-form", json={"path": "a.yaml", "text": TEXT})
        none = await client.post(
            "/api/input-form",
            json={
                "path": "a.yaml",
                "text": "\n".join(line for line in TEXT.splitlines() if not line.startswith("input")),
            },
        )
    assert found.json()["schema"]["required"] == ["name"]
    assert none.json() == {"schema": None}


DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Bookshop", "version": "1"},
    "servers": [{"url": "https://books.example/v1"}],
    "paths": {
        "/orders/{id}": {
            "post": {
                "operationId": "order",
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
                    {"name": "gift", "in": "query", "schema": {"type": "boolean"}, "description": "Wrapped."},
                ],
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}
                },
                "responses": {"201": {"description": "ordered"}},
            }
        }
    },
    "components": {
        "schemas": {
            "Order": {
                "type": "object",
                "required": ["book"],
                "properties": {"book": {"$ref": "#/components/schemas/Book"}},
            },
            "Book": {"type": "object", "properties": {"isbn": {"type": "string"}}},
        }
    },
}
CALLS = """\
document: { dsl: 1.0.3, namespace: tests, name: calls, version: 1.0.0 }
do:
  - one: { call: httpRequest, with: { method: post, connection: shop, path: "/orders/${ .id }", body: {} } }
  - two: { call: httpRequest, with: { method: post, endpoint: "https://books.example/v1/orders/7" } }
  - three: { call: httpRequest, with: { method: get, endpoint: "https://books.example/v1/orders/7" } }
"""


async def test_a_request_of_a_known_operation_has_its_query_and_body(tmp_path: Path) -> None:
    workspace = workspace_of(tmp_path, {})
    (tmp_path / "httptask.toml").write_text('[connections.shop]\nbase_url = "https://books.example/v1"\n')
    forms: list[Any] = []
    async with asked(workspace) as client:
        added = await client.post("/api/catalog", json={"source": "b.json", "text": json.dumps(DOCUMENT)})
        assert added.status_code == 201, added.text
        for pointer in ("/do/0/one", "/do/1/two", "/do/2/three"):
            asking = {"path": "a.yaml", "text": CALLS, "pointer": pointer}
            forms.append((await client.post("/api/task", json=asking)).json())
    assert [form["operation"] for form in forms] == ["bookshop.order", "bookshop.order", None]
    for form in forms[:2]:
        schema = form["schema"]
        fields = schema["$defs"][schema["$ref"].removeprefix("#/$defs/")]["properties"]
        assert fields["query"]["properties"]["gift"]["type"] == "boolean"
        order = schema["$defs"][fields["body"]["$ref"].removeprefix("#/$defs/")]
        assert order["required"] == ["book"]
        assert references(schema) <= set(schema["$defs"])
