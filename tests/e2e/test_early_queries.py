"""A query that comes while a local activity is under way leaves a history that can be replayed."""

import asyncio
import threading
import uuid
from datetime import timedelta

import pytest
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, Worker

from httptask.plugin import HttpTaskPlugin, workflow_runner
from support.cluster import address_of, events_of

A_MINUTE = timedelta(minutes=1)


class Moments:
    """What happens when, as a process of a worker and its test agree."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.ended = threading.Event()
        self.touched = threading.Event()


moments = Moments()


@activity.defn
async def is_asked() -> None:
    """Ends when the workflow is asked, or half a second later."""
    await asyncio.to_thread(moments.asked.wait, 0.5)
    moments.ended.set()


@activity.defn
async def anything() -> None: ...


@workflow.defn(sandboxed=False)
class Asked:
    """Looks once at its worker, and calls an activity."""

    @workflow.run
    async def run(self) -> None:
        await workflow.execute_local_activity(is_asked, start_to_close_timeout=A_MINUTE)
        await workflow.execute_activity(anything, start_to_close_timeout=A_MINUTE)

    @workflow.query
    def status(self) -> str:
        """Takes until the local activity has ended, and the update has come."""
        if not moments.ended.is_set():
            moments.asked.set()
            moments.ended.wait(10)
            moments.touched.wait(0.5)
        return "running"

    @workflow.update
    async def touch(self) -> None: ...


@pytest.mark.parametrize(
    ("longest", "failed"),
    [pytest.param(5.0, 0, id="that-waits"), pytest.param(0.0, 1, id="that-is-answered-at-once")],
)
async def test_a_query(
    temporal: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch, longest: float, failed: int
) -> None:
    monkeypatch.setattr(workflow_runner, "LONGEST_WAIT", longest)
    monkeypatch.setitem(globals(), "moments", Moments())
    plugin = HttpTaskPlugin()
    client = await Client.connect(address_of(temporal), plugins=[plugin])
    queue = f"test-{uuid.uuid4().hex[:8]}"
    handle = await client.start_workflow(Asked.run, id=queue, task_queue=queue)
    answer = asyncio.create_task(handle.query(Asked.status))
    await handle.describe()  # the query is there, too, before the first workflow task has begun
    async with Worker(client, task_queue=queue, workflows=[Asked], activities=[is_asked, anything]):
        await asyncio.to_thread(moments.asked.wait, 0.3)
        await handle.execute_update(Asked.touch)
        await handle.result()
        assert await answer == "running"

    await Replayer(workflows=[Asked], plugins=[plugin]).replay_workflow(await handle.fetch_history())
    assert moments.asked.is_set() == bool(failed)
    assert len(await events_of(handle, "workflow_task_failed")) == failed
