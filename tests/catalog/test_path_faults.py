"""Paths that an API of the catalogue does not have, and which one was meant."""

import json
from pathlib import Path
from typing import Any

import pytest

from httptask.catalog.catalog import Catalog
from httptask.catalog.path_faults import path_faults
from httptask.connections.connection import Connection
from httptask.dsl.loader import load_text
from support.api_documents import openapi
from support.definitions import document

ANSWERS: dict[str, Any] = {"responses": {"200": {"description": "ok"}}}
PATHS: dict[str, Any] = {
    "/orders": {"post": ANSWERS, "get": ANSWERS},
    "/orders/{id}": {"get": ANSWERS},
    "/orders/{id}/items": {"get": ANSWERS},
    "/orders/{id}/item": {"post": ANSWERS},
    "/files/{name}.json": {"get": ANSWERS},
    "/search?kind=book": {"get": ANSWERS},
}
SERVER = "https://shop.example.com/v1"
CONNECTIONS = {
    "by-server": SERVER,
    "of-its-host": "https://shop.example.com",
    "elsewhere": "https://other.example.com/v1",
    "nowhere": "https://stage.example.com/api",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    catalog = Catalog(root, root / ".httptask")
    for name, servers in (("shop", [SERVER]), ("nowhere", [])):
        urls: list[Any] = [{"url": url} for url in servers]
        data = json.dumps(openapi(PATHS, servers=urls)).encode()
        catalog.add("api.json", {"api.json": data}.get, name=name)
    return root


def told(root: Path, connection: str, path: str, method: str = "get") -> str | None:
    task = {"call": "httpRequest", "with": {"connection": connection, "method": method, "path": path}}
    program = load_text(json.dumps(document(do=[{"send": task}])), "flow.yaml").program
    assert program is not None
    known = {name: Connection(name=name, base_url=url) for name, url in CONNECTIONS.items()}
    found = [*path_faults(program, known, root, root / ".httptask")]
    assert [(one.pointer, one.code, one.severity) for one in found] == [
        ("/do/0/send/with/path", "unknown-path", "warning")
    ] * len(found)
    return found[0].hint if found else None


MEANT = {
    ("by-server", "/orderz", "post"): "/orders",
    ("by-server", "/orderz/${ .id }?full=${ .full }", "get"): "/orders/${ .id }?full=${ .full }",
    ("by-server", "/orders/${ .a / .b }/itmes", "get"): "/orders/${ .a / .b }/items",
    ("by-server", "/orders/{id}/itemz", "post"): "/orders/{id}/item",
    ("by-server", "orderz/", "post"): "orders/",
    ("of-its-host", "/v1/orderz", "post"): "/v1/orders",
    ("nowhere", "/orderz", "get"): "/orders",
}


@pytest.mark.parametrize(("connection", "path", "method"), MEANT)
def test_a_path_that_is_misspelt(project: Path, connection: str, path: str, method: str) -> None:
    assert told(project, connection, path, method) == f"did you mean `{MEANT[connection, path, method]}`?"


FINE = [
    *(("by-server", path.partition("?")[0]) for path in PATHS),
    *(("by-server", path.replace("{id}", "${ .id }")) for path in PATHS),
    ("by-server", "/orders/7/items"),
    ("by-server", "/${ .what }"),  # it may be one of them
    ("by-server", "/customers"),  # near to none
    ("by-server", "/orders/7/itms/8"),
    ("by-server", "/"),
    ("of-its-host", "/orderz"),  # another API of the host may have it
    ("elsewhere", "/v1/orderz"),
    ("elsewhere", "/orderz"),
    ("unknown", "/orderz"),
]


@pytest.mark.parametrize(("connection", "path"), FINE)
def test_what_may_be_right_is_not_doubted(project: Path, connection: str, path: str) -> None:
    assert told(project, connection, path) is None


def test_an_entry_that_can_not_be_read_hides_nothing_else(tmp_path: Path) -> None:
    assert told(tmp_path, "by-server", "/orderz") is None
    catalog = Catalog(tmp_path, tmp_path / ".httptask")
    data = json.dumps(openapi(PATHS, servers=[{"url": SERVER}])).encode()
    catalog.add("api.json", {"api.json": data}.get, name="shop")
    (tmp_path / "catalog" / "broken").mkdir()
    (tmp_path / "catalog" / "broken" / "entry.json").write_text("{")
    assert told(tmp_path, "by-server", "/orderz") == "did you mean `/orders`?"
