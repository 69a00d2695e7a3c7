"""Requests per second of the HTTP activity, against plain httpx, bare aiohttp and pyreqwest in the same run.

    uv run python -m tests.benchmarks.edge

Each sends the same chat request, made anew each time, to the same server and parses the answer. Ours is measured twice: as
the whole `activity`, from the payload of its request to that of its answer with its heartbeat (but without Temporal), and
as the `edge` alone, which is what a caller without Temporal has: secrets, address guard, deadlines, bounded decoding,
redaction. The others are measured both ways too: as an activity by hand would send with them, and bare.

httpx is measured as it installs. Where the package sniffio happens to be installed, too, httpcore does not search for it in
vain at each lock, and takes half of the time: `httpx+` is that.

The last line is JSON. `activity_over_httpx_32` is how many times as fast the activity is as one by hand with httpx, 32 at
once, and `…_cpu` how many times the CPU the one by hand takes; `activity_over_bare_httpx_32` is the activity over httpx
alone, `edge_over_…` the edge over httpx alone. `edge_cpu_ms_32` is what one call takes of the process;
`idle_stream_kb` what a worker's memory grows by for an activity that waits on a stream.
"""

import asyncio
import importlib
import importlib.machinery
import json
import logging
import statistics
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import aiohttp
import httpx
import structlog
from pyreqwest.client import ClientBuilder

from httptask.activities.calls import HttpActivities
from httptask.client.edge import Edge
from httptask.http.models import HttpRequest, JsonBody
from support.connections import local_connection, secret_store

from .as_activity import as_activity, payload_of
from .edge_server import edge_server
from .speed import Send, Speed, in_turns, measure, print_table, ratios

CONCURRENCIES = (1, 32, 256)
ROUNDS = 5
REQUESTS = 1000
KEY = "sk-benchmark-0123456789"
PATH = "/chat/completions"
BODY = {"model": "m", "messages": [{"role": "user", "content": "Explain this. " * 20}]}


class _NotInstalled:
    """Lets the import system search for sniffio in vain, as it does where it is not installed."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        """See `importlib.abc.MetaPathFinder`."""
        if name == "sniffio":
            importlib.machinery.PathFinder.find_spec("sniffio_that_is_not_there")
            raise ModuleNotFoundError(name)


@contextmanager
def _installation(client: str) -> Generator[None]:
    """What a client's packages see: of all of them only `httpx+` sees sniffio."""
    if client.endswith("httpx+"):
        importlib.import_module("sniffio")
        yield
        return
    hidden = _NotInstalled()
    sys.modules.pop("sniffio", None)
    sys.meta_path.insert(0, hidden)
    try:
        yield
    finally:
        sys.meta_path.remove(hidden)


def request() -> HttpRequest:
    """The request, as an activity gets it."""
    return HttpRequest(
        method="POST",
        url=PATH,
        connection="model",
        body=JsonBody(value=BODY),
        attempts=5,
        idempotency_key="0123456789abcdef",
    )


@asynccontextmanager
async def ways(url: str) -> AsyncGenerator[dict[str, Send]]:
    """Ways to send the request; each with the settings that it has by itself, but for limits of connections."""
    address = f"{url}/v1{PATH}"
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    connection = local_connection("model", f"{url}/v1", authentication={"bearer": {"token": "$secrets.KEY"}})
    async with AsyncExitStack() as stack:
        edge = Edge({"model": connection}, secret_store({"KEY": KEY}))
        stack.push_async_callback(edge.aclose)
        plain = await stack.enter_async_context(httpx.AsyncClient())
        bare = await stack.enter_async_context(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)))
        rust = await stack.enter_async_context(ClientBuilder().build())

        async def ours() -> object:
            return (await edge.send(request())).content

        async def with_httpx(body: dict[str, Any]) -> object:
            return (await plain.post(address, json=body, headers=headers)).json()

        async def with_aiohttp(body: dict[str, Any]) -> object:
            async with bare.post(address, json=body, headers=headers) as response:
                return await response.json()

        async def with_pyreqwest(body: dict[str, Any]) -> object:
            response = await rust.post(address).body_json(body).headers(headers).build().send()
            return await response.json()

        activity = as_activity(HttpActivities(lambda: edge).http_request, HttpRequest, payload_of(request()))

        async def our_activity() -> object:
            return (await activity()).content

        body = payload_of(BODY)
        yield {
            "activity": our_activity,
            "activity with httpx": as_activity(with_httpx, dict[str, Any], body),
            "activity with httpx+": as_activity(with_httpx, dict[str, Any], body),
            "activity with aiohttp": as_activity(with_aiohttp, dict[str, Any], body),
            "edge": ours,
            "httpx": partial(with_httpx, BODY),
            "httpx+": partial(with_httpx, BODY),
            "aiohttp": partial(with_aiohttp, BODY),
            "pyreqwest": partial(with_pyreqwest, BODY),
        }


RATIOS = {
    "activity_over_httpx": ("activity", "activity with httpx"),
    "activity_over_httpx_plus": ("activity", "activity with httpx+"),
    "activity_over_aiohttp": ("activity", "activity with aiohttp"),
    "activity_over_bare_httpx": ("activity", "httpx"),
    "edge_over_httpx": ("edge", "httpx"),
    "edge_over_httpx_plus": ("edge", "httpx+"),
    "edge_over_aiohttp": ("edge", "aiohttp"),
}


async def compare(url: str, concurrency: int) -> dict[str, float]:
    """Print a table for one concurrency; what is told of it."""
    async with ways(url) as sends:
        answers = [await send() for send in sends.values()]
        assert all(answer == answers[0] for answer in answers)

        async def measured(name: str) -> Speed:
            with _installation(name):
                return await measure(sends[name], REQUESTS, concurrency)

        speeds = await in_turns(sends, ROUNDS, measured)
    print_table(f"{concurrency} at once", speeds)
    found: dict[str, float] = {}
    for key, (ours, theirs) in RATIOS.items():
        name = f"{key}_{concurrency}"
        found[name], found[f"{name}_cpu"] = ratios(speeds[ours], speeds[theirs])
    for name in ("activity", "edge", "aiohttp"):
        cpu = statistics.median(speed.cpu_milliseconds for speed in speeds[name])
        found[f"{name}_cpu_ms_{concurrency}"] = round(cpu, 3)
    return found


async def main() -> None:
    """Run the benchmark."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    async with edge_server() as url:
        found = {key: value for count in CONCURRENCIES for key, value in (await compare(url, count)).items()}
    print(json.dumps(found | await idle_streams()))


async def idle_streams() -> dict[str, float]:
    """Memory of idle streams, in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.benchmarks.idle_streams"), stdout=asyncio.subprocess.PIPE
    )
    told, _ = await process.communicate()
    found: dict[str, float] = json.loads(told.splitlines()[-1])
    return found


if __name__ == "__main__":
    asyncio.run(main())
