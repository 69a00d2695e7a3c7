"""Collections of Postman: requests become tasks, variables input or secrets, and nothing is dropped in silence."""

import json
from typing import Any

import pytest

from httptask.catalog.errors import CatalogError
from httptask.catalog.importing import Imported
from httptask.catalog.postman import import_postman
from httptask.dsl.compile import compile_definition
from support.curl import definition_of

SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
KEY = "geheim-0123456789abcdef"
URL = "https://api.example.com/orders"
RAW_JSON = {"raw": {"language": "json"}}


def collection(*items: Any, schema: str = SCHEMA, **more: Any) -> dict[str, Any]:
    return {"info": {"name": "Shop", "schema": schema}, "item": list(items), **more}


def item(request: Any, name: str = "ask", **more: Any) -> dict[str, Any]:
    return {"name": name, "request": request, **more}


def one(request: Any, **more: Any) -> tuple[dict[str, Any], Imported]:
    """The arguments of the only task, and all that was made."""
    made = import_postman(collection(item(request), **more))
    compiled = compile_definition(definition_of(made))
    assert (compiled.faults, compiled.program is None) == ([], False)
    [task] = made.tasks.values()
    return task["with"], made


def posted(**body: Any) -> dict[str, Any]:
    return {"method": "POST", "url": URL, "body": body}


REQUESTS: dict[str, tuple[Any, dict[str, Any]]] = {
    "a URL alone": (URL, {"method": "get", "endpoint": URL}),
    "a URL without a scheme": ({"url": "api.example.com/a"}, {"method": "get", "endpoint": "http://api.example.com/a"}),
    "parts of a URL": (
        {
            "method": "DELETE",
            "url": {
                "raw": "ignored",
                "protocol": "https",
                "host": ["api", "example", "com"],
                "port": "8443",
                "path": ["orders", ":id", {"value": "ä b"}],
                "variable": [{"key": "id", "value": "7/8"}],
                "query": [
                    {"key": "since", "value": "2026-01-01T00:00"},
                    {"key": "off", "value": "1", "disabled": True},
                    {"key": "tag", "value": "a"},
                    {"key": "tag", "value": "b,c"},
                ],
            },
        },
        {
            "method": "delete",
            "endpoint": "https://api.example.com:8443/orders/7/8/%C3%A4%20b",
            "query": {"since": "2026-01-01T00:00", "tag": ["a", "b,c"]},
        },
    ),
    "a query that is encoded already": (
        {"url": f"{URL}?q=a+b&r=%41&flag"},
        {"method": "get", "endpoint": f"{URL}?q=a+b&r=%41&flag"},
    ),
    "values that are missing": (
        {"url": f"{URL}/:order-id?page={{{{page}}}}"},
        {
            "method": "get",
            "endpoint": f'{URL}/${{ $workflow.input["order-id"] }}',
            "query": {"page": "${ $workflow.input.page }"},
        },
    ),
    "values that Postman makes up": (
        {"url": f"{URL}/{{{{$guid}}}}", "header": [{"key": "X-At", "value": "{{$timestamp}} {{$isoTimestamp}}"}]},
        {
            "method": "get",
            "endpoint": f"{URL}/${{ $workflow.input.guid }}",
            "headers": {"X-At": "${ $task.startedAt.epoch.seconds } ${ $task.startedAt.iso8601 }"},
        },
    ),
    "headers": (
        {
            "url": URL,
            "header": [
                {"key": "X-A", "value": "{{known}} "},
                {"key": "X-Off", "value": "1", "disabled": True},
                {"key": "Postman-Token", "value": "1"},
            ],
        },
        {"method": "get", "endpoint": URL, "headers": {"X-A": "deep value"}},
    ),
    "headers as text": (
        {"url": URL, "header": "X-A: 1\nX-B: 2"},
        {"method": "get", "endpoint": URL, "headers": {"X-A": "1", "X-B": "2"}},
    ),
    "json": (
        posted(mode="raw", options=RAW_JSON, raw='{\n "a": 1.5, // why\n "b": {{b}}, "c": "{{c}}!", "d": {{number}}}'),
        {
            "method": "post",
            "endpoint": URL,
            "body": {"a": 1.5, "b": "${ $workflow.input.b }", "c": "${ $workflow.input.c }!", "d": 7},
        },
    ),
    "json of numbers that data would write otherwise": (
        posted(mode="raw", options=RAW_JSON, raw='{"a": 1.50}'),
        {"method": "post", "endpoint": URL, "headers": {"Content-Type": "application/json"}, "body": '{"a": 1.50}'},
    ),
    "text": (
        posted(mode="raw", raw="hello {{known}}"),
        {"method": "post", "endpoint": URL, "headers": {"Content-Type": "text/plain"}, "body": "hello deep value"},
    ),
    "form": (
        posted(mode="urlencoded", urlencoded=[{"key": "a b", "value": "{{x}}&"}, {"key": "n", "disabled": True}]),
        {"method": "post", "endpoint": URL, "form": {"a b": "${ $workflow.input.x }&"}},
    ),
    "parts and files": (
        posted(
            mode="formdata",
            formdata=[
                {"key": "note", "value": "x", "type": "text"},
                {"key": "photo", "type": "file", "src": ["/C:/a/b c.png"], "contentType": "image/png"},
            ],
        ),
        {
            "method": "post",
            "endpoint": URL,
            "multipart": [
                {"name": "note", "text": "x"},
                {
                    "name": "photo",
                    "base64": "${ $workflow.input.photo }",
                    "filename": "b c.png",
                    "contentType": "image/png",
                },
            ],
        },
    ),
    "a file": (
        posted(mode="file", file={"src": "/tmp/a.bin"}),
        {"method": "post", "endpoint": URL, "base64": "${ $workflow.input.file }"},
    ),
    "graphql": (
        posted(mode="graphql", graphql={"query": "query($id: ID!) {\n a }", "variables": '{"id": {{id}}}'}),
        {
            "method": "post",
            "endpoint": URL,
            "body": {"query": "query($id: ID!) {\n a }", "variables": {"id": "${ $workflow.input.id }"}},
        },
    ),
    "a body that is not sent": (
        {"url": URL, "body": {"mode": "raw", "raw": "x"}},
        {"method": "get", "endpoint": URL},
    ),
}  # fmt: skip
VARIABLES = [
    {"key": "known", "value": "deep {{inner}}"},
    {"id": "inner", "value": "value"},
    {"key": "number", "value": 7},
    {"key": "off", "value": "x", "disabled": True},
]


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_becomes_a_task(name: str) -> None:
    request, expected = REQUESTS[name]
    arguments, _ = one(request, variable=VARIABLES)
    assert arguments == expected


