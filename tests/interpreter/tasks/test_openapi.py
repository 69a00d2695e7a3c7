"""`call: openapi`: the document once in a run, then requests as its operation has them."""

import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from httptask.catalog.project_documents import ProjectDocuments
from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.api_documents import openapi, swagger
from support.cluster import events_of
from support.connections import secret_store
from support.runs import Runner, running

ORDERS: dict[str, Any] = {
    "/orders/{id}": {
        "parameters": [{"name": "id", "in": "path", "required": True}],
        "put": {
            "operationId": "changeOrder",
            "parameters": [
                {"name": "dry", "in": "query"},
                {"name": "X-Token", "in": "header"},
                {"name": "lang", "in": "cookie"},
            ],
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {
                        "schema": {
                            "type": "object",
                            "properties": {"count": {"type": "integer"}, "note": {"type": "string"}},
                            "required": ["count"],
                        }
                    }
                },
            },
            "responses": {"200": {"description": "OK", "content": {"application/json": {}}}},
        },
    }
}
SERVED: dict[str, Any] = {
    "/api.json": openapi(ORDERS, servers=[{"url": "/v1"}]),
    "/elsewhere.json": openapi(ORDERS, servers=[{"url": "https://elsewhere.example.com"}]),
    "/page.html": "<html>",
}
FAULTS = {
    "an operation that is not there": (
        "/api.json",
        "operationId: changeOder",
        "the document has no operation `changeOder`: did you mean `changeOrder`?",
    ),
    "a parameter that is not there": (
        "/api.json",
        "operationId: changeOrder, parameters: { id: 1, coutn: 2 }",
        "the operation changeOrder has no parameter `coutn`: did you mean `count`?",
    ),
    "a parameter that is missing": (
        "/api.json",
        "operationId: changeOrder, parameters: { count: 2 }",
        "the operation changeOrder needs `id` (path)",
    ),
    "a member of the body that is missing": (
        "/api.json",
        "operationId: changeOrder, parameters: { id: 1, note: n }",
        "the operation changeOrder needs `count` (body)",
    ),
    "no body": (
        "/api.json",
        "operationId: changeOrder, parameters: { id: 1 }",
        "the operation changeOrder needs `body`, or `count`, `note`",
    ),
    "a server that nobody allows": (
        "/elsewhere.json",
        "operationId: changeOrder, parameters: { id: 1, count: 2 }",
        "elsewhere.example.com is not among the allowed_hosts of httptask.toml",
    ),
    "no document": ("/page.html", "operationId: a", "the document is HTML or XML, no API document"),
}

CHANGES = """
use: { secrets: [TOKEN] }
do:
  - change:
      call: openapi
      with:
        document: { endpoint: "%s/api.json" }
        operationId: changeOrder
        parameters:
          id: a/b
          dry: ${ .dry }
          X-Token: ${ $secrets.TOKEN }
          lang: en
          count: ${ .n }
        output: response
"""
LOOPS = """
do:
  - loop:
      for: { each: n, in: "${ [1, 2] }" }
      do:
        - each:
            call: map
            with:
              in: ${ [1, 2] }
              concurrency: 2
              do:
                - change:
                    call: openapi
                    with:
                      document: { endpoint: "%s/api.json" }
                      operationId: changeOrder
                      parameters: { id: "${ $n }${ $item }", body: { count: 1 } }
"""
KEPT = """
do:
  - change:
      call: openapi
      with:
        document: { endpoint: "%s" }
        operationId: changeOrder
        parameters: { id: 1, count: 1 }
"""
ADDS = """
do:
  - add:
      call: openapi
      with: { document: { endpoint: "%s/api.json" }, operationId: add, parameters: { pet: { a: 1 } } }
"""


def answer(request: ServedRequest) -> Reply:
    found = SERVED.get(request.target)
    if isinstance(found, str):
        return Reply.of(found.encode(), headers={"Content-Type": "text/html"})
    return Reply.json({"ok": request.target} if found is None else found)


@pytest_asyncio.fixture(loop_scope="session")
async def server() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer(answer) as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def runner(temporal: WorkflowEnvironment) -> AsyncIterator[Runner]:
    async with running(
        temporal, allow_private=["loopback"], secrets=secret_store({"TOKEN": "s3cret-value"})
    ) as found:
        yield found


