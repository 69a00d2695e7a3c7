"""A run that is cancelled with a hundred calls in flight: their sockets are closed within two seconds."""

import asyncio
import time

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import CancelledError
from temporalio.testing import WorkflowEnvironment

from support.connections import local_connection
from support.runs import running

pytestmark = pytest.mark.alone

CALLS = 100
SECONDS = 2.0

SLOW = """
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


async def test_sockets_are_closed_within_two_seconds(temporal: WorkflowEnvironment) -> None:
    silent = SilentServer()
    async with await asyncio.start_server(silent.serve, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with running(temporal, connections={"slow": local_connection("slow", url)}) as runner:
            handle = await runner.start(SLOW)
            await asyncio.wait_for(silent.has(CALLS), 30)
            cancelled_at = time.perf_counter()
            await handle.cancel()
            await asyncio.wait_for(silent.has(0), 30)
            took = time.perf_counter() - cancelled_at
            with pytest.raises(WorkflowFailureError) as caught:
                await handle.result()
            await runner.replay(handle)
    assert isinstance(caught.value.cause, CancelledError)
    assert took < SECONDS