AUTHENTICATION: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, str | None]]] = {
    "bearer": (
        {"type": "bearer", "bearer": [{"key": "token", "value": KEY}]},
        {"bearer": {"token": "${ $secrets.EXAMPLE_TOKEN }"}},
        {"EXAMPLE_TOKEN": KEY},
    ),
    "a bearer token that is missing": (
        {"type": "bearer", "bearer": {"token": "{{access}}"}},
        {"bearer": {"token": "${ $secrets.ACCESS }"}},
        {"ACCESS": None},
    ),
    "basic of version 2.0": (
        {"type": "basic", "basic": {"username": "ann", "password": "{{pw}}"}},
        {"basic": {"username": "ann", "password": "${ $secrets.PW }"}},
        {"PW": KEY},
    ),
    "digest": (
        {"type": "digest", "digest": [{"key": "username", "value": "{{user}}"}, {"key": "password", "value": KEY}]},
        {"digest": {"username": "${ $workflow.input.user }", "password": "${ $secrets.EXAMPLE_PASSWORD }"}},
        {"EXAMPLE_PASSWORD": KEY},
    ),
    "oauth2 by itself": (
        {
            "type": "oauth2",
            "oauth2": [
                {"key": "grant_type", "value": "client_credentials"},
                {"key": "accessTokenUrl", "value": "https://id.example.com/token"},
                {"key": "clientId", "value": "app"},
                {"key": "clientSecret", "value": KEY},
                {"key": "scope", "value": "read write"},
                {"key": "accessToken", "value": "old-geheim"},
            ],
        },
        {
            "oauth2": {
                "authority": "https://id.example.com",
                "endpoints": {"token": "/token"},
                "grant": "client_credentials",
                "client": {
                    "id": "app",
                    "secret": "${ $secrets.EXAMPLE_CLIENT_SECRET }",
                    "authentication": "client_secret_basic",
                },
                "scopes": ["read", "write"],
            }
        },
        {"EXAMPLE_CLIENT_SECRET": KEY},
    ),
    "oauth2 that needs a person": (
        {"type": "oauth2", "oauth2": {"grant_type": "authorization_code", "accessToken": KEY}},
        {"bearer": {"token": "${ $secrets.EXAMPLE_TOKEN }"}},
        {"EXAMPLE_TOKEN": KEY},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", AUTHENTICATION)
def test_authentication_is_kept_without_the_credential(name: str) -> None:
    auth, policy, secrets = AUTHENTICATION[name]
    arguments, made = one(
        {"url": URL, "auth": auth}, variable=[{"key": "pw", "value": KEY, "type": "secret"}]
    )
    assert arguments["endpoint"] == {"uri": URL, "authentication": policy}
    assert {secret.name: secret.value for secret in made.secrets} == secrets
    assert "geheim" not in f"{made!r} {json.dumps(made.as_json())}"


@pytest.mark.parametrize(
    ("place", "found"),
    [("header", {"headers": {"X-It": "${ $secrets.MINE }"}}), ("query", {"query": {"X-It": "${ $secrets.MINE }"}})],
)  # fmt: skip
def test_api_keys_are_secrets_whatever_they_are_called(place: str, found: dict[str, Any]) -> None:
    auth = {"type": "apikey", "apikey": {"key": "X-It", "value": "{{mine}}", "in": place}}
    arguments, made = one({"url": URL, "auth": auth}, variable=[{"key": "mine", "value": KEY}])
    assert arguments == {"method": "get", "endpoint": URL, **found}
    assert KEY not in f"{made!r}"


def test_credentials_in_variables_headers_and_bodies_are_secrets() -> None:
    body = {"mode": "urlencoded", "urlencoded": [{"key": "client_secret", "value": "{{cs}}"}]}
    header = [{"key": "Authorization", "value": "Bearer {{jwt}}"}, {"key": "X-Tenant", "value": "{{hidden}}"}]
    _, made = one(
        {"method": "POST", "url": f"{URL}?api_key={KEY}", "header": header, "body": body},
        variable=[
            {"key": "cs", "value": f"{KEY}1"},
            {"key": "jwt", "value": f"{KEY}2"},
            {"key": "hidden", "value": f"{KEY}3", "type": "secret"},
        ],
    )
    assert {secret.name for secret in made.secrets} == {"CS", "JWT", "HIDDEN", "EXAMPLE_API_KEY"}
    assert KEY not in f"{made!r}"


def test_authentication_and_scripts_come_from_the_folders_around() -> None:
    def script(kind: str, text: str) -> dict[str, Any]:
        return {"listen": kind, "script": {"exec": [text]}}

    bearer = {"type": "bearer", "bearer": {"token": "{{token}}"}}
    basic = {"type": "basic", "basic": {"username": "a", "password": "{{pw}}"}}
    inner = {
        "name": "Inner",
        "item": [
            item(URL, "first", event=[script("test", "x()")]),
            item({"url": URL, "auth": bearer}, "own"),
        ],
        "auth": basic,
        "event": [script("prerequest", "y()"), script("test", "  ")],
    }
    outer = {"name": "Outer", "item": [inner, item({"url": URL, "auth": {"type": "noauth"}}, "none")]}
    made = import_postman(
        collection(outer, item(URL, "last"), auth=bearer, event=[script("prerequest", "z()")])
    )
    kinds = {
        name: list(endpoint["authentication"])
        if isinstance(endpoint := task["with"]["endpoint"], dict)
        else []
        for name, task in made.tasks.items()
    }
    assert kinds == {"first": ["basic"], "own": ["bearer"], "none": [], "last": ["bearer"]}
    assert made.notes == (
        "pre-request scripts are not kept, and none is run: those of the collection, Outer / Inner",
        "test scripts are not kept, and none is run: those of Outer / Inner / first",
    )


def test_values_come_from_the_command_then_the_environment_then_the_collection() -> None:
    environment = {
        "values": [{"key": "a", "value": "env"}, {"key": "b", "value": "env"}, {"key": "c", "enabled": False}]
    }
    variable = [{"key": name, "value": "own"} for name in "abc"]
    made = import_postman(
        collection(item("https://{{a}}.example.com/{{b}}/{{c}}"), variable=variable),
        environment=environment,
        values={"a": "given"},
    )
    assert made.tasks["ask"]["with"]["endpoint"] == "https://given.example.com/env/own"


def test_chosen_are_requests_and_folders_by_name() -> None:
    orders = {"name": "Orders", "item": [item(URL, "List all"), item(URL, "Create")]}
    data = collection(orders, item(URL, "Create"), item(URL, "Ping"))
    assert list(import_postman(data, only=["orders"]).tasks) == ["listAll", "create"]
    assert list(import_postman(data, only=["Orders / cr*", "ping"]).tasks) == ["create", "ping"]
    assert list(import_postman(data, only=["create"], taken={"create"}).tasks) == ["create2", "create3"]
    assert list(import_postman(data, only=["create"], name="file").tasks) == ["file", "file2"]
    with pytest.raises(CatalogError) as refused:
        import_postman(data, only=["oders"])
    assert refused.value.hint == "did you mean `Orders`?"


def test_what_no_task_can_send_is_left_out_by_its_place() -> None:
    signed = {"url": URL, "auth": {"type": "awsv4", "awsv4": []}}
    torn = {"url": f"{URL}/\ud800", "header": 1, "event": 1}
    odd = [item(signed, "signed"), item("{{base}}/a", "where"), {"name": "empty"}, item(torn, "torn")]
    folder = {"name": "Odd", "item": odd}
    made = import_postman(collection(folder, item(URL)))
    assert list(made.tasks) == ["ask"]
    told = {one.place: f"{one.message}; {one.hint}" for one in made.left_out}
    assert "authenticated by awsv4" in told["Odd / signed"]
    assert "variable base, which has no value; give it: --variable base=https://" in told["Odd / where"]
    assert "no request with a URL" in told["Odd / empty"]
    assert "half of a surrogate pair" in told["Odd / torn"]
    with pytest.raises(CatalogError, match=r"Odd / signed: .* 3 more can't be kept either"):
        import_postman(collection(folder))


def test_no_title_shows_a_credential() -> None:
    hook, key = (
        "https://hooks.slack.com/services/T0/B0/geheim0123456789",
        "ghp_0123456789abcdefghijABCDEFGHIJ",
    )
    posted = {"method": "POST", "url": hook}
    refused = item({"url": URL, "auth": {"type": "awsv4"}}, f"sign {key}")
    made = import_postman(
        collection(item(posted, hook), item(URL, f"ask {key}"), item(posted, hook[8:]), refused)
    )
    assert list(made.tasks) == ["postSlack", "ask", "postSlack2"]
    assert [one.place for one in made.left_out] == ["sign [redacted]"]


REFUSED: dict[str, tuple[Any, str]] = {
    "no object": ([], "no collection of Postman"),
    "a newer version": (collection(schema=SCHEMA.replace("v2.1.0", "v3.0.0")), "version v3.0.0"[9:]),
    "version 1": ({"id": "1", "requests": [], "order": []}, "a collection of version 1"),
    "an environment": ({"values": [], "_postman_variable_scope": "environment"}, "an environment of Postman"),
    "a HAR file": ({"log": {}}, "this is a HAR file"),
    "an API's document": ({"openapi": "3.1.0"}, "the document of an API"),
    "nothing in it": (collection(), "no request in the collection"),
    "a circle": (
        collection(item("https://a.example.com/{{a}}"), variable=[{"key": "a", "value": "{{a}}"}]),
        "the variable a stands for itself",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_is_refused_by_name(name: str) -> None:
    data, message = REFUSED[name]
    with pytest.raises(CatalogError) as refused:
        import_postman(data)
    assert message in refused.value.message
    assert refused.value.hint


def test_hundreds_of_requests_become_tasks() -> None:
    made = import_postman(collection(*(item(f"{URL}/{number}") for number in range(200))))
    assert len(made.tasks) == 200
    assert list(made.tasks)[-1] == "ask200"
