"""References as people read them."""

from typing import Any

import pytest

from httptask.catalog import chat_completion
from httptask.catalog.markdown import reference_page
from httptask.catalog.reference import Reference
from support.api_documents import openapi, read_operation


def page(post: Any, path: str = "/pets", **more: Any) -> str:
    return reference_page(Reference("shop", read_operation(openapi({path: {"post": post}}, **more))))


def fields(schema: Any, **schemas: Any) -> list[str]:
    """The lines of a body's fields."""
    content = {"application/json": {"schema": schema}}
    written = page({"requestBody": {"content": content}}, components={"schemas": schemas})
    return written.partition("### application/json\n\n")[2].splitlines()[2:]


SCHEMES = {
    "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "login": {
        "type": "oauth2",
        "flows": {"clientCredentials": {"tokenUrl": "https://a/t", "scopes": {}}},
    },
}


def test_a_page_has_all_parts() -> None:
    post = {
        "operationId": "feed",
        "summary": "Feed a pet",
        "description": "Gives it *food*.",
        "deprecated": True,
        "externalDocs": {"url": "https://example.com/feed"},
        "parameters": [
            {
                "name": "dry",
                "in": "query",
                "description": "Only\n  try.",
                "schema": {"type": "boolean", "default": False},
            },
            {"name": "id", "in": "path", "schema": {"type": "string"}, "example": "rex"},
            {
                "name": "ids",
                "in": "query",
                "explode": False,
                "schema": {"type": "array", "items": {"type": "integer"}},
            },
        ],
        "requestBody": {
            "required": True,
            "description": "The food.",
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "required": ["grams"],
                        "properties": {
                            "kind": {"enum": ["dry", "wet"], "default": "dry"},
                            "grams": {"type": "integer", "minimum": 1, "description": "How much."},
                        },
                    },
                    "example": {"grams": 50},
                }
            },
        },
        "responses": {
            "200": {
                "description": "Fed.",
                "headers": {"X-Left": {"schema": {"type": "integer"}}},
                "content": {"text/event-stream": {"schema": {"type": "string"}}},
            },
            "429": {"description": "Too many."},
        },
        "security": [{"key": []}, {"login": ["feed"]}, {}],
    }
    variables = {"region": {"default": "eu", "enum": ["eu", "us"]}}
    servers = [{"url": "https://{region}.example.com", "variables": variables}]
    assert page(post, "/pets/{id}", servers=servers, components={"securitySchemes": SCHEMES}) == PAGE.strip(
        "\n"
    )


PAGE = """
# shop.feed

`POST /pets/{id}`: Feed a pet

**Deprecated.**

Gives it *food*.

More: https://example.com/feed

## Servers

- https://{region}.example.com
  - `region` (default `"eu"`, one of `"eu"`, `"us"`)

## Authentication

One of these:

- `key`: an API key in the header `X-Key`
- `login`: OAuth2 (clientCredentials), scopes `feed`
- or none

## Parameters

- `id` (path, string, **required**)

  Example of the document:

  ```
  rex
  ```
- `dry` (query, boolean, default `false`): Only try.
- `ids` (query, in one value, array of integer)

## Body

Required. The food.

### application/json

Object.

- `grams` (integer, **required**, at least 1): How much.
- `kind` (string, one of `"dry"`, `"wet"`, default `"dry"`)

Example of the document:

```json
{
  "grams": 50
}
```

## Responses

### 200: Fed.

Headers:

- `X-Left` (header, integer)

text/event-stream:
A stream; each item is: string.

### 429: Too many.
"""


def test_fields_that_refer_to_themselves_are_told_once() -> None:
    node = {
        "type": "object",
        "properties": {
            "value": {"type": "integer"},
            "children": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}},
        },
    }
    assert fields({"$ref": "#/components/schemas/Node"}, Node=node) == [
        "- `value` (integer)",
        "- `children` (array of Node)",
        "  - each item:",
        "    - `Node` is described above",
    ]


def test_unions_are_unions() -> None:
    cat = {"type": "object", "description": "It purrs.", "properties": {"lives": {"type": "integer"}}}
    pet = {"oneOf": [{"$ref": "#/components/schemas/Cat"}, {"type": "string"}, {"type": "null"}]}
    assert fields({"type": "object", "properties": {"pet": pet}}, Cat=cat) == [
        "- `pet` (Cat or string or null)",
        "  - one of:",
        "    - Cat: It purrs.",
        "      - `lives` (integer)",
        "    - string",
    ]


