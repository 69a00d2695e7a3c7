"""Operations as they are read: servers, credentials, parameters, bodies, answers, of every version."""

from typing import Any

import pytest

from httptask.openapi.document import Problems
from httptask.openapi.naming import api_name, operation_names
from httptask.openapi.operation import Authentication, Server, Variable, as_json
from httptask.openapi.reader import list_operations
from support.api_documents import document_of, openapi, read_operation, swagger


@pytest.mark.parametrize(
    ("operation_id", "name"),
    [
        ("createChatCompletion", "createChatCompletion"),
        ("repos/list-for-org", "reposListForOrg"),
        ("Retrieve a Conversation", "RetrieveAConversation"),
        ("list_pets", "list_pets"),
        ("", "getUsersIdPosts"),
        ("///", "getUsersIdPosts"),
    ],
    ids=["a name", "slashes and hyphens", "spaces", "underscores", "none", "nothing to name"],
)
def test_names_can_be_typed(operation_id: str, name: str) -> None:
    assert list(operation_names([(operation_id, "GET", "/users/{id}/posts")])) == [name]


def test_each_operation_has_a_name_of_its_own() -> None:
    same = [("a/b", "GET", "/a"), ("a-b", "PUT", "/a"), ("aB", "POST", "/a"), ("aB2", "HEAD", "/a")]
    assert list(operation_names(same)) == ["aB", "aB2", "aB3", "aB22"]


@pytest.mark.parametrize(
    ("title", "file", "name"),
    [
        ("Figma API", "openapi", "figma"),
        ("Netlify's API documentation", "swagger", "netlify"),
        ("API", "pets", "api"),
        ("", "star_trek", "star-trek"),
        ("日本", "日本", "api"),
    ],
)
def test_apis_are_named_by_their_title(title: str, file: str, name: str) -> None:
    assert api_name(title, file) == name


def test_methods_are_those_of_every_version() -> None:
    item = {
        "get": {},
        "query": {"operationId": "find"},
        "additionalOperations": {"COPY": {"operationId": "copy"}},
        "x-get": {},
        "parameters": [],
    }
    document = document_of(openapi({"/a": item, "x-internal": {"get": {}}}, "3.2.0"))
    found = [(one.method, one.name) for one in list_operations(document, Problems())]
    assert found == [("GET", "getA"), ("QUERY", "find"), ("COPY", "copy")]


@pytest.mark.parametrize(
    ("item", "operation", "urls"),
    [
        ({}, {}, ["https://a.example.com"]),
        ({"servers": [{"url": "https://b.example.com"}]}, {}, ["https://b.example.com"]),
        ({"servers": [{"url": "https://b.example.com"}]}, {"servers": [{"url": "/c"}]}, ["/c"]),
        ({"servers": []}, {"servers": "none"}, ["https://a.example.com"]),
    ],
    ids=["document", "path", "operation", "none"],
)
def test_servers_are_the_nearest(item: Any, operation: Any, urls: list[str]) -> None:
    root = openapi({"/a": {**item, "get": operation}}, servers=[{"url": "https://a.example.com"}])
    assert [server.url for server in read_operation(root).servers] == urls


def test_servers_have_variables() -> None:
    variables = {
        "region": {"default": "eu", "enum": ["eu", "us"], "description": "Where."},
        "port": {"default": 443},
    }
    root = openapi(
        {"/a": {"get": {}}}, servers=[{"url": "https://{region}.x:{port}/{v}", "variables": variables}]
    )
    operation = read_operation(root)
    assert operation.servers == (
        Server(
            "https://{region}.x:{port}/{v}",
            "",
            {"region": Variable("eu", ("eu", "us"), "Where."), "port": Variable("443")},
            "document",
        ),
    )
    assert [fault.code for fault in operation.problems] == ["undeclared-variable"]


