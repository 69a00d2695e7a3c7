"""Test requests and runs, asked for as the page does, on a real server with a real worker."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from httptask.designer.app import create_api
from httptask.designer.workspace import Temporal, Workspace
from httptask.testing import Reply, ScriptedServer
from support.connections import local_connection, secret_store
from support.designer import asked, events, workspace_of
from support.runs import Runner, running

KEY = "sk-canary-4711-designer"
TEXT = """\
document: { dsl: 1.0.3, namespace: tests, name: orders, version: 1.0.0 }
use: { secrets: [TOKEN] }
input: { schema: { document: { type: object, required: [sku], properties: { sku: { type: string } } } } }
do:
  - order:
      call: httpRequest
      with:
        method: post
        connection: shop
        path: /orders/${ $workflow.input.sku }
        headers: { X-Token: "${ $secrets.TOKEN }" }
        body: { sku: "${ $workflow.input.sku }" }
      output: { as: .order }
  - note: { set: { id: "${ $tasks.order.id }" } }
"""
APPROVAL = """\
document: { dsl: 1.0.3, namespace: tests, name: waits, version: 1.0.0 }
do:
  - approval: { listen: { to: { one: { with: { type: ok, subject: '${ "order " + "7" }' } } } } }
"""


@pytest_asyncio.fixture(loop_scope="session")
async def server() -> AsyncIterator[ScriptedServer]:
    reply = Reply.json({"order": {"id": 7, "echo": KEY}}, headers={"X-Request-Id": KEY})
    async with ScriptedServer([reply]) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session")
async def runner(temporal: WorkflowEnvironment, server: ScriptedServer) -> AsyncIterator[Runner]:
    connections = {"shop": local_connection("shop", server.url)}
    async with running(temporal, connections=connections, secrets=secret_store({"TOKEN": KEY})) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session")
async def workspace(tmp_path: Path, runner: Runner, server: ScriptedServer) -> Workspace:
    (tmp_path / "orders.yaml").write_text(TEXT)
    temporal = Temporal(runner.client, runner.task_queue, "here", True, "httptask dev")
    found = workspace_of(tmp_path, {"TOKEN": KEY}, temporal)
    connection = f'[connections.shop]\nbase_url = "{server.url}"\nallow_private = ["loopback"]\n'
    (tmp_path / "httptask.toml").write_text(connection)
    return found


def trial(**options: Any) -> dict[str, Any]:
    return {"path": "orders.yaml", "text": TEXT, "task": "order", **options}


async def test_a_request_is_tried_and_reported(workspace: Workspace, server: ScriptedServer) -> None:
    sample = {"values": {"input.sku": "a/b"}}
    before = len(server.requests)
    async with asked(workspace) as client:
        asks = await events(client, "POST", "/api/test-requests", json=trial())
        dry = await events(client, "POST", "/api/test-requests", json=trial(sample=sample, dry=True))
        bare = await events(client, "POST", "/api/test-requests", json=trial(dry=True))
        confirms = await events(client, "POST", "/api/test-requests", json=trial(sample=sample))
        assert len(server.requests) == before
        sent = await events(client, "POST", "/api/test-requests", json=trial(sample=sample, confirmed=True))
    assert [(name, data["names"]) for name, data in asks] == [("missing", ["input.sku"])]
    assert [(name, data["names"]) for name, data in bare] == [("missing", ["input.sku"])]
    assert [name for name, _ in dry] == ["planned"]
    assert dry[0][1]["confirm"] == confirms[-1][1]["detail"]
    assert [name for name, _ in confirms] == ["planned", "confirm"]
    assert [name for name, _ in sent] == ["planned", "sent", "report"]
    report = sent[-1][1]["report"]
    assert report["response"]["status"] == 200
    assert report["outcome"]["downstream"]["id"] == 7
    assert report["prepared"]["headers"]["X-Token"] == "$TOKEN"
    assert "Idempotency-Key" in report["prepared"]["headers"]
    assert "Idempotency-Key" not in report["prepared"]["curl"]
    assert server.requests[-1].target.endswith("/orders/a%2Fb")
    assert KEY not in json.dumps([asks, dry, confirms, sent])


async def test_a_request_that_is_cancelled_or_left_lets_go_of_its_server(
    workspace: Workspace, server: ScriptedServer
) -> None:
    server.script = [Reply(silent=True)]
    body = trial(sample={"input": {"sku": "a"}}, confirmed=True, id="one-of-them")
    cancel = "/api/test-requests/one-of-them"
    async with asyncio.timeout(30), asked(workspace) as client:
        cancelled = asyncio.create_task(events(client, "POST", "/api/test-requests", json=body))
        await server.requests_received(1)
        [same] = await events(client, "POST", "/api/test-requests", json=body)
        assert (same[0], same[1]["status"]) == ("failed", 409)
        twice = await asyncio.gather(client.delete(cancel), client.delete(cancel))
        assert [one.status_code for one in twice] == [204, 204]
        assert [name for name, _ in await cancelled] == ["planned", "sent", "cancelled"]
        assert (await client.delete(cancel)).status_code == 404
        await server.client_left()

        left = asyncio.create_task(events(client, "POST", "/api/test-requests", json=body))
        await server.requests_received(2)
        left.cancel()
        await server.client_left(2)
        while (await client.delete(cancel)).status_code == 204:  # which waits for its end
            pass

        ended = asyncio.create_task(events(client, "POST", "/api/test-requests", json=body))
        await server.requests_received(3)
        await workspace.streams.end()
        await server.client_left(3)
        assert [name for name, _ in await ended] == ["planned", "sent", "cancelled"]
        assert (await client.post("/api/test-requests", json=body)).status_code == 503


async def test_what_is_not_set_up_is_told_by_name(workspace: Workspace, tmp_path: Path) -> None:
    poor = workspace_of(tmp_path, {}, workspace.temporal())
    async with asked(poor) as client:
        told = await events(
            client, "POST", "/api/test-requests", json=trial(sample={"input": {"sku": "a"}}, confirmed=True)
        )
        looked = await events(
            client, "POST", "/api/test-requests", json=trial(sample={"input": {"sku": "a"}}, dry=True)
        )
        run = await client.post(
            "/api/runs", json={"path": "orders.yaml", "text": TEXT, "input": {"sku": "a"}}
        )
    assert told[-1][0] == "setup"
    assert "TOKEN is missing" in told[-1][1]["detail"]
    assert "export TOKEN=" in told[-1][1]["fix"]
    assert [name for name, _ in looked] == [name for name, _ in told] == ["planned", "setup"]
    assert looked[1] == told[1]
    for stage in (looked, told):
        prepared = stage[0][1]["prepared"]
        assert prepared["happened"] == f"Not sent. {told[1][1]['detail']}."
        assert (prepared["change"], prepared["warnings"]) == (told[1][1]["fix"], [])
    assert run.status_code == 422
    assert run.json()["missing"] == ["TOKEN"]


CHAT = """\
document: { dsl: 1.0.3, namespace: tests, name: chats, version: 1.0.0 }
do:
  - ask:
      call: chatCompletion
      with: { model: m, messages: [{ role: user, content: Hi }] }
      output: { as: { said: "${ .text }" } }
  - item: { call: httpRequest, with: { method: get, connection: shop, path: /items/1 } }
  - all: { call: httpRequest, with: { method: get, connection: shop, path: /items } }
