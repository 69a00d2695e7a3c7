"""Which operation of the catalogue a request calls, and what is said of both."""

import json
from pathlib import Path
from typing import Any

import pytest

from httptask.catalog.catalog import Catalog
from httptask.http.models import HttpRequest, JsonBody, SecretReference
from httptask.testrequest.operation import CalledOperation, find_called
from support.api_documents import openapi

PET = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
LISTED = {
    "type": "object",
    "properties": {"pets": {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}}},
}
ANSWER = {"200": {"description": "ok", "content": {"application/json": {"schema": LISTED}}}}
PATHS: dict[str, Any] = {
    "/pets/{id}": {
        "get": {
            "operationId": "getPet",
            "responses": ANSWER,
            "parameters": [
                {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}},
                {"name": "view", "in": "query", "schema": {"enum": ["short", "long"]}},
                {"name": "tag", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}},
                {"name": "X-Shop", "in": "header", "required": True, "schema": {"type": "string"}},
            ],
        }
    },
    "/pets/all": {"get": {"operationId": "getAll", "responses": {"default": {"description": "any"}}}},
    "/pets": {
        "post": {
            "operationId": "addPet",
            "requestBody": {"required": True, "content": {"application/json": {"schema": PET}}},
            "responses": {"201": {"description": "made"}},
        }
    },
    "/orders": {
        "post": {
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": PET | {"additionalProperties": False}}},
            },
            "responses": {"201": {"description": "made"}},
        }
    },
}
SERVERS: list[Any] = [
    {"url": "https://{region}.shop.example.com/v1", "variables": {"region": {"default": "eu"}}}
]
BASE = "https://us.shop.example.com/v1"


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    folder = tmp_path_factory.mktemp("project")
    made = Catalog(folder, folder / ".httptask")
    for name, servers in (("shop", SERVERS), ("nowhere", [])):
        document = openapi(PATHS, components={"schemas": {"Pet": PET}}, servers=servers)
        made.add("api.json", {"api.json": json.dumps(document).encode()}.get, name=name)
    return made


@pytest.mark.parametrize(
    ("method", "uri", "connection", "name"),
    [
        ("GET", f"{BASE}/pets/7?view=short", "any", "shop.getPet"),
        ("GET", f"{BASE}/pets/all", None, "shop.getAll"),
        ("POST", f"{BASE}/pets", None, "shop.addPet"),
        ("GET", "https://other.example.com/v1/pets/7", None, None),
        ("GET", "https://us.shop.example.com/v2/pets/7", None, None),
        ("DELETE", f"{BASE}/pets/7", None, None),
        ("GET", "https://other.example.com/pets/7", "nowhere", "nowhere.getPet"),
        ("GET", "$BASE/pets/7", None, None),
    ],
    ids=[
        "one",
        "the plainest",
        "by method",
        "host",
        "version",
        "method",
        "by name of the connection",
        "a secret",
    ],
)
def test_found_by_method_host_and_path(
    catalog: Catalog, method: str, uri: str, connection: str | None, name: str | None
) -> None:
    found = find_called(catalog, method, uri, connection)
    assert (found and found.name) == name


def called(catalog: Catalog, method: str, path: str) -> CalledOperation:
    found = find_called(catalog, method, BASE + path, None)
    assert found is not None
    return found


def told(faults: list[Any]) -> list[str]:
    return [f"{fault.pointer} {fault.code}" for fault in faults]