def test_parts_of_one_value_are_one() -> None:
    base = {
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "string"}, "name": {"type": "string"}},
    }
    written = {
        "allOf": [
            {"$ref": "#/components/schemas/Base"},
            {"properties": {"name": {"description": "Ours."}}, "required": ["name", "other"]},
        ]
    }
    assert fields(written, Base=base) == [
        "- `id` (string, **required**)",
        "- `name` (string, **required**): Ours.",
        "- `other` (any value, **required**)",
    ]


def test_names_of_plain_types_have_their_type() -> None:
    properties = {"id": {"$ref": "#/components/schemas/Id"}, "tags": {"$ref": "#/components/schemas/Tags"}}
    named = {"Id": {"type": "string", "maxLength": 9}, "Tags": {"type": "array", "items": {"type": "string"}}}
    assert fields({"type": "object", "properties": properties}, **named) == [
        "- `id` (Id, string, at most 9 long)",
        "- `tags` (Tags, array of string)",
    ]


def test_parts_that_many_have_are_told_once() -> None:
    base = {"type": "object", "properties": {"id": {"type": "string"}}}
    pets = {
        name: {"allOf": [{"$ref": "#/components/schemas/Base"}, {"properties": {name: {"type": "string"}}}]}
        for name in ("Cat", "Dog")
    }
    written = {"oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in pets]}
    assert fields(written, Base=base, **pets) == [
        "- one of:",
        "  - Cat",
        "    - `id` (string)",
        "    - `Cat` (string)",
        "  - Dog",
        "    - `Dog` (string)",
        "    - all fields of `Base`, which is described above",
    ]


@pytest.mark.parametrize(
    ("schema", "line"),
    [
        (
            {"type": "string", "format": "date", "minLength": 2, "pattern": "a+"},
            'string, date, at least 2 long, pattern `"a+"`',
        ),
        ({"type": ["integer", "null"], "maximum": 3}, "integer or null, at most 3"),
        ({"const": "a"}, 'string, only `"a"`'),
        (
            {"type": "array", "items": {"enum": [1, 2]}, "maxItems": 3},
            "array of integer, items: at most 3, items one of `1`, `2`",
        ),
        ({"type": "string", "readOnly": True, "deprecated": True}, "string, only in answers, deprecated"),
        (
            {"anyOf": [{"type": "number", "minimum": 0, "maximum": 2}, {"type": "null"}]},
            "number or null, at least 0, at most 2",
        ),
        ({"anyOf": [{"enum": ["a", "b"]}, {"type": "string"}]}, 'string, known values `"a"`, `"b"`'),
        (True, "any value"),
        (False, "no value"),
        (
            {"type": "array", "items": {"oneOf": [{"type": "string"}, {"type": "integer"}]}},
            "array of (string or integer)",
        ),
    ],
    ids=[
        "bounds",
        "null",
        "constant",
        "items",
        "marks",
        "nullable bounds",
        "open values",
        "true",
        "false",
        "union of items",
    ],
)
def test_types_in_words(schema: Any, line: str) -> None:
    assert fields({"type": "object", "properties": {"a": schema}}) == [f"- `a` ({line})"]


@pytest.mark.parametrize(
    ("more", "lines"),
    [
        ({}, "The document does not say; many APIs that need a token leave it out."),
        ({"security": []}, "None."),
        (
            {"security": [{"a": [], "b": []}]},
            "All of these together:\n\n- `a`: which the document does not describe\n- `b`: which the document does not describe",
        ),
    ],
    ids=["undeclared", "none", "together"],
)
def test_authentication_in_words(more: Any, lines: str) -> None:
    assert page(more).partition("## Authentication\n\n")[2].partition("\n\n##")[0] == lines


def test_chat_completions_are_described_by_what_checks_them() -> None:
    written = reference_page(chat_completion.reference())
    assert "- `temperature` (number or null, at least 0, at most 2, default `1`): How freely" in written
    assert (
        '- `provider = "mistral"`: Mistral, https://api.mistral.ai/v1, credential in `MISTRAL_API_KEY`'
        in written
    )
    assert "- `max_tokens` (integer or null, at least 1, deprecated): " in written
    assert "    - where `role` is `user`:" in written
    assert "- `text` (string or null)" in written
    assert "### 429: RateLimited: 429: the server asks for fewer requests." in written
    told: dict[str, Any] = chat_completion.reference().as_json()
    assert told["body"]["contents"][0]["schema"]["required"] == ["model", "messages"]
