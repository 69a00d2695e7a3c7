import asyncio
import uuid
from dataclasses import replace

import pytest
from temporalio.testing import ActivityEnvironment, WorkflowEnvironment

from httptask.activities import run_watch
from httptask.activities.run_watch import RunOver, RunWatch

PATIENCE = 30


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_watch, "_INTERVAL", 0.05)


def within(temporal: WorkflowEnvironment, workflow_id: str, run_id: str) -> ActivityEnvironment:
    environment = ActivityEnvironment(client=temporal.client)
    environment.info = replace(
        environment.info, workflow_id=workflow_id, workflow_run_id=run_id, is_local=True
    )
    return environment


async def test_calls_that_follow_each_other_hear_that_their_run_is_cancelled(
    temporal: WorkflowEnvironment,
) -> None:
    handle = await temporal.client.start_workflow(
        "of_nobody", id=uuid.uuid4().hex, task_queue=uuid.uuid4().hex
    )
    await handle.cancel()
    watch = RunWatch()

    async def short_calls() -> None:
        while True:
            with watch.calling():
                pass
            await asyncio.sleep(0.01)

    async with asyncio.timeout(PATIENCE):
        with pytest.raises(RunOver):
            await within(temporal, handle.id, handle.result_run_id or "").run(short_calls)
    await handle.terminate()


async def test_nobody_asks_about_a_run_without_calls(temporal: WorkflowEnvironment) -> None:
    watch = RunWatch()

    async def calls() -> run_watch._Run:
        with watch.calling():
            pass
        [run] = watch._runs.values()
        async with asyncio.timeout(PATIENCE):
            while watch._runs:  # noqa: ASYNC110 - it is forgotten by a timer
                await asyncio.sleep(0.01)
        return run

    run = await within(temporal, "over", "over").run(calls)
    assert run._question is None
