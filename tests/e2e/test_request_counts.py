"""How many requests reach the server for each status and fault: the table of docs/errors-and-retries.md."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from httptask.connections.connection import Connection
from httptask.http.models import Limits
from httptask.testing import Reply, ScriptedServer
from support.connections import local_connection
from support.fences import ROOT
from support.runs import Runner, running, skipping_time

POSTS = "do: [{ post: { call: httpRequest, with: { method: post, connection: SHOP, path: /orders, body: { n: 1 } } } }]"

Opened = Callable[[], AbstractAsyncContextManager[str]]


def status(status: int, body: Any = None, **headers: str) -> list[Reply]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return [Reply.json(body if body is not None else {}, status=status, headers=named)]


def coded(code: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": "no"}}


@asynccontextmanager
async def nothing_listens() -> AsyncIterator[str]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


@asynccontextmanager
async def no_such_name() -> AsyncIterator[str]:
    yield "http://no-such-host.invalid"


@asynccontextmanager
async def no_tls() -> AsyncIterator[str]:
    def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@asynccontextmanager
async def silent_handshake() -> AsyncIterator[str]:
    async with ScriptedServer([Reply.silence()]) as server:
        yield server.url.replace("http:", "https:")


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"


@dataclass(frozen=True)
class Row:
    """A status or fault, as the page names it; what the server does; how many requests it sees; the error at last."""

    name: str
    replies: list[Reply]
    requests: int
    error: str = "-"
    opened: Opened | None = None
    limits: Limits = field(default_factory=lambda: Limits(total=5))


BUSY = {"error": {"code": "rate_limit_exceeded", "message": "slow down"}}
SLOW = Reply.of(b"x" * 40, pause=0.05)
ROWS = [
    Row("200", status(200), 1),
    Row("201", status(201), 1),
    Row("204", [Reply.of(status=204)], 1),
    Row("200 with invalid JSON", [Reply.of(b"{", headers={"Content-Type": "application/json"})], 1, "ResponseInvalid"),
    Row("200, larger than the limit", [Reply.of(b"x" * 2000)], 1, "ResponseTooLarge", limits=Limits(response_bytes=1000)),
    Row("301, 302, 303, 307, 308", status(302, Location="/elsewhere"), 1, "HttpStatusError"),
    Row("304", [Reply.of(status=304)], 1, "HttpStatusError"),
    Row("400", status(400), 1, "HttpStatusError"),
    Row("400 with `x-should-retry: true`", status(400, x_should_retry="true"), 5, "HttpStatusError"),
    Row("401", status(401), 1, "Unauthorized"),
    Row("402", status(402), 1, "QuotaExhausted"),
    Row("403", status(403), 1, "Forbidden"),
    Row("404", status(404), 1, "HttpStatusError"),
    Row("405", status(405), 1, "HttpStatusError"),
    Row("408", status(408), 5, "HttpStatusError"),
    Row("409", status(409), 5, "HttpStatusError"),
    Row("410", status(410), 1, "HttpStatusError"),
    Row("413", status(413), 1, "HttpStatusError"),
    Row("415", status(415), 1, "HttpStatusError"),
    Row("422", status(422), 1, "HttpStatusError"),
    Row("423", status(423), 1, "HttpStatusError"),
    Row("425", status(425), 5, "HttpStatusError"),
    Row("429", status(429, BUSY), 5, "RateLimited"),
    Row("429 with `Retry-After: 30`", status(429, BUSY, Retry_After="30"), 5, "RateLimited"),
    Row("429 with `retry-after-ms: 1500`", status(429, BUSY, retry_after_ms="1500"), 5, "RateLimited"),
    Row("429 with `Retry-After: 3600`", status(429, BUSY, Retry_After="3600"), 1, "RateLimited"),
    Row("429 with `Retry-After: soon`", status(429, BUSY, Retry_After="soon"), 5, "RateLimited"),
    Row("429 with the code `insufficient_quota`", status(429, coded("insufficient_quota")), 1, "QuotaExhausted"),
    Row("429 with `x-should-retry: true`", status(429, BUSY, x_should_retry="true"), 5, "RateLimited"),
    Row("429 with `x-should-retry: false`", status(429, BUSY, x_should_retry="false"), 1, "RateLimited"),
    Row("429, then 200", [*status(429, BUSY), *status(200)], 2),
    Row("451", status(451), 1, "HttpStatusError"),
    Row("500", status(500), 5, "HttpStatusError"),
    Row("501", status(501), 1, "HttpStatusError"),
    Row("502", status(502), 5, "HttpStatusError"),
    Row("503", status(503), 5, "HttpStatusError"),
    Row("503 with `Retry-After: 5`, then 200", [*status(503, Retry_After="5"), *status(200)], 2),
    Row("503 with `x-should-retry: false`", status(503, x_should_retry="false"), 1, "HttpStatusError"),
    Row("504", status(504), 5, "HttpStatusError"),
    Row("505", status(505), 1, "HttpStatusError"),
    Row("529", status(529), 5, "HttpStatusError"),
    Row("connection refused", [], 0, "ConnectFailed", nothing_listens),
    Row("the name does not resolve", [], 0, "ConnectFailed", no_such_name),
    Row("the TLS handshake fails", [], 0, "ConnectFailed", no_tls),
    Row("connect deadline", [], 0, "Timeout", silent_handshake, Limits(connect=0.2)),
    Row("first byte deadline", [Reply.silence()], 5, "Timeout", limits=Limits(first_byte=0.2)),
    Row("idle deadline", [Reply.silence(HEAD)], 5, "Timeout", limits=Limits(idle=0.2)),
    Row("total deadline", [SLOW], 5, "Timeout", limits=Limits(total=0.3)),
    Row("closed after the whole request", [Reply.hang_up()], 5, "ResponseInterrupted"),
    Row("closed once, then 200", [Reply.hang_up(), *status(200)], 2),
    Row("closed in the middle of the response", [Reply(HEAD + b'{"n":', close=True)], 5, "ResponseInterrupted"),
    Row("not HTTP", [Reply(b"SSH-2.0-OpenSSH_9.6\r\n", close=True)], 1, "ResponseInvalid"),
]  # fmt: skip
SERVERS: dict[str, ScriptedServer] = {}
"""Those that run, by the names of rows."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def runner(temporal: WorkflowEnvironment) -> AsyncIterator[Runner]:
    """A worker for all rows, of which each has a connection of its own, to a server of its own."""
    async with AsyncExitStack() as stack:
        shops: dict[str, Connection] = {}
        for row in ROWS:
            server = SERVERS[row.name] = await stack.enter_async_context(ScriptedServer(row.replies))
            url = await stack.enter_async_context(row.opened() if row.opened else given(server.url))
            shops[shop_of(row)] = local_connection(shop_of(row), url, limits=row.limits)
        yield await stack.enter_async_context(running(skipping_time(temporal), connections=shops))


def shop_of(row: Row) -> str:
    return f"shop{ROWS.index(row)}"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name.replace("`", ""))
async def test_requests(runner: Runner, row: Row) -> None:
    outcome = await runner.run(POSTS.replace("SHOP", shop_of(row)))

    assert (outcome.problem.get("error", "-"), len(SERVERS[row.name].requests)) == (row.error, row.requests)


@asynccontextmanager
async def given(url: str) -> AsyncIterator[str]:
    yield url


def test_the_page_has_these_rows() -> None:
    page = (ROOT / "docs/errors-and-retries.md").read_text()
    table = page.partition("| Status or fault |")[2].partition("\n\n")[0]
    assert list(cells(table)) == [(row.name, str(row.requests), row.error.strip("-")) for row in ROWS]


def cells(table: str) -> Iterator[tuple[str, ...]]:
    for line in table.splitlines()[2:]:
        name, requests, error = (cell.strip() for cell in line.strip("|").split("|"))
        yield name, requests, re.sub(r"`", "", error)
