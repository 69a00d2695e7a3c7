"""Memory of an activity that waits on a stream of events.

    uv run python -m tests.benchmarks.idle_streams

The activity of a worker, heartbeats included, reads 1,000 streams at once that stay silent after an event. Its memory
is by how much the process has grown. The last line is JSON: kilobytes of each.
"""

import asyncio
import gc
import json
import logging
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import structlog
from temporalio.testing import ActivityEnvironment

from httptask.activities.calls import HttpActivities
from httptask.client.edge import Edge
from httptask.http.models import HttpRequest, HttpResponse, StreamReading
from support.connections import local_connection, secret_store

from .edge_server import edge_server

STREAMS, TOGETHER = 1000, 50
REQUEST = HttpRequest(method="GET", url="/idle", connection="feed", stream=StreamReading())


async def read(activities: HttpActivities, count: int) -> list[asyncio.Task[HttpResponse]]:
    """Activities that read a stream each, when the first event of each has come."""
    tasks: list[asyncio.Task[HttpResponse]] = []
    begun = asyncio.Semaphore(0)

    def beat(*details: object) -> None:
        if len(details) > 1:  # the number of the attempt, and from the second heartbeat on how much has come
            begun.release()

    for _ in range(count):
        environment = ActivityEnvironment()
        environment.on_heartbeat = beat
        tasks.append(asyncio.create_task(environment.run(activities.http_request, REQUEST)))
    for _ in range(count):
        await begun.acquire()
    return tasks


def resident_kilobytes() -> int:
    """Of this process, by Linux."""
    gc.collect()
    return int(Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0])


async def main() -> None:
    """Run the benchmark."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    async with edge_server() as url:
        edge = Edge({"feed": local_connection("feed", url)}, secret_store({}))
        activities = HttpActivities(lambda: edge)
        tasks = await read(activities, TOGETHER)
        before = resident_kilobytes()
        for _ in range(STREAMS // TOGETHER):
            tasks += await read(activities, TOGETHER)
        grown = resident_kilobytes() - before
        assert not any(task.done() for task in tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await edge.aclose()
    print(f"{before / 1024:.0f} MiB with {TOGETHER} streams, {grown / 1024:.0f} MiB more with {STREAMS} more")
    print(json.dumps({"idle_stream_kb": round(grown / STREAMS, 1)}))


if __name__ == "__main__":
    asyncio.run(main())
