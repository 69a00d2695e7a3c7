"""No answer of the designer holds a secret: whatever is asked, after requests that used them and got them back."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from httptask.config import load_config
from httptask.designer.app import create_api
from httptask.designer.workspace import Temporal, Workspace
from httptask.secrets.store import SecretStore
from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.canaries import CANARY, LONG, MIXED, SAFE, encoded
from support.designer import asked, workspace_of
from support.runs import running

VALUES = {"TOKEN": SAFE, "IN_QUERY": CANARY, "IN_BODY": LONG, "SHOP_KEY": MIXED}
CONFIG = """\
[connections.shop]
base_url = "{url}"
allow_private = ["loopback"]
authentication = {{ bearer = {{ token = "$secrets.SHOP_KEY" }} }}

"""
SECRET = '[secrets.{name}]\nenvironment = "{name}"\norigins = ["{url}"]\n'
CALL = """\
      call: httpRequest
      with:
        method: post
        connection: shop
        path: /{path}
        query: {{ key: "${{ $secrets.IN_QUERY }}" }}
        headers: {{ X-Token: "${{ $secrets.TOKEN }}" }}
        body: {{ key: "${{ $secrets.IN_BODY }}", sku: "${{ $workflow.input.sku }}" }}
"""
TEXT = """\
document: { dsl: 1.0.3, namespace: tests, name: echoes, version: 1.0.0 }
use: { secrets: [TOKEN, IN_QUERY, IN_BODY, SHOP_KEY] }
do:
  - order:
""" + CALL.format(path="good")  # fmt: skip
FAILING = TEXT + "  - fails:\n" + CALL.format(path="bad")
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Echo", "version": "1"},
    "paths": {"/e": {"get": {"operationId": "echo", "responses": {}}}},
}
CURL = f"curl https://shop.example/{SAFE} -H 'Authorization: Bearer {SAFE}'"


def echo(request: ServedRequest) -> Reply:
    """What was sent, in the body and in a header; an error for what is bad."""
    told = {
        "target": request.target,
        "headers": request.headers,
        "body": request.body.decode(),
        SAFE: encoded(CANARY),
    }
    status = 400 if "bad" in request.target else 200
    if status == 400:
        told = {
            "error": {"message": f"bad key {CANARY} {MIXED}", "code": request.headers.get("x-token")},
            **told,
        }
    return Reply.json(told, status=status, headers={"X-Request-Id": SAFE, "X-Key": MIXED})


@pytest_asyncio.fixture(loop_scope="session")
async def workspace(tmp_path: Path, temporal: WorkflowEnvironment) -> AsyncIterator[Workspace]:
    async with ScriptedServer(echo) as server:
        tables = [SECRET.format(name=name, url=server.url) for name in VALUES]
        file = tmp_path / "httptask.toml"
        file.write_text(CONFIG.format(url=server.url) + "\n".join(tables))
        (tmp_path / "echoes.yaml").write_text(TEXT)
        (tmp_path / ".env").write_text("".join(f"{name}='{value}'\n" for name, value in VALUES.items()))
        config = load_config(file, VALUES)
        secrets = SecretStore(config.secrets, VALUES)
        async with running(temporal, connections=config.connections, secrets=secrets) as runner:
            there = Temporal(runner.client, runner.task_queue, "here", True, "httptask dev")
            yield workspace_of(tmp_path, VALUES, there)
        assert SAFE in [
            request.headers.get("x-token") for request in server.requests
        ]  # the real ones went out


def calls(workspace: Workspace, run: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each route once, with values that it can do something with."""
    values: dict[str, Any] = {
        "path": "echoes.yaml",
        "text": FAILING,
        "pointer": "/do/0/order",
        "task": "fails",
        "task_input": {},
        "input": {"sku": "a"},
        "sample": {"input": {"sku": "a"}, "run": run},
        "expression": "[$secrets.TOKEN, $tasks.order, env, $ENV]",
        "position": 9,
        "confirmed": True,
        "edits": [{"op": "set", "pointer": "/do/0/order/with/path", "value": "/other"}],
        "source": "echo.json",
        "api": "echo",
        "operation": "echo",
        "curl": CURL,
        "names": ["SHOP_TOKEN"],
        "q": "echo",
        "id_": run,
        "name": "shop",
        "form": {"name": "shop", "base_url": "https://shop.example", "headers": {"X-Key": SAFE}},
        "value": SAFE,
        "base": "x",
        "configuration": {"connections": {"other": {"base_url": "https://other.example"}}},
    }
    document = create_api(workspace).openapi()
    for path, operations in document["paths"].items():
        for method, told in operations.items():
            schema = (
                told.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            )
            model = document["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], {})
            body = {key: values[key] for key in model.get("properties", {}) if key in values}
            if path == "/api/catalog":
                body |= {"text": json.dumps(DOCUMENT), "name": "echo"}
            if "DELETE" not in method.upper():
                named = values | ({"name": "SHOP_KEY"} if path.startswith("/api/secrets") else {})
                url = path.format(**{name.partition(":")[0]: value for name, value in named.items()})
                yield method, f"{url}?q=echo", {"json": body} if model else {}


async def test_no_answer_holds_a_secret_that_requests_have_used(workspace: Workspace) -> None:
    answers: dict[str, httpx.Response] = {}
    base = {"path": "echoes.yaml", "input": {"sku": "a"}}
    async with asked(workspace) as client:
        for text in (TEXT, FAILING):
            started = await client.post("/api/runs", json={**base, "text": text})
            run = started.json()["id"]
            answers[f"events {run}"] = await client.get(f"/api/runs/{run}/events", timeout=60)
        for method, url, options in [
            *calls(workspace, run),
            *calls(workspace, run),
        ]:  # what the first ones left is there for the others
            answers[f"{method} {url}"] = await client.request(method, url, timeout=60, **options)
    needles = [form for value in VALUES.values() for form in encoded(value)]
    leaks = [
        (asked_for, needle)
        for asked_for, answer in answers.items()
        for needle in needles
        if needle in answer.text or needle in str(answer.headers)
    ]
    assert leaks == []
    refused = {asked_for for asked_for, answer in answers.items() if answer.is_error}
    assert len(refused) < len(answers) / 2, refused
    told = "".join(answer.text for answer in answers.values())
    assert [name for name in VALUES if f"[redacted:{name}]" not in told] == []  # each came back