"""
ITEMS = {
    "openapi": "3.1.0",
    "info": {"title": "shop", "version": "1"},
    "paths": {
        "/items/{id}": {
            "get": {
                "operationId": "getItem",
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": {
                    "200": {
                        "description": "it",
                        "content": {"application/json": {"example": {"id": 1, "name": "Rope"}}},
                    }
                },
            }
        },
        "/items": {
            "get": {
                "operationId": "listItems",
                "responses": {
                    "200": {
                        "description": "them",
                        "content": {
                            "application/json": {
                                "schema": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}}
                            }
                        },
                    }
                },
            }
        },
    },
    "components": {
        "schemas": {
            "Item": {
                "type": "object",
                "properties": {
                    "id": {"type": "integer", "readOnly": True},
                    "name": {"type": "string"},
                    "code": {"type": "string", "writeOnly": True},
                    "extra": {"type": "object"},
                },
            }
        }
    },
}


async def test_without_a_key_an_answer_is_simulated(workspace: Workspace, tmp_path: Path) -> None:
    config = tmp_path / "httptask.toml"
    config.write_text(config.read_text() + 'headers = { K = "$secrets.SHOP_KEY" }\n')
    poor = workspace_of(tmp_path, {}, workspace.temporal())
    body = {"path": "orders.yaml", "text": CHAT}
    async with asked(poor) as client:
        source = {"source": "shop.json", "text": json.dumps(ITEMS), "name": "shop"}
        assert (await client.post("/api/catalog", json=source)).status_code == 201
        asks = await events(client, "POST", "/api/test-requests", json={**body, "task": "ask"})
        dry = await events(client, "POST", "/api/test-requests", json={**body, "task": "ask", "dry": True})
        items = await events(client, "POST", "/api/test-requests", json={**body, "task": "item"})
        all_ = await events(client, "POST", "/api/test-requests", json={**body, "task": "all"})
    assert [name for name, _ in asks] == [name for name, _ in items] == ["planned", "setup", "report"]
    assert [name for name, _ in dry] == ["planned", "setup"]
    assert asks[1][1]["detail"] == "Connection openai is not set up: OPENAI_API_KEY is missing"
    report = asks[2][1]["report"]
    assert report["wire"]["simulated"] is True
    assert "nothing was sent" in report["wire"]["happened"]
    assert report["outcome"]["downstream"] == {"said": "This answer is made up: no model was asked."}
    assert items[2][1]["report"]["outcome"]["downstream"] == {"id": 1, "name": "Rope"}
    listed = all_[2][1]["report"]
    assert listed["outcome"]["downstream"] == [{"id": 1, "name": "name", "extra": {}}]
    assert "does not tell which fields" in listed["wire"]["happened"]
    for part in ("response", "outcome"):
        assert not {"size", "timing", "drift"} & listed[part].keys()
        assert re.match("Made up: no server|Nothing was sent", listed[part]["happened"])


async def test_a_run_is_started_watched_and_gone_on_from(workspace: Workspace) -> None:
    new = {"path": "orders.yaml", "text": TEXT, "input": {"sku": "a"}}
    async with asked(workspace) as client:
        refused = await client.post("/api/runs", json={**new, "input": {}})
        started = await client.post("/api/runs", json=new)
        assert started.status_code == 201, started.text
        id_ = started.json()["id"]
        watched = await events(client, "GET", f"/api/runs/{id_}/events")
        record = (await client.get(f"/api/runs/{id_}")).json()
        plan = await client.post(f"/api/runs/{id_}/rerun", json={**new, "task": "note", "dry": True})
        again = await client.post(f"/api/runs/{id_}/rerun", json={**new, "task": "note"})
        rerun = await events(client, "GET", f"/api/runs/{again.json()['id']}/events")
        nobody = await client.get("/api/runs/nobody")
        sampled = await client.post(
            "/api/evaluate",
            json={
                "path": "orders.yaml",
                "text": TEXT,
                "pointer": "note",
                "expression": "$tasks.order.id + 1",
                "sample": {"run": id_},
            },
        )
    bases = {datetime.fromisoformat(told["started_at"]) for event, told in watched if event != "changes"}
    assert bases == {datetime.fromisoformat(record["started_at"])}  # one: no bar moves when the run ends
    assert refused.status_code == 422
    assert refused.json()["faults"] == [{"pointer": "/sku", "message": "a value is needed here"}]
    assert watched[-1][0] == "ended"
    assert watched[-1][1]["state"] == record["state"] == "completed"
    assert record["output"] == {"id": 7}
    assert plan.json()["report"]["calls"] == 1
    assert rerun[-1][1]["output"] == {"id": 7}
    assert nobody.status_code == 404
    assert sampled.json()["value"] == 8
    assert KEY not in json.dumps([watched, record, rerun])


async def test_a_run_that_waits_gets_its_event_and_another_is_ended(workspace: Workspace) -> None:
    new = {"path": "w.yaml", "text": APPROVAL}
    async with asked(workspace) as client:
        id_ = (await client.post("/api/runs", json=new)).json()["id"]
        async with asyncio.timeout(30):
            while not (awaited := (await client.get(f"/api/runs/{id_}/awaited")).json()):  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.05)
        other_order = {"type": "ok", "subject": "order 8", "data": {"by": "Bob"}}
        kept = await client.post(f"/api/runs/{id_}/emit", json=other_order)
        meant = {"type": "ok", "subject": awaited[0]["subject"], "data": {"by": "Ann"}}
        emitted = await client.post(f"/api/runs/{id_}/emit", json=meant)
        ended = await events(client, "GET", f"/api/runs/{id_}/events")
        other = (await client.post("/api/runs", json=new)).json()["id"]
        cancelled = await client.post(f"/api/runs/{other}/cancel")
        gone = await events(client, "GET", f"/api/runs/{other}/events")
    assert awaited == [{"task": "approval", "type": "ok", "source": None, "subject": "order 7"}]
    assert kept.json()["tasks"] == []
    assert (emitted.status_code, emitted.json()["tasks"]) == (202, ["approval"])
    assert ended[-1][1]["output"] == [{"by": "Ann"}]
    assert ended[-1][1]["state"] == "completed"
    assert cancelled.status_code == 202
    assert gone[-1][1]["state"] == "cancelled"


async def test_expressions_are_completed_and_tried(workspace: Workspace) -> None:
    def body(expression: str, **sample: Any) -> dict[str, Any]:
        base = {"path": "orders.yaml", "text": TEXT, "pointer": "/do/1/note", "sample": sample}
        return {**base, "expression": expression, "position": len(expression)}

    async def labels(client: httpx.AsyncClient, expression: str, **sample: Any) -> list[str]:
        found = await client.post("/api/completions", json=body(expression, **sample))
        assert found.status_code == 200, found.text
        return [one["label"] for one in found.json()]

    async with asked(workspace) as client:
        assert "$tasks" in await labels(client, "$")
        assert await labels(client, "$tasks.") == ["order"]
        assert await labels(client, "$tasks.order.i", outputs={"order": {"id": 1, "x": 2}}) == ["id"]
        assert await labels(client, "$workflow.input.") == ["sku"]
        assert await labels(client, "1 + .na", task_input={"name": "Ann"}) == ["name"]
        wrong = (await client.post("/api/evaluate", json=body(".a +"))).json()
        lacks = (await client.post("/api/evaluate", json=body("$tasks.order.id"))).json()
        value = (await client.post("/api/evaluate", json=body("$tasks.order", outputs={"order": [1]}))).json()
    assert wrong["error"]["message"]
    assert lacks["error"]["missing"]["outputs"] == ["order"]
    assert (value["value"], value["error"]) == ([1], None)


async def test_its_own_description_is_an_api_of_the_catalogue(workspace: Workspace) -> None:
    description = json.dumps(create_api(workspace).openapi())
    curl = f"curl https://api.example.com/v1/items -H 'Authorization: Bearer {KEY}' -d @/etc/passwd"
    headers = f"curl https://api.example.com/v1/items -H 'Authorization: Bearer {KEY}'"
    base = {"path": "orders.yaml", "text": TEXT}
    async with asked(workspace) as client:
        source = {"source": "designer.json", "text": description, "name": "designer"}
        added = await client.post("/api/catalog", json=source)
        assert added.status_code == 201, added.text
        found = (await client.get("/api/catalog/search", params={"q": "cancel a test request"})).json()
        unasked = (await client.get("/api/catalog/search", params={"q": " ", "limit": 5})).json()
        best = found["operations"][0]["name"].partition(".")[2]
        page = await client.get(f"/api/catalog/designer/operations/{best}")
        prepared = await client.post(
            "/api/catalog/prepare",
            json={**base, "api": "openai", "operation": "createChatCompletion", "values": {"model": "m"}},
        )
        file = await client.post("/api/catalog/import", json={**base, "curl": curl})
        imported = await client.post("/api/catalog/import", json={**base, "curl": headers})
        body = f"{headers} -d '{{\"a\": 1}}'"
        [as_form, as_json] = [
            await client.post("/api/catalog/import", json={**base, "curl": body, "as_json": asked})
            for asked in (False, True)
        ]
        outside = await client.post("/api/catalog", json={"source": "/etc/passwd"})
        assert (await client.get("/api/directory", params={"q": "git"})).json()
        assert (await client.delete("/api/catalog/designer")).status_code == 204
        listed = (await client.get("/api/catalog")).json()
    assert added.json()["operations"] == len(json.loads(description)["paths"]) + sum(
        len(methods) - 1 for methods in json.loads(description)["paths"].values()
    )
    assert "test-requests" in page.json()["path"]
    assert [one["name"].partition(".")[0] for one in unasked["operations"]] == ["designer"] * 5
    assert prepared.json()["task"]["call"] == "chatCompletion"
    assert prepared.json()["body_schema"]["properties"]["messages"]
    assert file.status_code == 422
    assert "not read here" in file.json()["detail"]
    assert KEY not in imported.text
    assert imported.json()["secrets"]
    assert [one.json()["json_as_form"] for one in (imported, as_form, as_json)] == [
        [],
        ["postItems"],
        ["postItems"],
    ]
    assert [one.json()["tasks"][0]["task"]["with"]["body"] for one in (as_form, as_json)] == [
        '{"a": 1}',
        {"a": 1},
    ]
    assert outside.status_code == 422
    assert [one["api"] for one in listed] == ["openai"]


async def test_a_connection_is_added(workspace: Workspace) -> None:
    table = {"connections": {"other": {"base_url": "https://other.example"}}}
    async with asked(workspace) as client:
        added = await client.post("/api/connections/prepared", json={"configuration": table})
        again = await client.post("/api/connections/prepared", json={"configuration": table})
        project = (await client.get("/api/project")).json()
    assert added.status_code == 201, added.text
    assert again.status_code == 422
    assert {one["name"] for one in project["connections"]} == {"openai", "other", "shop"}
    assert project["worker"]["state"] == "ready"
    assert KEY not in json.dumps([added.json(), project])


async def test_an_input_that_is_too_large_is_refused_with_its_bound(workspace: Workspace) -> None:
    async with asked(workspace) as client:
        for size in (3_000_000, 5_000_000):  # the server's bound, and that of its connection
            given = {"path": "w.yaml", "text": APPROVAL, "input": "x" * size}
            refused = await client.post("/api/runs", json=given)
            assert refused.status_code == 422, refused.text
            assert "2 MiB" in refused.json()["hint"]
