"""Past runs: what they have for a definition as it is now, within bounds, read once."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from httptask.designer.past_runs import PastRuns
from httptask.designer.workspace import Temporal, Workspace
from httptask.runs.history import read_run
from httptask.runs.records import RunRecord
from support.designer import asked, events, workspace_of
from support.runs import running

TEXT = """\
document: { dsl: 1.0.3, namespace: tests, name: remembered, version: 1.0.0 }
input: { schema: { document: { type: object, required: [sku], properties: { sku: { type: string } } } } }
do:
  - order: { set: { id: 7 } }
  - note: { set: { id: "${ $tasks.order.id }" } }
"""
APPROVAL = """\
document: { dsl: 1.0.3, namespace: tests, name: once, version: 1.0.0 }
do:
  - approval: { listen: { to: { one: { with: { type: ok } } } } }
"""


@pytest_asyncio.fixture(loop_scope="session")
async def workspace(tmp_path: Path, temporal: WorkflowEnvironment) -> AsyncIterator[Workspace]:
    async with running(temporal) as runner:
        yield workspace_of(
            tmp_path, {}, Temporal(runner.client, runner.task_queue, "here", True, "httptask dev")
        )


async def test_the_latest_run_has_data_for_its_definition_as_it_is_now(workspace: Workspace) -> None:
    new = {"path": "remembered.yaml", "text": TEXT, "input": {"sku": "a"}}
    longer = TEXT.replace("  - note:", "  - first: { set: { a: 1 } }\n  - note:")
    other = TEXT.replace(
        '{ set: { id: "${ $tasks.order.id }" } }', "{ raise: { error: { type: t, status: 400 } } }"
    )
    async with asked(workspace) as client:

        async def latest(text: str, path: str = "remembered.yaml") -> Any:
            answer = await client.post("/api/runs/latest", json={"path": path, "text": text})
            assert answer.status_code == 200, answer.text
            return answer.json()

        assert await latest(TEXT) is None
        assert await latest(TEXT.partition("do:")[0] + "do: []") is None
        id_ = (await client.post("/api/runs", json=new)).json()["id"]
        await events(client, "GET", f"/api/runs/{id_}/events")
        found = await latest(longer)
        again = (await client.post(f"/api/runs/{id_}/rerun", json={**new, "task": "note"})).json()["id"]
        await events(client, "GET", f"/api/runs/{again}/events")
        watched = await events(client, "GET", f"/api/runs/{again}/events")
        [gone_on, by_name, refuses] = [
            await latest(longer),
            await latest(other, "copy.yaml"),
            await latest(TEXT.replace("sku: { type: string", "sku: { type: integer")),
        ]
        one = await client.get(f"/api/runs/{again}/outputs", params={"task": "order"})
        none = await client.get(f"/api/runs/{again}/outputs", params={"task": "first"})
        of_it, the_latest, of_another = [
            [run["id"] for run in (await client.get("/api/runs", params=asked_for)).json()]
            for asked_for in (
                {"definition": "tests/remembered"},
                {"definition": "tests/remembered", "limit": "1"},
                {"definition": "others/remembered"},
            )
        ]
    assert (of_it, the_latest, of_another) == ([again, id_], [again], [])
    assert (found["run"], found["input"]) == (id_, {"sku": "a"})
    assert found["outputs"] == {"order": {"id": 7}, "note": {"id": 7}}
    assert (gone_on["run"], gone_on["outputs"]) == (again, found["outputs"])  # of both runs
    assert {one["rerun_of"]["run"] for _, one in watched} == {id_}
    assert watched[-1][1]["rerun_of"]["reused"] == ["order"]
    assert by_name["outputs"].keys() == {"order"}  # note is of another kind now
    assert (refuses["has_input"], refuses["input"]) == (False, None)
    assert one.json()["output"] == found["outputs"]["order"]
    assert none.status_code == 404


async def test_executions_in_loops_tell_their_round_and_the_case_that_held(workspace: Workspace) -> None:
    text = (
        "document: { dsl: 1.0.3, namespace: tests, name: rounds, version: 1.0.0 }\n"
        'do:\n  - each: { for: { in: "${ [{id: 1}, {id: 2}] }" }, do: [{ note: { set: { id: "${ $item.id }" } } },\n'
        '      { route: { switch: [{ second: { when: "${ .id == 2 }", then: continue } }] } }] }\n'
    )
    async with asked(workspace) as client:
        id_ = (await client.post("/api/runs", json={"path": "rounds.yaml", "text": text})).json()["id"]
        *_, status, record = [
            one["tasks"] for _, one in await events(client, "GET", f"/api/runs/{id_}/events")
        ]
    assert [(task["name"], task["loops"]) for task in record] == [
        ("each", {}),
        ("note", {"item": "id: 1", "index": "0"}),
        ("route", {"item": "id: 1", "index": "0"}),
        ("note", {"item": "id: 2", "index": "1"}),
        ("route", {"item": "id: 2", "index": "1"}),
    ]
    for tasks in (status, record):
        assert [task["case"] for task in tasks] == [None, None, "", None, "second"]


async def test_what_is_large_is_told_by_its_size_and_given_by_itself(workspace: Workspace) -> None:
    text = (
        "document: { dsl: 1.0.3, namespace: tests, name: large, version: 1.0.0 }\n"
        'do:\n  - small: { set: { a: 1 } }\n  - much: { set: { a: "${ [range(40000)] }" } }\n'
    )
    async with asked(workspace) as client:
        id_ = (await client.post("/api/runs", json={"path": "large.yaml", "text": text})).json()["id"]
        ended = (await events(client, "GET", f"/api/runs/{id_}/events"))[-1][1]
        found = (await client.post("/api/runs/latest", json={"path": "large.yaml", "text": text})).json()
        one = await client.get(f"/api/runs/{id_}/outputs", params={"task": "much"})
        record = (await client.get(f"/api/runs/{id_}")).json()
    assert ended == record
    assert found["outputs"] == {"small": {"a": 1}}
    assert found["large"].keys() == {"much"}
    assert found["large"]["much"] > 200_000
    assert len(one.json()["output"]["a"]) == 40_000


async def test_a_run_that_has_ended_is_read_once_and_few_are_kept(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    async def counted(client: Any, id_: str) -> RunRecord:
        read.append(id_)
        return await read_run(client, id_)

    monkeypatch.setattr("httptask.designer.past_runs.read_run", counted)
    temporal = workspace.required_temporal()
    async with asked(workspace) as client:
        id_ = (await client.post("/api/runs", json={"path": "o.yaml", "text": APPROVAL})).json()["id"]
        for _ in range(2):
            assert (await client.get(f"/api/runs/{id_}")).json()["state"] == "running"
        assert len(read) == 2  # it goes on: it is read anew
        latest = {"path": "o.yaml", "text": APPROVAL}
        assert (await client.post("/api/runs/latest", json=latest)).json()["going"] == id_
        await client.post(f"/api/runs/{id_}/emit", json={"type": "ok"})
        await events(client, "GET", f"/api/runs/{id_}/events")
        for _ in range(2):
            assert (await client.get(f"/api/runs/{id_}")).json()["state"] == "completed"
        assert (await client.post("/api/runs/latest", json=latest)).json()["going"] is None
    assert len(read) == 4
    bounded = PastRuns(most_bytes=10)
    for _ in range(2):
        await bounded.read(temporal.client, id_)
    assert len(read) == 6
