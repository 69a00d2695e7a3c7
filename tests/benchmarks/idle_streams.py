"""Memory of an activity that waits on a stream of events, in a worker.

    uv run python -m tests.benchmarks.idle_streams

A worker of a process of its own reads 1,000 streams at once that stay silent after an event, each a standalone activity of
a real Temporal server, heartbeats included. Its memory is by how much the process has grown. The last line is JSON:
kilobytes of each.
"""

import asyncio
import gc
import json
import logging
import sys
import uuid
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import psutil
import structlog
from temporalio.client import Client
from temporalio.worker import Worker

from httptask.activities.names import HTTP_REQUEST
from httptask.http.models import HttpRequest, StreamReading
from httptask.plugin import HttpTaskPlugin
from support.cluster import address_of
from support.connections import local_connection
from support.runs import temporal_server

from .edge_server import edge_server

STREAMS, TOGETHER = 1000, 50
QUEUE = "idle"
REQUEST = HttpRequest(method="GET", url="/idle", connection="feed", stream=StreamReading())


async def serve(address: str, url: str) -> None:
    """Be the worker, until the process is killed."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    plugin = HttpTaskPlugin(connections={"feed": local_connection("feed", url)}, register_workflows=False)
    client = await Client.connect(address, plugins=[plugin])
    async with Worker(client, task_queue=QUEUE, max_concurrent_activities=2 * STREAMS):
        while True:
            await asyncio.sleep(1)
            gc.collect()


@dataclass
class Streams:
    """The streams that a worker reads."""

    client: Client
    worker: psutil.Process
    port: int
    """Of the server that they come from."""
    count: int = 0

    async def add(self, count: int) -> None:
        """Start so many activities, and wait until each has its connection."""
        self.count += count
        for _ in range(count):
            await self.client.start_activity(
                HTTP_REQUEST,
                REQUEST,
                id=uuid.uuid4().hex,
                task_queue=QUEUE,
                start_to_close_timeout=timedelta(hours=1),
                heartbeat_timeout=timedelta(minutes=1),
            )
        while self._open() < self.count:  # noqa: ASYNC110 - of another process
            await asyncio.sleep(0.1)

    def _open(self) -> int:
        found = self.worker.net_connections("tcp")
        return sum(bool(one.raddr) and one.raddr.port == self.port for one in found)


async def main() -> None:
    """Run the benchmark."""
    async with edge_server() as url, temporal_server() as environment:
        address = address_of(environment)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.benchmarks.idle_streams", address, url)
        )
        try:
            worker = psutil.Process(process.pid)
            client = await Client.connect(address, plugins=[HttpTaskPlugin()])
            streams = Streams(client, worker, int(url.rpartition(":")[2]))
            await streams.add(TOGETHER)
            before = await settled(worker)
            for _ in range(STREAMS // TOGETHER):
                await streams.add(TOGETHER)
            grown = await settled(worker) - before
        finally:
            process.kill()
            await process.wait()
    print(f"{before / 1024:.0f} MiB with {TOGETHER} streams, {grown / 1024:.0f} MiB more with {STREAMS} more")
    print(json.dumps({"idle_stream_kb": round(grown / STREAMS, 1)}))


async def settled(worker: psutil.Process) -> int:
    """Resident kilobytes of the worker, once it has had the time to sweep up."""
    await asyncio.sleep(3)
    resident: int = worker.memory_info().rss
    return resident // 1024


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]) if len(sys.argv) > 1 else main())