@pytest.mark.parametrize(
    ("more", "operation", "urls"),
    [
        ({"host": "x.example.com", "basePath": "/v1/"}, {}, ["https://x.example.com/v1"]),
        (
            {"host": "x.example.com", "schemes": ["http", "https", "ws"]},
            {},
            ["https://x.example.com", "http://x.example.com"],
        ),
        ({"host": "x.example.com", "schemes": ["https"]}, {"schemes": ["http"]}, ["http://x.example.com"]),
        ({"basePath": "/v1"}, {}, ["/v1"]),
        ({}, {}, ["/"]),
    ],
    ids=["host and path", "schemes", "schemes of its own", "path alone", "nothing"],
)
def test_servers_of_swagger(more: Any, operation: Any, urls: list[str]) -> None:
    assert [one.url for one in read_operation(swagger({"/a": {"get": operation}}, **more)).servers] == urls


SCHEMES = {
    "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "secret": {"type": "apiKey", "in": "query", "name": "s"},
    "token": {"type": "http", "scheme": "bearer"},
    "login": {
        "type": "oauth2",
        "flows": {"clientCredentials": {"tokenUrl": "https://a/t", "scopes": {"read": "Read."}}},
    },
}


@pytest.mark.parametrize(
    ("security", "names", "is_optional"),
    [
        ([{"key": [], "secret": []}], [["key", "secret"]], False),
        ([{"token": []}, {"login": ["read"]}], [["token"], ["login"]], False),
        ([{"token": []}, {}], [["token"]], True),
        ([], [], True),
    ],
    ids=["all together", "alternatives", "optional", "none"],
)
def test_credentials_are_told_apart(security: Any, names: list[list[str]], is_optional: bool) -> None:
    root = openapi({"/a": {"get": {"security": security}}}, components={"securitySchemes": SCHEMES})
    found = read_operation({**root, "security": [{"key": []}]}).authentication
    assert [[scheme.name for scheme in one] for one in found.alternatives] == names
    assert (found.is_declared, found.is_optional) == (True, is_optional)


def test_credentials_that_nobody_declares() -> None:
    assert read_operation(openapi({"/a": {"get": {}}})).authentication == Authentication()
    operation = read_operation(openapi({"/a": {"get": {"security": [{"absent": []}]}}}))
    assert operation.authentication.alternatives[0][0].type == ""
    assert [fault.code for fault in operation.problems] == ["unknown-scheme"]


def test_credentials_of_swagger() -> None:
    definitions = {
        "basic": {"type": "basic"},
        "login": {
            "type": "oauth2",
            "flow": "application",
            "tokenUrl": "https://a/t",
            "scopes": {"read": "Read."},
        },
    }
    root = swagger(
        {"/a": {"get": {}}}, security=[{"basic": []}, {"login": ["read"]}], securityDefinitions=definitions
    )
    [[basic], [login]] = read_operation(root).authentication.alternatives
    assert (basic.type, basic.http_scheme) == ("http", "basic")
    assert login.flows == {"clientCredentials": {"tokenUrl": "https://a/t", "scopes": {"read": "Read."}}}


def test_parameters_of_an_operation_replace_those_of_its_path() -> None:
    item = {
        "parameters": [
            {"name": "id", "in": "path", "description": "Of the path.", "schema": {"type": "string"}},
            {"name": "page", "in": "query", "schema": {"type": "integer"}},
            {"in": "query"},
            {"$ref": "#/components/parameters/Absent"},
        ],
        "get": {
            "parameters": [
                {
                    "name": "id",
                    "in": "path",
                    "description": "Of the operation.",
                    "schema": {"type": "integer"},
                },
                {
                    "name": "filter",
                    "in": "query",
                    "style": "deepObject",
                    "explode": True,
                    "example": {"a": 1},
                },
                {
                    "name": "q",
                    "in": "querystring",
                    "content": {"application/json": {"schema": {"type": "object"}}},
                },
            ]
        },
    }
    operation = read_operation(openapi({"/a/{id}/{other}": item}))
    found = {one.name: one for one in operation.parameters}
    assert list(found) == ["id", "page", "filter", "q", "other"]
    assert (found["id"].description, found["id"].required, found["id"].schema) == (
        "Of the operation.",
        True,
        {"type": "integer"},
    )
    assert (found["filter"].style, found["filter"].explode, found["filter"].examples[0].value) == (
        "deepObject",
        True,
        {"a": 1},
    )
    assert (found["q"].location, found["q"].media_type) == ("querystring", "application/json")
    assert found["other"].required
    codes = [fault.code for fault in operation.problems]
    assert sorted(codes) == ["dangling-reference", "malformed", "undeclared-parameter"]


