"""Runs in the designer that are answered by what is kept beside their definition: nothing is sent for them."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from httptask.cli.worker.own_runs import OwnRuns
from httptask.designer.kept_answers import kept_answers_of
from httptask.designer.watching import watch
from httptask.designer.workspace import Temporal, Workspace
from httptask.dsl.loader import load_text
from httptask.interpreter.fetch_status import SIMULATED_MEMO
from httptask.interpreter.workflow_types import WORKFLOW_TYPE, RunInput
from httptask.plugin import HttpTaskPlugin
from httptask.runs import ending
from httptask.testing import Reply, ScriptedServer
from support.designer import asked, workspace_of

TEXT = """\
document: { dsl: 1.0.3, namespace: tests, name: answered, version: 1.0.0 }
use: { secrets: [HOOK] }
input: { schema: { document: { type: object, required: [name], properties: { name: { type: string } } } } }
do:
  - ask:
      call: chatCompletion
      with: { model: m, messages: [{ role: user, content: "${ $workflow.input.name }" }] }
      output: { as: .text }
  - approval: { listen: { to: { one: { with: { type: ok } } } } }
  - tell:
      call: httpRequest
      with: { method: post, endpoint: "${ $secrets.HOOK }", body: { text: "${ $tasks.ask }" } }
"""
FIXTURES = """\
- request: { method: POST, url: https://api.openai.com/v1/chat/completions }
  responses:
    - { status: 429, headers: { retry-after: "0" } }
    - body: { choices: [{ index: 0, finish_reason: stop, message: { role: assistant, content: Hello } }] }
- request: { method: POST, url: $HOOK, match: { text: Hello } }
  responses: [{ text: ok }]
"""
NEW = {"path": "sub/one.yaml", "text": TEXT, "input": {"name": "Ann"}, "simulated": True}


@pytest_asyncio.fixture(loop_scope="session")
async def workspace(tmp_path: Path, temporal: WorkflowEnvironment) -> Workspace:
    """Without a key, and without a worker."""
    folder = tmp_path / "sub"
    folder.mkdir()
    (folder / "one.yaml").write_text(TEXT)
    address = temporal.client.service_client.config.target_host
    client = await Client.connect(address, plugins=[HttpTaskPlugin()])
    there = Temporal(client, "nobody-serves-this", "here", True, "httptask dev")
    return workspace_of(tmp_path, {}, there)


async def ended(client: httpx.AsyncClient, id_: str) -> dict[str, Any]:
    stream = await client.get(f"/api/runs/{id_}/events", timeout=30)
    told = [part for part in stream.text.split("\n\n") if part.startswith("event: ended")]
    record: dict[str, Any] = json.loads(told[0].split("\n")[1][6:])
    return record


async def until_it_waits(client: httpx.AsyncClient, id_: str) -> None:
    async with asyncio.timeout(30):
        while (await client.post(f"/api/runs/{id_}/emit", json={"data": {}})).status_code != 202:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.1)


async def test_a_run_goes_on_by_answers_that_are_kept(workspace: Workspace) -> None:
    fixtures = workspace.folder.root / "sub" / "fixtures"
    async with asked(workspace) as client:
        without = (await client.post("/api/runs/choices", json=NEW)).json()
        nothing = await client.post("/api/runs", json=NEW)
        fixtures.mkdir()
        (fixtures / "all.yaml").write_text(FIXTURES)
        choices = (await client.post("/api/runs/choices", json=NEW)).json()
        refused = await client.post("/api/runs", json={**NEW, "simulated": False})
        id_ = (await client.post("/api/runs", json=NEW)).json()["id"]
        await until_it_waits(client, id_)
        record = await ended(client, id_)
        rerun = await client.post(f"/api/runs/{id_}/rerun", json={**NEW, "task": "tell"})
        again = await ended(client, rerun.json()["id"])
        listed = {run["id"]: run for run in (await client.get("/api/runs")).json()}
    assert without["kept"] == {"folder": "sub/fixtures", "kept": [], "lacking": ["ask", "tell"], "faults": []}
    assert nothing.status_code == 422
    assert "no fixtures here" in nothing.json()["detail"]
    assert choices["setup"] == "Connection openai is not set up: OPENAI_API_KEY is missing"
    assert choices["kept"] == {"folder": "sub/fixtures", "kept": ["ask", "tell"], "lacking": [], "faults": []}
    assert refused.status_code == 422
    assert (record["state"], record["output"], record["simulated"]) == ("completed", "ok", True)
    assert record["tasks"][0]["attempt"] == 2
    assert all(listed[one]["simulated"] for one in (id_, rerun.json()["id"]))
    assert (again["output"], rerun.json()["report"]["simulated"]) == ("ok", True)
    assert [task["name"] for task in again["tasks"]] == ["tell"]


SHOP = """\
document: { dsl: 1.0.3, namespace: tests, name: shop, version: 1.0.0 }
use: { secrets: [KEY] }
do:
  - order:
      call: httpRequest
      with: { method: post, connection: shop, path: /orders, headers: { X-Key: "${ $secrets.KEY }" }, body: { amount: 2 } }
  - pay: { call: httpRequest, with: { method: get, connection: shop, path: /pay } }
  - ship: { call: httpRequest, with: { method: get, connection: shop, path: /ship } }
"""


async def test_answers_that_a_run_has_from_its_servers_stand_in_for_them_then(
    workspace: Workspace, tmp_path: Path
) -> None:
    (tmp_path / "sub" / "shop.yaml").write_text(SHOP)
    new: dict[str, Any] = {"path": "sub/shop.yaml", "text": SHOP, "record": True}
    script = [
        Reply.json({"id": "o-1", "echo": "geheim-4711"}),
        Reply.status(503, retry_after=0),
        Reply.json({"paid": True}),
        Reply.status(404),
        Reply.json({"sent": True}),
    ]
    async with ScriptedServer(script) as server, asked(workspace) as client:
        settings = f'[connections.shop]\nbase_url = "{server.url}"\nallow_private = ["loopback"]\n'
        (tmp_path / "httptask.toml").write_text(settings)
        lacking = await client.post("/api/runs", json=new)
        both = await client.post("/api/runs", json={**new, "simulated": True})
        before = (await client.get("/api/fixtures", params={"path": new["path"]})).json()
        environment = workspace.settings().environment
        assert isinstance(environment, dict)
        environment["KEY"] = "geheim-4711"
        id_ = (await client.post("/api/runs", json=new)).json()["id"]
        failed = await ended(client, id_)
        recorded = (await client.get(f"/api/runs/{id_}/recorded")).json()
        rerun = await client.post(f"/api/runs/{id_}/rerun", json={**new, "task": "ship"})
        mended = await ended(client, rerun.json()["id"])
        after = (await client.get("/api/fixtures", params={"path": new["path"]})).json()
        sent = len(server.requests)
        del environment["KEY"]
        again = (await client.post("/api/runs", json={**new, "record": False, "simulated": True})).json()[
            "id"
        ]
        replayed = await ended(client, again)
        unknown = await client.get(f"/api/runs/{again}/recorded")
    assert (lacking.status_code, both.status_code) == (422, 422)
    assert "KEY is missing" in lacking.json()["detail"]
    assert (before["kept"], before["lacking"]) == ([], ["order", "pay", "ship"])
    assert (failed["state"], mended["state"], mended["output"]) == ("faulted", "completed", {"sent": True})
    assert (recorded["folder"], recorded["answers"], len(recorded["files"])) == ("sub/fixtures", 4, 3)
    assert after == {"folder": "sub/fixtures", "kept": ["order", "pay", "ship"], "lacking": [], "faults": []}
    assert (sent, len(server.requests)) == (5, 5)
    assert (replayed["state"], replayed["simulated"], replayed["output"]) == (
        "completed",
        True,
        {"sent": True},
    )
    assert replayed["tasks"][1]["attempt"] == 2
    written = "".join(file.read_text() for file in (tmp_path / "sub" / "fixtures").iterdir())
    assert "[redacted:KEY]" in written
    assert "geheim-4711" not in written
    assert unknown.json() is None


async def test_a_request_without_its_key_is_tried_on_the_answer_that_is_kept(workspace: Workspace) -> None:
    fixtures = workspace.folder.root / "sub" / "fixtures"
    fixtures.mkdir()
    (fixtures / "all.yaml").write_text(FIXTURES)
    trial = {**NEW, "confirmed": True, "sample": {"input": NEW["input"], "outputs": {"ask": "Hello"}}}
    async with asked(workspace) as client:
        streams = [
            (await client.post("/api/test-requests", json={**trial, "task": task}, timeout=30)).text
            for task in ("ask", "tell")
        ]
        other = {**trial, "sample": {"input": NEW["input"], "outputs": {"ask": "Bye"}}, "task": "tell"}
        without = (await client.post("/api/test-requests", json=other, timeout=30)).text
    reports = [json.loads(one.split("event: report\ndata: ")[1].split("\n")[0])["report"] for one in streams]
    assert [one["outcome"]["downstream"] for one in reports] == ["Hello", "ok"]
    assert all(one["wire"]["simulated"] and "recorded answer" in one["wire"]["happened"] for one in reports)
    assert "event: setup" in without
    assert "event: report" not in without


async def test_a_run_that_goes_on_ends_with_who_has_its_answers(workspace: Workspace) -> None:
    fixtures = workspace.folder.root / "sub" / "fixtures"
    fixtures.mkdir()
    (fixtures / "all.yaml").write_text(FIXTURES)
    runs = workspace.own_runs
    assert isinstance(runs, OwnRuns)
    async with asked(workspace) as client:
        id_ = (await client.post("/api/runs", json=NEW)).json()["id"]
        await runs.end()
        record = await ended(client, id_)
    assert record["state"] == "terminated"
    assert "httptask dev has ended" in json.dumps(record["failure"])


async def test_a_run_whose_command_is_gone_is_told_and_ended(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ending, "_PATIENCE_SECONDS", 0.1)
    there = workspace.required_temporal()
    loaded = load_text(TEXT, "one.yaml")
    handle = await there.client.start_workflow(
        WORKFLOW_TYPE,
        RunInput(definition=loaded.data, sha256="0", input={"name": "Ann"}),
        id="answered-left",
        task_queue="httptask-run-gone",
        memo={"definition": "tests/answered:1.0.0", SIMULATED_MEMO: True},
    )
    told: list[tuple[str, Any]] = []
    is_told = asyncio.Event()

    def tell(name: str, data: Any) -> None:
        told.append((name, json.loads(data)))
        is_told.set()

    watching = asyncio.create_task(watch(there, handle.id, tell, workspace.past_runs, texts=False))
    async with asyncio.timeout(30), asked(workspace) as client:
        await is_told.wait()
        ended = await client.post(f"/api/runs/{handle.id}/cancel", json={})
        again = await client.post(f"/api/runs/{handle.id}/cancel", json={})
        await watching
    name, status = told[0]
    assert (name, status["state"], status["simulated"]) == ("status", "running", True)
    assert status["definition"] == "tests/answered:1.0.0"
    assert "no worker answers for this run" in status["impasse"]["last_failure"]
    assert ended.json()["state"] == "terminated"
    assert (told[-1][0], told[-1][1]["state"]) == ("ended", "terminated")
    assert again.status_code == 409


async def test_fixtures_that_are_faulty_are_told_by_file_and_place(workspace: Workspace) -> None:
    fixtures = workspace.folder.root / "sub" / "fixtures"
    fixtures.mkdir()
    (fixtures / "all.yaml").write_text("- request: { method: GET }\n")
    async with asked(workspace) as client:
        choices = (await client.post("/api/runs/choices", json=NEW)).json()
        started = await client.post("/api/runs", json=NEW)
    assert any(fault.startswith("sub/fixtures/all.yaml:1") for fault in choices["kept"]["faults"])
    assert choices["kept"]["lacking"] == ["ask", "tell"]
    assert started.status_code == 422


@pytest.mark.parametrize(
    ("task", "url", "is_kept"),
    [
        ("{ endpoint: 'https://a.example/b/{id}?q=1' }", "https://a.example/b/7?q=2", True),
        ("{ endpoint: 'https://a.example/b/{id}/c' }", "https://a.example/b/7", False),
        ("{ endpoint: 'https://a.example/b ${ .id } c' }", "https://a.example/b%207%20c", True),
        ("{ connection: shop, path: '/b/${ .id }' }", "https://shop.example/v1/b/7", True),
        ("{ connection: shop, path: '/b/${ .id }' }", "https://other.example/v1/b/7", False),
        ("{ connection: shop, path: /b, method: post }", "https://shop.example/v1/b", False),
        ("{ connection: elsewhere, path: /b }", "https://any.example/b", True),
    ],
    ids=["variable", "behind", "spaces", "connection", "other-server", "method", "unknown-connection"],
)
def test_a_request_is_told_by_method_and_address(
    tmp_path: Path, task: str, url: str, *, is_kept: bool
) -> None:
    workspace = workspace_of(tmp_path, {})
    (tmp_path / "httptask.toml").write_text('[connections.shop]\nbase_url = "https://shop.example/v1"\n')
    head = "document: { dsl: 1.0.3, namespace: tests, name: one, version: 1.0.0 }\n"
    with_ = task if "method" in task else task.replace("{ ", "{ method: get, ", 1)
    (tmp_path / "one.yaml").write_text(f"{head}do: [{{ read: {{ call: httpRequest, with: {with_} }} }}]\n")
    (tmp_path / "fixtures").mkdir()
    fixture = {"request": {"method": "get", "url": url}, "responses": [{}]}
    (tmp_path / "fixtures" / "one.json").write_text(json.dumps(fixture))
    _, program = workspace.readable("one.yaml", None)
    kept = kept_answers_of(workspace, "one.yaml", program, workspace.settings().config.connections)
    assert kept.lacking == ([] if is_kept else ["read"])


async def test_answers_are_not_read_from_outside_the_folder(workspace: Workspace, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    (outside / "all.yaml").write_text(FIXTURES)
    fixtures = workspace.folder.root / "sub" / "fixtures"
    fixtures.mkdir()
    (fixtures / "all.yaml").symlink_to(outside / "all.yaml")
    async with asked(workspace) as client:
        linked = [await client.post(path, json=NEW) for path in ("/api/runs", "/api/runs/choices")]
        (fixtures / "all.yaml").unlink()
        fixtures.rmdir()
        fixtures.symlink_to(outside)
        linked += [await client.post(path, json=NEW) for path in ("/api/runs", "/api/runs/choices")]
    assert [one.status_code for one in linked] == [404] * 4
