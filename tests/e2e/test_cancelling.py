"""A run that is cancelled with calls in flight: their sockets are closed within two seconds, and it ends."""

import asyncio
import time

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import CancelledError
from temporalio.testing import WorkflowEnvironment

from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.connections import local_connection
from support.runs import running

pytestmark = pytest.mark.alone

SECONDS = 2.0

SLOW = """
document: { dsl: 1.0.3, namespace: tests, name: slow, version: 1.0.0, metadata: { httptask: { calls: CALLS } } }
do:
  - all:
      call: map
      with:
        in: ${ [range(100)] }
        concurrency: 100
        do: [{ slow: { call: httpRequest, with: { method: post, connection: slow, path: /, body: { n: "${ $item }" } } } }]
"""


class SilentServer:
    """Takes requests and never answers; counts the connections that clients hold."""

    def __init__(self) -> None:
        self.open = 0
        self.changed = asyncio.Condition()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await self._count(1)
        await reader.read()
        writer.close()
        await self._count(-1)

    async def _count(self, change: int) -> None:
        async with self.changed:
            self.open += change
            self.changed.notify_all()

    async def has(self, connections: int) -> None:
        async with self.changed:
            await self.changed.wait_for(lambda: self.open == connections)


@pytest.mark.parametrize(("calls", "at_once"), [("activity", 100), ("local", 32)])
async def test_sockets_are_closed_within_two_seconds(
    temporal: WorkflowEnvironment, calls: str, at_once: int
) -> None:
    silent = SilentServer()
    async with await asyncio.start_server(silent.serve, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with running(temporal, connections={"slow": local_connection("slow", url)}) as runner:
            handle = await runner.start(SLOW.replace("CALLS", calls))
            await asyncio.wait_for(silent.has(at_once), 30)
            cancelled_at = time.perf_counter()
            await handle.cancel()
            await asyncio.wait_for(silent.has(0), 30)
            closed = time.perf_counter() - cancelled_at
            with pytest.raises(WorkflowFailureError) as caught:
                await handle.result()
            ended = time.perf_counter() - cancelled_at
            await runner.replay(handle)
    assert isinstance(caught.value.cause, CancelledError)
    assert closed < SECONDS
    assert ended < SECONDS


LOOP = """
document: { dsl: 1.0.3, namespace: tests, name: loop, version: 1.0.0, metadata: { httptask: { calls: local } } }
do:
  - each:
      for: { in: "${ [range(100)] }" }
      do: [{ call: { call: httpRequest, with: { method: get, connection: api, path: / } } }]
"""


async def test_a_run_that_makes_one_short_local_call_after_the_other_ends_as_soon(
    temporal: WorkflowEnvironment,
) -> None:
    third = asyncio.Event()
    asked = 0

    async def answer(_: ServedRequest) -> Reply:
        nonlocal asked
        asked += 1
        if asked == 3:
            third.set()
        await asyncio.sleep(0.2)
        return Reply.json({})

    async with ScriptedServer(answer) as server:
        api = {"api": local_connection("api", server.url)}
        async with running(temporal, connections=api) as runner:
            handle = await runner.start(LOOP)
            await asyncio.wait_for(third.wait(), 30)
            cancelled_at = time.perf_counter()
            await handle.cancel()
            with pytest.raises(WorkflowFailureError) as caught:
                await handle.result()
            took = time.perf_counter() - cancelled_at
            await runner.replay(handle)
    assert isinstance(caught.value.cause, CancelledError)
    assert took < SECONDS