async def test_values_go_where_the_document_has_them(runner: Runner, server: ScriptedServer) -> None:
    outcome = await runner.run(CHANGES % server.url, {"n": 2, "dry": None})

    document, sent = server.requests
    assert (document.method, document.target) == ("GET", "/api.json")
    assert (sent.method, sent.target, sent.json()) == ("PUT", "/v1/orders/a%2Fb", {"count": 2})
    assert (sent.headers["x-token"], sent.headers["cookie"]) == ("s3cret-value", "lang=en")
    assert sent.headers["accept"] == "application/json"
    assert outcome.output["content"] == {"ok": "/v1/orders/a%2Fb"}
    assert outcome.output["request"]["headers"]["X-Token"] == "$TOKEN"


@pytest.mark.parametrize("length", [None, 4], ids=["branches at the same time", "continued runs"])
async def test_the_document_is_loaded_once_and_stays_as_it_was(
    runner: Runner, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, length: int | None
) -> None:

    def once(request: ServedRequest) -> Reply:
        is_again = request.target == "/api.json" and len(server.requests) > 1
        return Reply.json(openapi({})) if is_again else answer(request)

    monkeypatch.setattr(server, "script", once)
    outcome = await runner.outcome(await runner.start(LOOPS % server.url, continue_as_new_after=length))

    [started] = await events_of(outcome.handle, "workflow_execution_started")
    before = started.workflow_execution_started_event_attributes.continued_execution_run_id
    assert bool(before) == (length is not None)
    targets = sorted(request.target for request in server.requests)
    assert targets == ["/api.json", *(f"/v1/orders/{n}{item}" for n in (1, 2) for item in (1, 2))]


async def test_history_has_the_operation_and_not_the_document(
    runner: Runner, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    body: dict[str, Any] = {"name": "pet", "in": "body", "schema": {}}
    paths: dict[str, Any] = {"/pets": {"post": {"operationId": "add", "parameters": [body]}}}
    text = json.dumps(swagger({**paths, "/other": {"get": {"description": "x" * 2_000_000}}}))

    def large(request: ServedRequest) -> Reply:
        return Reply.of(text.encode()) if request.target == "/api.json" else Reply.json({})

    monkeypatch.setattr(server, "script", large)
    outcome = await runner.run(ADDS % server.url)

    assert outcome.output == {}
    assert (server.requests[1].target, server.requests[1].json()) == ("/pets", {"a": 1})
    assert "idempotency-key" in server.requests[1].headers
    completed, _ = await events_of(outcome.handle, "activity_task_completed")
    [payload] = completed.activity_task_completed_event_attributes.result.payloads
    operation = json.loads(payload.data)
    assert operation["operation_id"] == "add"
    assert operation["sha256"] == hashlib.sha256(text.encode()).hexdigest()
    assert len(payload.data) < 1000


async def test_a_document_that_is_kept_is_not_asked_for(
    temporal: WorkflowEnvironment, server: ScriptedServer, tmp_path: Path
) -> None:
    (tmp_path / "api.json").write_text(json.dumps(openapi(ORDERS, servers=[{"url": server.url}])))
    definition = KEPT % "file://api.json"
    documents = ProjectDocuments(tmp_path, tmp_path, tmp_path)
    async with running(temporal, allow_private=["loopback"], documents=documents) as runner:
        outcome = await runner.run(definition)

    assert [request.target for request in server.requests] == ["/orders/1"]
    completed, _ = await events_of(outcome.handle, "activity_task_completed")
    [payload] = completed.activity_task_completed_event_attributes.result.payloads
    assert json.loads(payload.data)["kept"] == "api.json"


@pytest.mark.parametrize("address", ["file://api.json", "${ $workflow.input }"])
async def test_a_path_that_leads_nowhere(runner: Runner, address: str) -> None:
    problem = (await runner.run(KEPT % address, "file://api.json")).problem
    told = "the document `file://api.json` is a file" if "$" not in address else "`file://api.json` is a path"
    assert told in problem["detail"]
    assert problem["instance"] == "/do/0/change"


@pytest.mark.parametrize("name", FAULTS)
async def test_faults(runner: Runner, server: ScriptedServer, name: str) -> None:
    path, arguments, detail = FAULTS[name]
    outcome = await runner.run(
        f'do: [{{ a: {{ call: openapi, with: {{ document: {{ endpoint: "{server.url}{path}" }}, {arguments} }} }} }}]'
    )

    assert outcome.problem["detail"].startswith(detail)
    assert len(server.requests) == 1
