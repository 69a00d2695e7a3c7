"""A run that somebody watches: its status is told once, and then what changes of it."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from temporalio.testing import WorkflowEnvironment

from httptask.designer.watching import Told, watch
from httptask.designer.workspace import Temporal
from httptask.interpreter.status import RunStatus, TaskStatus
from support.designer import asked, workspace_of
from support.runs import running

STEPS = "".join(f"  - step{number}: {{ set: {{ number: {number} }} }}\n" for number in range(9))
TEXT = f"""\
document: {{ dsl: 1.0.3, namespace: tests, name: watched, version: 1.0.0 }}
do:
{STEPS}  - approval: {{ listen: {{ to: {{ one: {{ with: {{ type: ok }} }} }} }} }}
"""


async def test_a_run_is_told_once_and_then_what_changes(
    tmp_path: Path, temporal: WorkflowEnvironment
) -> None:
    watched: list[tuple[str, Any]] = []
    waits = asyncio.Event()

    def tell(name: str, data: Any) -> None:
        watched.append((name, json.loads(data)))
        if any(task["state"] == "waiting" for task in watched[-1][1]["tasks"]):
            waits.set()

    async with asyncio.timeout(30), running(temporal) as runner:
        there = Temporal(runner.client, runner.task_queue, "here", True, "httptask dev")
        workspace = workspace_of(tmp_path, {}, there)
        async with asked(workspace) as client:
            new = {"path": "watched.yaml", "text": TEXT}
            id_ = (await client.post("/api/runs", json=new)).json()["id"]
            watching = asyncio.create_task(watch(there, id_, tell, workspace.past_runs, texts=False))
            await waits.wait()
            before = len(watched)
            emitted = await client.post(f"/api/runs/{id_}/emit", json={"type": "ok", "data": {"by": "Ann"}})
            assert emitted.status_code == 202, emitted.text
            await watching
    (first, tasks), (_, record) = watched[0], watched[-1]
    assert [first, *{name for name, _ in watched[1:-1]}] == ["status", "changes"]
    assert [[task["id"] for task in told["tasks"]] for _, told in watched[before:-1]] == [["approval"]]
    known = {task["id"]: task for _, told in [(first, tasks), *watched[1:-1]] for task in told["tasks"]}
    assert {id_: task["state"] for id_, task in known.items()} == {
        task["id"]: task["state"] for task in record["tasks"]
    }


def test_tasks_that_are_not_behind_those_told_before_are_told_as_a_whole() -> None:
    def status(*names: str, state: Any = "running", **facts: Any) -> RunStatus:
        tasks = [
            TaskStatus(id=name, name=name, pointer="/do", kind="set", started_at=datetime.now(UTC))
            if name not in known
            else known[name]
            for name in names
        ]
        known.update({task.id: task for task in tasks})
        return RunStatus(workflow="w", version="1", sha256="", tasks=tasks, state=state, **facts)

    known: dict[str, TaskStatus] = {}
    told = Told({"definition": "tests/w:1"})

    def tell(*names: str, **facts: Any) -> tuple[str, list[str], list[str]] | None:
        event = told.event_of(status(*names, **facts))
        if event is None:
            return None
        data = json.loads(event[1])
        return event[0], [task["id"] for task in data["tasks"]], data.get("gone", [])

    assert tell("a", "b") == ("status", ["a", "b"], [])
    assert tell("a", "b") is None
    assert tell("a", "b", "c") == ("changes", ["c"], [])
    assert tell("b", "c", "d", omitted=1) == ("changes", ["d"], ["a"])
    assert tell("b", "c", "d", omitted=1, state="completed") == ("changes", [], [])
    assert tell("b", "e", "c", "d") == ("status", ["b", "e", "c", "d"], [])
