"""Schedules, asked for as the page does, on a real server."""

import asyncio
import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest
from temporalio.testing import WorkflowEnvironment

from httptask.designer.routes import schedules
from httptask.designer.workspace import Temporal
from httptask.starts import NotServed
from support.designer import asked, workspace_of

TEXT = """\
document: { dsl: 1.0.3, namespace: tests, name: nightly, version: 1.0.0 }
schedule: { cron: 0 2 * * MON }
input: { schema: { document: { type: object, required: [days] } } }
do: [{ done: { set: { days: "${ .days }" } } }]
"""


async def listed(client: httpx.AsyncClient, id_: str, *, there: bool = True) -> Any:
    """One of the list, which Temporal brings up to date a moment later."""
    for _ in range(200):
        found = [one for one in (await client.get("/api/schedules")).json() if one["id"] == id_]
        if bool(found) is there:
            return found[0] if found else None
        await asyncio.sleep(0.1)
    raise AssertionError(f"{id_}: {'never' if there else 'still'} listed")


async def test_what_keeps_the_worker_from_serving_it_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "nightly.yaml").write_text(TEXT)
    (tmp_path / "broken.yaml").write_text(TEXT.replace("nightly", "broken") + "  - x: [\n")

    async def not_served(*_: Any) -> None:
        raise NotServed("no definition tests/nightly:1.0.0 is served", "serve it")

    monkeypatch.setattr(schedules, "compare_with_served", not_served)
    client: Any = None  # nothing is asked of it
    hints: list[str] = []
    for own_worker in (True, False):
        temporal = Temporal(client, "queue", "here", own_worker, "httptask dev")
        async with asked(workspace_of(tmp_path, {}, temporal)) as page:
            new = {"path": "nightly.yaml", "text": TEXT, "input": {"days": 1}}
            refused = await page.post("/api/schedules", json=new)
        assert refused.status_code == 422
        hints.append(refused.json()["hint"])
    assert hints == [
        "correct broken.yaml: until then no definition of the folder can be run by its name",
        "serve it",
    ]


async def test_the_own_worker_may_take_moments_to_serve_what_was_saved(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "nightly.yaml").write_text(TEXT)
    told: list[NotServed | None] = [NotServed("the worker serves another", "start it anew"), None]

    async def served(*_: Any) -> None:
        if (refusal := told.pop(0)) is not None:
            raise refusal

    async def created(*_: Any) -> None: ...

    monkeypatch.setattr(schedules, "compare_with_served", served)
    monkeypatch.setattr(schedules, "create_schedule", created)
    client: Any = None  # nothing is asked of it
    async with asked(workspace_of(tmp_path, {}, Temporal(client, "queue", "here", True, "dev"))) as page:
        new = {"path": "nightly.yaml", "text": TEXT, "input": {"days": 1}}
        answer = await page.post("/api/schedules", json=new)
    assert (answer.status_code, told) == (201, [])


async def test_a_form_is_filled_with_what_is_written_though_it_be_none(tmp_path: Path) -> None:
    (tmp_path / "nightly.yaml").write_text(TEXT)
    schedules = {
        "": {"is_there": False, "cron": None, "every": None, "after": None},
        "{ cron: 0 2 * * MON }": {"is_there": True, "cron": "0 2 * * MON", "every": None, "after": None},
        "{ every: { minutes: 90 }, cron: at nine }": {
            "is_there": True,
            "cron": "at nine",
            "every": {"written": '{"minutes": 90}', "seconds": 5_400},
            "after": None,
        },
        "{ after: 5 m }": {
            "is_there": True,
            "cron": None,
            "every": None,
            "after": {"written": "5 m", "seconds": None},
        },
        "{}": {"is_there": True, "cron": None, "every": None, "after": None},
    }
    told: list[Any] = []
    async with asked(workspace_of(tmp_path, {})) as client:
        for written in schedules:
            text = TEXT.replace(
                "schedule: { cron: 0 2 * * MON }\n", f"schedule: {written}\n" if written else ""
            )
            answer = await client.post("/api/schedules/written", json={"path": "nightly.yaml", "text": text})
            told.append(answer.json())
    assert told == list(schedules.values())


async def test_a_schedule_is_told_created_paused_triggered_and_deleted(
    temporal: WorkflowEnvironment, tmp_path: Path
) -> None:
    id_, queue = f"nightly-{uuid.uuid4().hex[:8]}", f"nobody-{uuid.uuid4().hex[:8]}"
    (tmp_path / "nightly.yaml").write_text(TEXT)
    workspace = workspace_of(tmp_path, {}, Temporal(temporal.client, queue, "here", False, "httptask dev"))
    new = {"path": "nightly.yaml", "text": TEXT, "id": id_, "input": {"days": 1}}
    path = f"/api/schedules/{id_}"
    bare = TEXT.replace("schedule: { cron: 0 2 * * MON }\n", "")
    wrong: list[dict[str, Any]] = [{"zone": "Nowhere"}, {"input": {}}, {"text": bare}]
    async with asked(workspace, timeout=60) as client:
        plan = await client.post("/api/schedules", json={**new, "zone": "Europe/Berlin", "dry": True})
        refused = [await client.post("/api/schedules", json={**new, **one}) for one in wrong]
        assert (await client.post(f"{path}/pause", json={})).status_code == 404
        created = await client.post("/api/schedules", json=new)
        again = await client.post("/api/schedules", json=new)
        assert created.status_code == 201, created.text
        assert (await client.post(f"{path}/pause", json={"reason": "the shop is down"})).status_code == 202
        paused = await listed(client, id_)
        assert (await client.post(f"{path}/resume", json={})).status_code == 202
        going = await listed(client, id_)
        run = (await client.post(f"{path}/trigger")).json()["run"]
        assert (await client.delete(path)).status_code == 204
        await listed(client, id_, there=False)
        gone = await client.post(f"{path}/trigger")
    await temporal.client.get_workflow_handle(run).terminate()
    assert plan.json()["when"] == "at 02:00 on Monday (Europe/Berlin)"
    assert plan.json()["created"] is False
    assert len(plan.json()["next"]) == 5
    assert "the next start is left out" in plan.json()["policies"][0]
    assert [one.status_code for one in refused] == [422, 422, 422]
    assert "schedule: { cron" in refused[2].json()["hint"]
    assert "no worker" in created.json()["note"]
    assert again.status_code == 409
    assert (paused["paused"], paused["definition"]) == (True, "tests/nightly:1.0.0")
    assert (paused["input"], paused["zone"], plan.json()["overlap"]) == ({"days": 1}, "UTC", "skip")
    assert (going["paused"], bool(going["next"])) == (False, True)
    assert gone.status_code == 404
