"""Chat completions through the activity's edge, against openai-python with its default and its aiohttp client.

    uv run python -m tests.benchmarks.chat

All send the same request, with 10 messages, to the same server, 50 at once, and read the answer: whole, and as a
stream. Ours does what an activity does besides: request rules, secrets, address guard, deadlines,
redaction; no Temporal. Theirs only joins the text of a stream, which costs less than its stream helper; that one is
measured by itself, on a long answer in memory. The clients take turns, in an order that changes from round to round; a ratio is the median of
the rounds' ratios. The last line is JSON: how many times as fast ours is, and how many times the CPU theirs take.
"""

import asyncio
import json
import logging
import random
import statistics
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import httpx2
import structlog
from openai import AsyncOpenAI, AsyncStream, DefaultAioHttpClient
from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types.chat import ChatCompletionChunk

from httptask.chat.check import check_body
from httptask.chat.complete import complete
from httptask.chat.models import ChatRequest
from httptask.chat.response.reader import read_completion
from httptask.chat.streaming.assembly import Assembly
from httptask.client.edge import Edge
from support.connections import local_connection, secret_store

from .edge_server import STREAMED_TOKENS, TEXT, chunks, edge_server
from .speed import Speed, measure

CONCURRENCY = 50
ROUNDS = 5
REQUESTS = {"plain": 1000, "stream": 300}
ASSEMBLED = 10_000
KEY = "sk-benchmark-0123456789"
MESSAGES: list[Any] = [
    {"role": role, "content": "Explain this. " * 20}
    for role in ("system", *("user", "assistant") * 4, "user")
]
BODY: dict[str, Any] = {"model": "m", "messages": MESSAGES}

Ask = Callable[[], Awaitable[str | None]]


@asynccontextmanager
async def clients(url: str, *, stream: bool) -> AsyncGenerator[dict[str, Ask]]:
    """Ways to ask; each gives the text of the answer."""
    request = ChatRequest(
        body={**BODY, "stream": stream}, connection="model", idempotency_key="0123456789abcdef"
    )
    connection = local_connection("model", f"{url}/v1", authentication={"bearer": {"token": "$secrets.KEY"}})
    async with AsyncExitStack() as stack:
        ours = Edge({"model": connection}, secret_store({"KEY": KEY}))
        stack.push_async_callback(ours.aclose)

        async def ask_ours() -> str | None:
            return (await complete(ours, request)).text

        def asking(client: AsyncOpenAI) -> Ask:
            async def ask() -> str | None:
                answer = await client.chat.completions.create(model="m", messages=MESSAGES)
                return answer.choices[0].message.content

            async def ask_for_stream() -> str | None:
                answer = await client.chat.completions.create(model="m", messages=MESSAGES, stream=True)
                return "".join([chunk.choices[0].delta.content or "" async for chunk in answer])

            return ask_for_stream if stream else ask

        found: dict[str, Ask] = {"ours": ask_ours}
        for name, http in {"default": None, "aiohttp": DefaultAioHttpClient()}.items():
            client = AsyncOpenAI(api_key=KEY, base_url=f"{url}/v1", http_client=http, max_retries=0)
            found[name] = asking(await stack.enter_async_context(client))
        yield found


async def compare(url: str, kind: str) -> dict[str, float]:
    """Print a table for one kind of answer; ours over each of openai-python's clients."""
    speeds: dict[str, list[Speed]] = {}
    async with clients(url, stream=kind == "stream") as asks:
        for ask in asks.values():
            assert await ask() == TEXT
        for _ in range(ROUNDS):
            for name in random.sample(list(asks), len(asks)):
                speeds.setdefault(name, []).append(await measure(asks[name], REQUESTS[kind], CONCURRENCY))
    print(f"{kind}, {CONCURRENCY} at once:")
    for name, found in speeds.items():
        per_second = statistics.median(speed.per_second for speed in found)
        cpu = statistics.median(speed.cpu_milliseconds for speed in found)
        print(f"  {name:10} {per_second:8.0f} per second {cpu:7.3f} ms CPU")
    ours, ratios = speeds["ours"], dict[str, float]()
    for name in ("default", "aiohttp"):
        theirs = speeds[name]
        ratios[f"{kind}_{name}"] = ratio([s.per_second for s in ours], [s.per_second for s in theirs])
        ratios[f"{kind}_{name}_cpu"] = ratio(
            [s.cpu_milliseconds for s in theirs], [s.cpu_milliseconds for s in ours]
        )
    return ratios


def ratio(first: Sequence[float], second: Sequence[float]) -> float:
    """The median of the rounds' ratios."""
    return round(statistics.median(one / other for one, other in zip(first, second, strict=True)), 2)


def validation_milliseconds() -> float:
    """How long the rules take for one request."""
    found: list[float] = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for _ in range(200):
            assert not check_body(BODY)
        found.append((time.perf_counter() - began) * 1000 / 200)
    return round(min(found), 3)


async def assembled_by_openai(data: bytes) -> str | None:
    """What its stream helper makes of the events of an answer."""

    async def pieces() -> AsyncGenerator[bytes]:
        for start in range(0, len(data), 64 * 1024):
            yield data[start : start + 64 * 1024]

    response = httpx2.Response(200, content=pieces(), request=httpx2.Request("POST", "http://x"))
    client = AsyncOpenAI(api_key=KEY)
    state: ChatCompletionStreamState[Any] = ChatCompletionStreamState()
    async for chunk in AsyncStream(cast_to=ChatCompletionChunk, response=response, client=client):
        state.handle_chunk(chunk)
    await client.close()
    return state.get_final_completion().choices[0].message.content


async def assembled_by_us(data: bytes) -> str | None:
    """What we make of them."""
    assembly = Assembly()
    for start in range(0, len(data), 64 * 1024):
        assembly.add(assembly.reader.feed(data[start : start + 64 * 1024]))
    assembly.add(assembly.reader.finish(is_whole=True))
    return read_completion(assembly.answer(ended_by="marker"), BODY).text


async def compare_assembly() -> float:
    """Print how long both take to put a long answer together; ours over openai-python's."""
    data, seconds = chunks(ASSEMBLED).removesuffix(b"data: [DONE]\n\n"), dict[str, list[float]]()
    for _ in range(3):
        texts: set[str | None] = set()
        for name, assemble in {"ours": assembled_by_us, "openai": assembled_by_openai}.items():
            began = time.perf_counter()
            texts.add(await assemble(data))
            seconds.setdefault(name, []).append(time.perf_counter() - began)
        assert len(texts) == 1
    print(f"{ASSEMBLED} chunks:")
    for name, found in seconds.items():
        print(f"  {name:10} {statistics.median(found) * 1000:8.0f} ms")
    return ratio(seconds["openai"], seconds["ours"])


async def main() -> None:
    """Run the benchmark."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    results: dict[str, float] = {}
    async with edge_server() as url:
        for kind in ("plain", "stream"):
            results |= await compare(url, kind)
    results["validation_ms"] = validation_milliseconds()
    results["assembly"] = await compare_assembly()
    print(f"{STREAMED_TOKENS} tokens in a stream; request validation {results['validation_ms']} ms")
    print(json.dumps(results))


if __name__ == "__main__":
    asyncio.run(main())
