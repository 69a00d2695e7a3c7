"""Nobody who should not gets an answer, whatever route is asked."""

import json
import socket
from collections.abc import AsyncIterator, Iterator
from functools import cache
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Route

from httptask.designer.app import ROUTERS, create_api
from httptask.designer.safety import MAX_BODY_BYTES, bound_of
from httptask.designer.serving import Listening, listen
from support.designer import ADDRESS, TOKEN, asked, workspace_of

OUTSIDE = "what only its owner may read"
SETS = "document: { dsl: 1.0.3, namespace: n, name: d, version: 1.0.0 }\ndo:\n  - a: { set: { x: 1 } }\n"
JSON = {"content-type": "application/json"}
ODD_VALUES = {"path": f"{'a' * 300}.yaml", "pointer": "/do/²", "task": "/do/²"}
ODD_PAGES = ("/%00", "/assets/a.js%00", "/%ed%a0%80.js", f"/{'a' * 300}.js")
ASTRAY = (
    "../outside.yaml",
    "a/../../outside.yaml",
    "..%2Foutside.yaml",
    "%2e%2e/outside.yaml",
    "/etc/passwd",
    "//outside.yaml",
    "link.yaml",
    "secrets.yaml",
    "within/secret.yaml",
    "linked/outside.yaml",
    "httptask.toml",
    ".env",
    ".hidden/secret.yaml",
    "a\\..\\outside.yaml",
    "a\0.yaml",
)
"""Paths that lead out of the folder, or to what is no definition."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / ".hidden").mkdir(parents=True)
    (folder / ".hidden" / "secret.yaml").write_text(OUTSIDE)
    (tmp_path / "outside.yaml").write_text(OUTSIDE)
    (folder / ".env").write_text(f"KEY={OUTSIDE}\n")
    (folder / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    (folder / "linked").symlink_to(tmp_path)
    (folder / "secrets.yaml").symlink_to(".env")
    (folder / "within").symlink_to(".hidden")
    (folder / "one.yaml").write_text("do: []\n")
    return folder


@cache
def described() -> tuple[FastAPI, dict[str, Any]]:
    """The application, of no folder, and how it describes itself, which takes half a second."""
    api = create_api(cast("Any", None))
    return api, api.openapi()


def routes() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and description of each route, as the application itself tells them."""
    api, document = described()
    told = {
        (method.upper(), path): operation
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    known = {
        (method, f"/api{route.path_format}")
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }
    assert set(told) == known  # none is hidden from the description
    assert all(isinstance(route, APIRoute) for router in ROUTERS for route in router.routes)
    beside = {route.path for route in api.routes if isinstance(route, Route)}
    assert beside == {"/api/openapi.json"}
    for (method, path), operation in told.items():
        yield method, path, operation
    yield "GET", "/api/openapi.json", {}


def filled(route: str, **values: str) -> str:
    parts = [
        values.get(part[1:-1].partition(":")[0], "one.yaml") if part.startswith("{") else part
        for part in route.split("/")
    ]
    return "/".join(parts)


def model_of(told: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """The schema of a route's body; empty where it takes none."""
    content = told.get("requestBody", {}).get("content", {}).get("application/json", {})
    name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
    schema: dict[str, Any] = document["components"]["schemas"].get(name, {})
    return schema


def body_of(told: dict[str, Any], document: dict[str, Any], **values: Any) -> dict[str, Any]:
    """A body that fits a route's schema, with some values."""
    schema = model_of(told, document)
    made: dict[str, Any] = stand_in(schema, document) if schema else {}
    return made | {key: value for key, value in values.items() if key in schema.get("properties", {})}


def stand_in(schema: dict[str, Any], document: dict[str, Any]) -> Any:
    """A value that fits a schema: of an object what has to be there."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    simple: dict[str, Any] = {"array": [], "boolean": True, "integer": schema.get("minimum", 0)}
    if schema.get("type") == "object" or "properties" in schema:
        return {key: stand_in(schema["properties"][key], document) for key in schema.get("required", ())}
    return simple.get(schema.get("type", ""), "x")


STRANGERS: list[tuple[dict[str, str], int]] = [
    ({"host": "evil.example"}, 403),
    ({"host": "127.0.0.1"}, 403),
    ({"host": "127.0.0.1:7281"}, 403),
    ({"host": f"{ADDRESS}.evil.example"}, 403),
    ({"origin": "http://evil.example"}, 403),
    ({"origin": "null"}, 403),
    ({"origin": f"https://{ADDRESS}"}, 403),
    ({"origin": "http://127.0.0.1:3000"}, 403),
    ({"x-httptask-token": ""}, 401),
    ({"x-httptask-token": "another"}, 401),
    ({"x-httptask-token": f"{TOKEN} "}, 401),
]


async def test_no_route_answers_a_stranger(folder: Path) -> None:
    passed: list[Any] = []
    async with asked(workspace_of(folder, {})) as client:
        for (method, path, _), (headers, status) in product(routes(), STRANGERS):
            answer = await client.request(
                method, filled(path), headers=headers, json={} if method in ("POST", "PUT") else None
            )
            if answer.status_code != status:
                passed.append((method, path, headers, answer.status_code))
    assert passed == []


async def test_a_header_that_is_sent_twice_is_refused(folder: Path) -> None:
    async with asked(workspace_of(folder, {})) as client:
        for name, value in (("origin", f"http://{ADDRESS}"), ("x-httptask-token", TOKEN)):
            twice = [("host", ADDRESS), (name, value), (name, "another")]
            answer = await client.send(client.build_request("GET", "/api/project", headers=twice))
            assert answer.status_code in (401, 403), name


async def test_no_route_takes_a_body_that_is_too_large(folder: Path) -> None:
    passed: list[Any] = []

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(MAX_BODY_BYTES // (1 << 20) + 1):
            yield b" " * (1 << 20)

    async with asked(workspace_of(folder, {})) as client:
        for method, path, _ in routes():
            if method == "GET":
                continue
            length = str(bound_of(path) + 1)
            said = {"content-length": length, "content-type": "application/json"}
            answers = [await client.request(method, filled(path), headers=said, content=b"{}")]
            if bound_of(path) == MAX_BODY_BYTES:
                answers.append(
                    await client.request(
                        method, filled(path), headers={"content-type": "application/json"}, content=chunks()
                    )
                )
            passed += [(method, path) for answer in answers if answer.status_code != 413]
    assert passed == []


async def test_no_route_takes_what_a_form_of_another_page_could_send(folder: Path) -> None:
    passed: list[Any] = []
    async with asked(workspace_of(folder, {})) as client:
        for method, path, _ in routes():
            for kind in (
                "text/plain",
                "application/x-www-form-urlencoded",
                "multipart/form-data; boundary=x",
            ):
                if method == "GET":
                    continue
                answer = await client.request(
                    method, filled(path), content=b"{}", headers={"content-type": kind}
                )
                passed += [(method, path, kind)] if answer.status_code != 415 else []
    assert passed == []


async def test_no_route_leads_out_of_the_folder(folder: Path) -> None:
    before = (folder.parent / "outside.yaml").read_text()
    passed: list[Any] = []
    tried = 0
    _, document = described()
    async with asked(workspace_of(folder, {})) as client:
        for method, path, told in routes():
            for astray in ASTRAY:
                bodies = body_of(told, document, path=astray, text="do: []\n")
                in_body = "path" in bodies
                in_path = "{path" in path
                in_query = any(
                    (one["name"], one["in"]) == ("path", "query") for one in told.get("parameters", ())
                )
                # With a % it is a name like any other, unless in a URL's path.
                if not in_path and (not (in_body or in_query) or "%" in astray):
                    continue
                tried += 1
                url = filled(path, **({"path": astray.replace("\0", "%00")} if in_path else {}))
                query = {"path": astray, "task": "x"} if in_query else None
                answer = await client.request(method, url, json=bodies or None, params=query)
                if answer.status_code not in (404, 405) or OUTSIDE in answer.text:
                    passed.append((method, path, astray, answer.status_code))
    assert passed == []
    assert tried > len(ASTRAY) * 3
    assert (folder.parent / "outside.yaml").read_text() == before


async def test_no_value_of_any_route_leads_out_of_the_folder(folder: Path) -> None:
    """Whatever a value is called, newer ones too."""
    _, document = described()
    before = outside(folder)
    told: list[str] = []
    async with asked(workspace_of(folder, {})) as client:
        for method, path, operation in routes():
            body = body_of(operation, document)
            properties = model_of(operation, document).get("properties", {})
            texts = [key for key, schema in properties.items() if '"string"' in json.dumps(schema)]
            names = [part[1:-1].partition(":")[0] for part in path.split("/") if part.startswith("{")]
            for astray in ("../outside.yaml", "linked"):
                urls = [filled(path, **{name: quote(astray, safe="")}) for name in names]
                tries = [(url, body) for url in urls] + [
                    (filled(path), {**body, key: astray}) for key in texts
                ]
                for url, sent in tries or [(path, body)]:
                    answer = await client.request(method, url, params={"q": astray}, json=sent or None)
                    told += [f"{method} {url} {sent}"] if OUTSIDE in answer.text else []
    assert told == []
    assert outside(folder) == before


def outside(folder: Path) -> dict[str, bytes]:
    """All that stands beside a folder."""
    return {
        str(file): file.read_bytes()
        for file in folder.parent.rglob("*")
        if file.is_file() and not file.is_relative_to(folder)
    }


async def test_every_answer_binds_the_browser(folder: Path) -> None:
    async with asked(workspace_of(folder, {})) as client:
        for headers, path in (
            ({}, "/api/project"),
            ({"host": "x"}, "/"),
            ({}, "/nothing.js"),
            ({}, "/api/no"),
        ):
            answer = await client.get(path, headers=headers)
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe-eval" not in policy
            assert "script-src 'self';" in policy
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["referrer-policy"] == "no-referrer"
            assert answer.headers["cache-control"] == "no-store"
            assert "access-control-allow-origin" not in answer.headers


async def test_problems_are_told_as_such(folder: Path) -> None:
    async with asked(workspace_of(folder, {})) as client:
        missing = await client.get("/api/nothing")
        wrong = await client.post("/api/check", json={"path": "one.yaml", "text": {"secret": "sk-123"}})
    assert missing.headers["content-type"] == wrong.headers["content-type"] == "application/problem+json"
    assert missing.json()["status"] == 404
    assert wrong.json()["errors"][0]["place"] == "body.text"
    assert "sk-123" not in wrong.text


async def test_the_page_needs_no_token_and_leaves_its_folder_for_nobody(folder: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    (bundle / "assets").mkdir(parents=True)
    (bundle / "index.html").write_text("<title>page</title>")
    (bundle / "assets" / "a.js").write_text("1")
    (tmp_path / "key.txt").write_text(OUTSIDE)
    async with asked(workspace_of(folder, {}), bundle=bundle) as client:
        del client.headers["x-httptask-token"]
        assert (await client.get("/")).text == "<title>page</title>"
        assert (await client.get("/runs/last")).text == "<title>page</title>"
        assert (await client.get("/assets/a.js")).headers["content-type"].startswith("text/javascript")
        for astray in (
            "/../key.txt",
            "/%2e%2e/key.txt",
            "/assets/%2e%2e/%2e%2e/key.txt",
            "/nothing.js",
            *ODD_PAGES,
        ):
            answer = await client.get(astray)
            assert answer.status_code == 404, astray
            assert OUTSIDE not in answer.text
        assert (await client.get("/api/project")).status_code == 401
        assert (await client.post("/")).status_code == 405


async def test_what_fails_within_is_told_without_its_words(folder: Path) -> None:
    def failing() -> Any:
        raise RuntimeError(OUTSIDE)

    workspace = workspace_of(folder, {})
    object.__setattr__(workspace, "read_settings", failing)
    async with asked(workspace) as client:
        answer = await client.get("/api/project")
    assert answer.status_code == 500
    assert OUTSIDE not in answer.text
    assert json.loads(answer.text)["title"] == "Internal Server Error"


async def test_no_value_of_any_route_makes_it_fail(folder: Path) -> None:
    document = create_api(workspace_of(folder, {})).openapi()
    given = {"path": "one.yaml", "text": SETS, "task": "a", "pointer": "/do/0/a", "expression": "${ 1 }"}
    failed: list[Any] = []
    async with asked(workspace_of(folder, {})) as client:
        for method, path, told in routes():
            body = body_of(told, document, **given)
            names = [part[1:-1].partition(":")[0] for part in path.split("/") if part.startswith("{")]
            tries = [
                (filled(path, **{name: value}), json.dumps(body))
                for name in names
                for value in ("a" * 300, "%00", "a%00.yaml", "%ed%a0%80", "%0a")
            ]
            odd = ODD_VALUES.keys() & model_of(told, document).get("properties", {}).keys()
            tries += [(filled(path), json.dumps({**body, key: ODD_VALUES[key]})) for key in odd]
            for url, sent in tries:
                content = None if method == "GET" else sent
                answer = await client.request(method, url, content=content, headers=JSON)
                failed += [(method, url[:60], sent[-60:])] if answer.status_code == 500 else []
    assert failed == []


@pytest.mark.parametrize("odd", ['"\\ud800"', "[" * 1_000 + "]" * 1_000])
async def test_what_no_answer_could_hold_is_not_taken(folder: Path, odd: str) -> None:
    sent = f'{{"path": "one.yaml", "task": "a", "output": {odd}}}'
    async with asked(workspace_of(folder, {})) as client:
        refused = await client.put("/api/outputs", content=sent, headers=JSON)
        kept = await client.get("/api/outputs", params={"path": "one.yaml"})
    assert refused.status_code == 422
    assert "JSON" in refused.json()["detail"]
    assert kept.json()["outputs"] == {}


@pytest.mark.parametrize(
    "edit",
    [
        {"op": "insert", "list": "/do", "index": 10**400, "name": "n", "task": {}},
        {"op": "set", "pointer": "/do/²", "value": 1},
        {"op": "rename", "pointer": "", "name": "n"},
        {"op": "rename", "pointer": "/do/0/a", "name": "\\g<9>"},
        {"op": "rename_key", "pointer": "/do/0", "name": "b"},
    ],
)
async def test_no_edit_makes_the_designer_fail(folder: Path, edit: dict[str, Any]) -> None:
    async with asked(workspace_of(folder, {})) as client:
        answer = await client.post("/api/edits", json={"path": "one.yaml", "text": SETS, "edits": [edit]})
    assert answer.status_code == 422
    assert answer.json()["detail"]


def test_a_browser_leaves_out_the_port_of_http() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        listening = Listening(unused, "127.0.0.1")
        assert listening.addresses == [f"127.0.0.1:{listening.port}", f"localhost:{listening.port}"]
    taken = cast("socket.socket", SimpleNamespace(getsockname=lambda: ("::1", 80)))
    assert {"[::1]", "[::1]:80", "localhost", "127.0.0.1"} <= set(Listening(taken, "::1").addresses)


def test_a_port_that_is_taken_gives_way_to_any_and_one_that_is_refused_does_not() -> None:
    first = listen("127.0.0.1", 0)
    with first.socket, listen("127.0.0.1", first.port).socket as other:
        assert other.getsockname()[1] != first.port
    with pytest.raises(OSError, match="assign requested address"):
        listen("192.0.2.1", 0)
