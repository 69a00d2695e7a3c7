"""Chat completions as activities, against openai-python with its default and its aiohttp client.

    uv run python -m tests.benchmarks.chat [--rounds N]

All send the same request, with 10 messages, made anew each time, to the same server, 50 at once, and read the answer:
whole, and as a stream. Ours is the whole activity, from the payload of its request to that of its answer, with heartbeats
(but without Temporal): request rules, secrets, address guard, deadlines, redaction. Theirs is measured as an activity by
hand, too, and alone. It only joins the text of a stream, which costs less than its stream helper; that one is measured by
itself, on a long answer in memory.

The last line is JSON. `plain_over_openai` is how many times as fast our activity is as one by hand with the default client,
and `…_cpu` how many times the CPU the one by hand takes; `…_bare_openai` is over the client alone.
"""

import asyncio
import json
import logging
import statistics
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import httpx2
import structlog
from openai import AsyncOpenAI, AsyncStream, DefaultAioHttpClient
from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types.chat import ChatCompletionChunk

from httptask.activities.calls import HttpActivities
from httptask.chat.check import check_body
from httptask.chat.models import ChatRequest
from httptask.chat.response.reader import read_completion
from httptask.chat.streaming.assembly import Assembly
from httptask.client.edge import Edge
from support.connections import local_connection, secret_store

from .as_activity import as_activity, payload_of
from .edge_server import STREAMED_TOKENS, TEXT, chunks, edge_server
from .speed import Send, in_turns, measure, print_table, ratios, rounds_asked_for

CONCURRENCY = 50
ROUNDS = 5
REQUESTS = {"plain": 500, "stream": 150}
ASSEMBLED = 10_000
KEY = "sk-benchmark-0123456789"
MESSAGES: list[Any] = [
    {"role": role, "content": "Explain this. " * 20}
    for role in ("system", *("user", "assistant") * 4, "user")
]
BODY: dict[str, Any] = {"model": "m", "messages": MESSAGES}


@asynccontextmanager
async def ways(url: str, *, stream: bool) -> AsyncGenerator[dict[str, Send]]:
    """Ways to ask; each gives the text of the answer."""
    request = ChatRequest(
        body={**BODY, "stream": stream}, connection="model", attempts=5, idempotency_key="0123456789abcdef"
    )
    connection = local_connection("model", f"{url}/v1", authentication={"bearer": {"token": "$secrets.KEY"}})
    async with AsyncExitStack() as stack:
        edge = Edge({"model": connection}, secret_store({"KEY": KEY}))
        stack.push_async_callback(edge.aclose)
        activity = as_activity(HttpActivities(lambda: edge).chat_completion, ChatRequest, payload_of(request))

        async def ask() -> str | None:
            text: str | None = (await activity()).text
            return text

        found: dict[str, Send] = {"activity": ask}
        for name, http in {"openai": None, "openai with aiohttp": DefaultAioHttpClient()}.items():
            client = AsyncOpenAI(
                api_key=KEY, base_url=f"{url}/v1", http_client=http, max_retries=0, timeout=60
            )
            asking = _asking(await stack.enter_async_context(client), stream=stream)
            found[f"activity with {name}"] = as_activity(asking, dict[str, Any], payload_of(BODY))
            found[name] = partial(asking, BODY)
        yield found


def _asking(client: AsyncOpenAI, *, stream: bool) -> Callable[[dict[str, Any]], Awaitable[str | None]]:
    async def ask(body: dict[str, Any]) -> str | None:
        answer = await client.chat.completions.create(**body)
        text: str | None = answer.choices[0].message.content
        return text

    async def ask_for_stream(body: dict[str, Any]) -> str:
        answer = await client.chat.completions.create(**body, stream=True)
        return "".join([chunk.choices[0].delta.content or "" async for chunk in answer])

    return ask_for_stream if stream else ask


async def compare(url: str, kind: str, rounds: int) -> dict[str, float]:
    """Print a table for one kind of answer; what is told of it."""
    async with ways(url, stream=kind == "stream") as asks:
        for ask in asks.values():
            assert await ask() == TEXT
        speeds = await in_turns(asks, rounds, lambda name: measure(asks[name], REQUESTS[kind], CONCURRENCY))
    print_table(f"{kind}, {CONCURRENCY} at once", speeds)
    cpu = statistics.median(speed.cpu_milliseconds for speed in speeds["activity"])
    found = {f"{kind}_cpu_ms": round(cpu, 3)}
    for key, theirs in {
        "openai": "activity with openai",
        "openai_aiohttp": "activity with openai with aiohttp",
        "bare_openai": "openai",
        "bare_openai_aiohttp": "openai with aiohttp",
    }.items():
        name = f"{kind}_over_{key}"
        found[name], found[f"{name}_cpu"] = ratios(speeds["activity"], speeds[theirs])
    return found


def validation_milliseconds() -> float:
    """How long the rules take for one request."""
    found: list[float] = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(200):
            assert not check_body(BODY)
        found.append((time.process_time() - began) * 1000 / 200)
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
            began = time.process_time()
            texts.add(await assemble(data))
            seconds.setdefault(name, []).append(time.process_time() - began)
        assert len(texts) == 1
    print(f"{ASSEMBLED} chunks:")
    for name, found in seconds.items():
        print(f"  {name:10} {statistics.median(found) * 1000:8.0f} ms")
    return round(
        statistics.median(
            theirs / ours for theirs, ours in zip(seconds["openai"], seconds["ours"], strict=True)
        ),
        2,
    )


async def main(rounds: int) -> None:
    """Run the benchmark."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    results: dict[str, float] = {}
    async with edge_server() as url:
        for kind in ("plain", "stream"):
            results |= await compare(url, kind, rounds)
    results["validation_ms"] = validation_milliseconds()
    results["assembly"] = await compare_assembly()
    print(f"{STREAMED_TOKENS} tokens in a stream; request validation {results['validation_ms']} ms")
    print(json.dumps(results))


if __name__ == "__main__":
    asyncio.run(main(rounds_asked_for("chat", ROUNDS)))
