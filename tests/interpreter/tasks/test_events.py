"""`emit` and `listen` on a real server; every run is replayed."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from httptask.interpreter.inbox import EVENT_SIGNAL
from httptask.interpreter.listens import LISTENS_MEMO
from support.runs import Runner, running


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def runner(temporal: WorkflowEnvironment) -> AsyncIterator[Runner]:
    async with running(temporal, worker={"max_cached_workflows": 0}) as found:
        yield found


def event(id_: str, type_: str = "order.approved", **properties: Any) -> dict[str, Any]:
    return {"specversion": "1.0", "id": id_, "source": "/tests", "type": type_, **properties}


async def listens_of(handle: WorkflowHandle[Any, Any]) -> Any:
    return await (await handle.describe()).memo_value(LISTENS_MEMO, None)


async def waits(handle: WorkflowHandle[Any, Any]) -> None:
    async with asyncio.timeout(10):
        while True:
            if await listens_of(handle):
                return
            await asyncio.sleep(0.02)


async def test_an_event_is_emitted(runner: Runner) -> None:
    outcome = await runner.run(
        'do: [{ tell: { emit: { event: { with: { type: order.placed, data: { n: "${ .n }" }, priority: high } } } } }]',
        {"n": 3},
    )
    made = outcome.output
    assert made.keys() == {"specversion", "id", "source", "time", "type", "data", "priority"}
    assert (made["source"], made["data"]) == ("/test/test/1.0.0", {"n": 3})
    again = await runner.run("do: [{ tell: { emit: { event: { with: { type: order.placed, id: i-1 } } } } }]")
    assert again.output["id"] == "i-1"


async def test_one_event_is_waited_for(runner: Runner) -> None:
    handle = await runner.start(
        "do: [{ wait: { listen: { to: { one: { with: { type: order.approved } } } } } }]"
    )
    await waits(handle)
    await handle.signal(EVENT_SIGNAL, event("1", "order.rejected", data="no"))
    await handle.signal(EVENT_SIGNAL, {"type": "no event"})
    await handle.signal(EVENT_SIGNAL, event("2", data={"by": "Ann"}))
    assert await handle.result() == [{"by": "Ann"}]
    assert await listens_of(handle) is None
    await runner.replay(handle)