def test_bodies_and_answers_have_contents() -> None:
    item_schema = {"type": "object", "properties": {"delta": {"type": "string"}}}
    post = {
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {
                    "schema": {"type": "object"},
                    "encoding": {"file": {"contentType": "image/png"}},
                    "examples": {
                        "one": {"summary": "One.", "value": 1},
                        "far": {"externalValue": "https://a/e"},
                    },
                }
            },
        },
        "responses": {
            200: {
                "description": "Fine.",
                "headers": {"X-Rate": {"schema": {"type": "integer"}}},
                "content": {"text/event-stream": {"itemSchema": item_schema}},
            },
            "4XX": {"$ref": "#/components/responses/Error"},
            "default": {"$ref": "#/components/responses/Absent"},
        },
    }
    responses = {"Error": {"description": "No.", "content": {"application/json": {}}}}
    operation = read_operation(openapi({"/a": {"post": post}}, "3.2.0", components={"responses": responses}))
    assert operation.body is not None
    [content] = operation.body.contents
    assert [(one.name, one.summary, one.value, one.url) for one in content.examples] == [
        ("one", "One.", 1, ""),
        ("far", "", None, "https://a/e"),
    ]
    assert content.encoding == {"file": {"contentType": "image/png"}}
    fine, error, other = operation.responses
    assert (fine.status, fine.contents[0].is_stream, fine.contents[0].schema) == ("200", True, item_schema)
    assert [header.name for header in fine.headers] == ["X-Rate"]
    assert (error.status, error.description, error.contents[0].schema) == ("4XX", "No.", {})
    assert other.contents == ()


def test_bodies_of_swagger_stand_among_its_parameters() -> None:
    form = {
        "consumes": ["application/x-www-form-urlencoded"],
        "parameters": [
            {"name": "token", "in": "header", "type": "string", "description": "A token.", "required": True},
            {
                "name": "tags",
                "in": "query",
                "type": "array",
                "items": {"type": "string"},
                "collectionFormat": "multi",
            },
            {"name": "text", "in": "formData", "type": "string", "required": True, "description": "Words."},
            {"name": "file", "in": "formData", "type": "file"},
        ],
        "responses": {"200": {"schema": {"type": "string"}, "examples": {"application/json": "yes"}}},
    }
    whole = {
        "parameters": [
            {"name": "pet", "in": "body", "required": True, "schema": {"$ref": "#/definitions/Pet"}}
        ],
        "responses": {},
    }
    root = swagger(
        {"/a": {"post": form, "put": whole}},
        produces=["application/json"],
        definitions={"Pet": {"type": "object"}},
    )
    operation = read_operation(root)
    assert operation.body is not None
    assert [one.media_type for one in operation.body.contents] == ["multipart/form-data"]
    assert operation.body.contents[0].schema == {
        "type": "object",
        "properties": {
            "text": {"type": "string", "description": "Words."},
            "file": {"type": "string", "format": "binary"},
        },
        "required": ["text"],
    }
    assert [(one.name, one.schema, one.style, one.explode) for one in operation.parameters] == [
        ("token", {"type": "string"}, "", None),
        ("tags", {"type": "array", "items": {"type": "string"}}, "form", True),
    ]
    assert operation.responses[0].contents[0].examples[0].value == "yes"
    other = read_operation(root, "putA")
    assert other.body is not None
    assert (other.body.required, other.body.contents[0].schema) == (True, {"$ref": "#/$defs/Pet"})


def test_json_has_every_key() -> None:
    told = as_json(read_operation(openapi({"/a": {"get": {}}})))
    assert told["body"] is None
    assert told["authentication"] == {"is_declared": False, "is_optional": False, "alternatives": []}
    assert told["servers"] == [{"url": "/", "description": "", "variables": {}, "declared_by": ""}]