REQUESTS: dict[str, tuple[str, dict[str, Any], list[str], list[str]]] = {
    "as it is described": ("/pets/7", {"view": "long", "tag": ["a"]}, ["x-shop"], []),
    "a value of the path": ("/pets/seven", {}, ["X-Shop"], ["/path/id unlike-reference"]),
    "a value of the query": ("/pets/7", {"view": "tall"}, ["X-Shop"], ["/query/view unlike-reference"]),
    "a name of the query": ("/pets/7", {"veiw": "long"}, ["X-Shop"], ["/query/veiw unknown"]),
    "a header": ("/pets/7", {}, [], ["/header/X-Shop missing"]),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_against_its_reference(catalog: Catalog, name: str) -> None:
    path, query, headers, expected = REQUESTS[name]
    request = HttpRequest(method="GET", url=path, query=query)
    assert told(called(catalog, "GET", path).request_faults(request, headers, None)) == expected


def test_a_body_against_its_reference(catalog: Catalog) -> None:
    operation = called(catalog, "POST", "/pets")
    request = HttpRequest(method="POST", url="/pets")
    assert told(operation.request_faults(request, [], None)) == ["/body missing"]
    wrong = request.model_copy(update={"body": JsonBody(value={"name": 7})})
    assert told(operation.request_faults(wrong, [], {"name": 7})) == ["/body/name unlike-reference"]
    misspelt, other = operation.request_faults(wrong, [], {"nmae": "Rex"}), {"kind": "dog"}
    assert [(one.pointer, one.hint) for one in misspelt] == [("/body/nmae", "did you mean `name`?")]
    assert told(operation.request_faults(wrong, [], other)) == ["/body unlike-reference"]
    closed = called(catalog, "POST", "/orders")  # which has two against a name that is misspelt
    assert told(closed.request_faults(wrong, [], {"nmae": "Rex"})) == ["/body/nmae misspelt"]
    both = closed.request_faults(wrong, [], {"nmae": "Rex", "kind": "dog"})
    assert both[0].message.endswith(": it has no kind")
    secret = SecretReference(pointer="/body/value/name", offset=0, name="NAME")
    hidden = wrong.model_copy(update={"secrets": (secret,)})
    assert told(operation.request_faults(hidden, [], {"name": 7})) == []


ANSWERS: dict[str, tuple[int, Any, list[str]]] = {
    "as it is described": (200, {"pets": [{"name": "Rex"}]}, []),
    "a member of another type": (200, {"pets": [{"name": 7}]}, ["/pets/0/name unlike-reference"]),
    "members that are not described": (
        200,
        {"pets": [{"name": "Rex", "a/b": 1}], "page": 2},
        ["/pets/0/a~1b unknown-field", "/page unknown-field"],
    ),
    "a status that is not described": (404, {}, [" unknown-status"]),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_against_its_reference(catalog: Catalog, name: str) -> None:
    status, content, expected = ANSWERS[name]
    operation = called(catalog, "GET", "/pets/7")
    assert told(operation.drift(status, {"content-type": "application/json"}, content)) == expected


@pytest.mark.parametrize(
    ("described", "written", "content", "expected"),
    [
        ("application/json", "text/html; charset=utf-8", "<p>Gateway</p>", [" media-type"]),
        ("application/json", "application/vnd.pets+json", {"pets": 7}, ["/pets unlike-reference"]),
        ("application/json", "text/html", None, []),
        ("application/json", "", "Rex", []),
        ("text/*", "text/plain", "Rex", [" unlike-reference"]),
        ("*/*", "image/png", "x", [" unlike-reference"]),
    ],
    ids=["a web page", "JSON by another name", "no body", "untold", "any text", "anything"],
)
def test_an_answer_of_another_media_type(
    described: str, written: str, content: Any, expected: list[str], tmp_path: Path
) -> None:
    answer = {"200": {"description": "ok", "content": {described: {"schema": LISTED}}}}
    paths = {"/pets/{id}": {"get": {**PATHS["/pets/{id}"]["get"], "responses": answer}}}
    document = openapi(paths, components={"schemas": {"Pet": PET}}, servers=SERVERS)
    made = Catalog(tmp_path, tmp_path / ".httptask")
    made.add("api.json", {"api.json": json.dumps(document).encode()}.get, name="shop")
    assert told(called(made, "GET", "/pets/7").drift(200, {"content-type": written}, content)) == expected
