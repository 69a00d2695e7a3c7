"""Test requests of operations that an API document describes."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from httptask.activities.api_operation import OperationRequest
from httptask.catalog.catalog import Catalog
from httptask.catalog.project_documents import ProjectDocuments
from httptask.client.edge import Edge
from httptask.dsl.loader import load_text
from httptask.dsl.program import Program
from httptask.http.errors import HttpTaskError
from httptask.testing import Reply, ScriptedServer
from httptask.testrequest import (
    FoundOperation,
    Load,
    NotTestable,
    Reporter,
    Sample,
    find_operation,
    load_here,
    plan_request,
)
from support.api_documents import openapi
from support.connections import secret_store

SOURCE = "https://shop.example.com/openapi.json"
PATHS: dict[str, Any] = {
    "/pets/{id}": {
        "put": {
            "operationId": "changePet",
            "parameters": [
                {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
                {"name": "view", "in": "query", "schema": {"enum": ["short", "long"]}},
            ],
            "requestBody": {
                "content": {
                    "application/json": {
                        "schema": {"type": "object", "properties": {"age": {"type": "integer"}}}
                    }
                }
            },
            "responses": {
                "200": {
                    "description": "ok",
                    "content": {"application/json": {"schema": {"type": "object", "required": ["id"]}}},
                }
            },
        }
    }
}
API = openapi(PATHS, servers=[{"url": "https://shop.example.com/v1"}])
DEFINITION = """document: {{ dsl: 1.0.3, namespace: a, name: b, version: 1.0.0 }}
do:
  - change:
      call: openapi
      with:
        document: {{ endpoint: "{endpoint}" }}
        operationId: changePet
        parameters: {{ id: "${{ .id }}", view: tall, age: "${{ .age }}" }}
"""
SAMPLE = Sample(input={"id": "a b", "age": "old"})


def program_of(endpoint: str) -> Program:
    program = load_text(DEFINITION.format(endpoint=endpoint), "flow.yaml").program
    assert program is not None
    return program


async def found_in(folder: Path, endpoint: str, load: Load | None = None) -> FoundOperation:
    documents = ProjectDocuments(folder, folder / ".httptask", folder)
    found = await find_operation(program_of(endpoint), "change", SAMPLE, documents, load)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("endpoint", "called", "document"),
    [("file://api.json", "changePet", "api.json"), (SOURCE, "shop.changePet", "catalog/shop")],
    ids=["a file", "the catalogue"],
)
async def test_the_request_is_held_against_its_document(
    tmp_path: Path, endpoint: str, called: str, document: str
) -> None:
    data = json.dumps(API).encode()
    (tmp_path / "api.json").write_bytes(data)
    catalog = Catalog(tmp_path, tmp_path / ".httptask")
    catalog.add("api.json", {"api.json": data}.get, name="shop", source=SOURCE)
    found = await found_in(tmp_path, endpoint)
    program = program_of(endpoint)
    planned = plan_request(program, "change", SAMPLE, operation=found.operation)
    reporter = Reporter(program, planned, Edge({}, secret_store({})), catalog, found)
    prepared = await reporter.prepared()

    assert (prepared.method, prepared.uri) == ("PUT", "https://shop.example.com/v1/pets/a%20b?view=tall")
    assert (prepared.operation, prepared.document, prepared.document_sha256) == (
        called,
        document,
        found.operation.sha256,
    )
    assert [one.pointer for one in prepared.warnings] == ["/parameters/view", "/parameters/age"]
    where = "api.json" if document == "api.json" else "the catalogue"
    assert f"It calls {called} of {where}, and is not as its reference" in prepared.happened
    assert reporter.may_change_something


async def test_a_document_is_loaded_where_something_is_sent(tmp_path: Path) -> None:
    document = {**API, "servers": [{"url": "/v1"}]}
    async with ScriptedServer(lambda _: Reply.json(document)) as server:
        edge = Edge({}, secret_store({}), allow_private=["loopback"])
        found = await found_in(tmp_path, f"{server.url}/api.json", load_here(edge))
        await edge.aclose()
    assert found.operation.server == f"{server.url}/v1"
    assert found.described is not None
    program = program_of(f"{server.url}/api.json")
    planned = plan_request(program, "change", SAMPLE, operation=found.operation)
    reporter = Reporter(program, planned, edge, None, found)
    prepared = await reporter.prepared()
    assert prepared.document == f"{server.url}/api.json"
    assert len(prepared.warnings) == 2
    of_worker = Reporter(program, planned, edge, None, replace(found, described=None))
    assert (await of_worker.prepared()).operation == "changePet"


async def test_nothing_is_loaded_where_nothing_is_sent(tmp_path: Path) -> None:
    with pytest.raises(NotTestable, match=rf"`httptask catalog add {SOURCE}` keeps it here"):
        await found_in(tmp_path, SOURCE)


async def test_a_document_that_can_not_be_had(tmp_path: Path) -> None:
    async def load(request: OperationRequest) -> FoundOperation:
        raise HttpTaskError(f"nobody answers for {request.url}")

    with pytest.raises(HttpTaskError, match=SOURCE):
        await found_in(tmp_path, SOURCE, load)


async def test_other_tasks_have_no_document(tmp_path: Path) -> None:
    text = "document: { dsl: 1.0.3, namespace: a, name: b, version: 1.0.0 }\ndo: [{ a: { call: http, with: { method: get, endpoint: https://a.example.com } } }]\n"
    program = load_text(text, "flow.yaml").program
    assert program is not None
    documents = ProjectDocuments(tmp_path, tmp_path, tmp_path)
    assert await find_operation(program, "a", Sample(), documents, None) is None
