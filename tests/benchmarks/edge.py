"""Requests per second of the activity's edge, against plain httpx, bare aiohttp and pyreqwest in the same run.

    uv run python -m tests.benchmarks.edge

httpx is measured as it installs. Where the package sniffio happens to be installed, too, httpcore does not search for it in
vain at each lock, and takes half of the time: `httpx+` is that, and in the JSON `httpx_plus_32` is ours over it.

Each sends the same chat request to the same server and parses the answer. Ours does what an activity does besides:
secrets, address guard, deadlines, bounded decoding, redaction. The clients take turns, in an order that changes from
round to round; a ratio is the median of the rounds' ratios. The last line is JSON: ours over plain httpx, and the kilobytes that
an activity takes that waits on a stream.
"""

import asyncio
import importlib
import importlib.machinery
import json
import logging
import random
import statistics
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import aiohttp
import httpx
import structlog
from pyreqwest.client import ClientBuilder

from httptask.client.edge import Edge
from httptask.http.models import HttpRequest, JsonBody
from support.connections import local_connection, secret_store

from .edge_server import edge_server
from .speed import Speed, measure

CONCURRENCIES = (1, 32, 256)
ROUNDS = 5
REQUESTS = 1000
KEY = "sk-benchmark-0123456789"
BODY = {"model": "m", "messages": [{"role": "user", "content": "Explain this. " * 20}]}

Send = Callable[[], Awaitable[object]]


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
    if client == "httpx+":
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


@asynccontextmanager
async def clients(url: str) -> AsyncGenerator[dict[str, Send]]:
    """Ways to send the request; each with the settings that it has by itself, but for limits of connections."""
    address = f"{url}/v1/chat/completions"
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    request = HttpRequest(
        method="POST",
        url="/chat/completions",
        connection="model",
        body=JsonBody(value=BODY),
        idempotency_key="0123456789abcdef",
    )
    connection = local_connection("model", f"{url}/v1", authentication={"bearer": {"token": "$secrets.KEY"}})
    async with AsyncExitStack() as stack:
        ours = Edge({"model": connection}, secret_store({"KEY": KEY}))
        stack.push_async_callback(ours.aclose)
        plain = await stack.enter_async_context(httpx.AsyncClient())
        bare = await stack.enter_async_context(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)))
        rust = await stack.enter_async_context(ClientBuilder().build())

        async def send_ours() -> object:
            return (await ours.send(request)).content

        async def send_httpx() -> object:
            return (await plain.post(address, json=BODY, headers=headers)).json()

        async def send_aiohttp() -> object:
            async with bare.post(address, json=BODY, headers=headers) as response:
                return await response.json()

        async def send_pyreqwest() -> object:
            response = await rust.post(address).body_json(BODY).headers(headers).build().send()
            return await response.json()

        yield {
            "ours": send_ours,
            "httpx": send_httpx,
            "httpx+": send_httpx,
            "aiohttp": send_aiohttp,
            "pyreqwest": send_pyreqwest,
        }


async def compare(url: str, concurrency: int) -> dict[str, float]:
    """Print a table for one concurrency; ours over httpx."""
    speeds: dict[str, list[Speed]] = {}
    async with clients(url) as sends:
        answers = [await send() for send in sends.values()]
        assert all(answer == answers[0] for answer in answers)
        for _ in range(ROUNDS):
            for name in random.sample(list(sends), len(sends)):
                with _installation(name):
                    speeds.setdefault(name, []).append(await measure(sends[name], REQUESTS, concurrency))
        print(f"{concurrency} at once:")
        for name in sends:
            per_second = statistics.median(speed.per_second for speed in speeds[name])
            cpu = statistics.median(speed.cpu_milliseconds for speed in speeds[name])
            print(f"  {name:10} {per_second:8.0f} per second {cpu:7.3f} ms CPU")
    rates = {name: [speed.per_second for speed in found] for name, found in speeds.items()}
    return {
        f"{key}_{concurrency}": round(
            statistics.median(ours / theirs for ours, theirs in zip(rates["ours"], rates[name], strict=True)),
            2,
        )
        for key, name in (("httpx", "httpx"), ("httpx_plus", "httpx+"))
    }


async def main() -> None:
    """Run the benchmark."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    async with edge_server() as url:
        ratios = {key: ratio for count in CONCURRENCIES for key, ratio in (await compare(url, count)).items()}
    print(json.dumps(ratios | await idle_streams()))


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
