"""Whatever a server does: the right typed error, at its deadline, in little memory."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import psutil
import pytest
import pytest_asyncio

from httptask.client.edge import Edge
from httptask.http.errors import HttpTaskError
from httptask.http.models import HttpRequest, Limits
from support.hostile_server import BEHAVIOURS, hostile_server

SHORT = Limits(first_byte=0.5, idle=0.4, total=1.0, response_bytes=1_000_000)
LONG = Limits(first_byte=60, idle=60, total=60, response_bytes=1_000_000)
SOON = 5.0
"""Seconds in which an answer that needs no deadline has to be judged, beside other tests."""
MEGABYTES = 32

HOPS = 5
"""Redirects that are followed: a peer that redirects has to be stopped by what it says."""

DEADLINES = {
    "drip-body": "total",
    "drip-head": "first_byte",
    "silence": "first_byte",
    "silence-after-head": "idle",
    "endless-chunk-extension": "idle",
    "informational-flood": "first_byte",
    "redirect-to-silence": "first_byte",
}
ERRORS = {
    "endless-headers": "ResponseInvalid",
    "endless-header-line": "ResponseInvalid",
    "endless-status-line": "ResponseInvalid",
    "endless-chunked-body": "ResponseTooLarge",
    "endless-body": "ResponseTooLarge",
    "endless-error-body": "HttpStatusError",
    "endless-trailers": "ResponseInvalid",
    "gzip-bomb": "ResponseTooLarge",
    "deflate-bomb": "ResponseTooLarge",
    "gzip-thrice": "ResponseInvalid",
    "damaged-gzip": "ResponseInvalid",
    "cut-gzip": "ResponseInterrupted",
    "too-short": "ResponseInterrupted",
    "two-lengths": "ResponseInvalid",
    "length-and-chunked": "ResponseInvalid",
    "cut-chunked": "ResponseInterrupted",
    "bad-chunk-size": "ResponseInvalid",
    "bad-chunk-size-later": "ResponseInvalid",
    "cut-without-length": "ResponseInterrupted",
    "closed": "ResponseInterrupted",
    "reset": "ResponseInterrupted",
    "reset-in-body": "ResponseInterrupted",
    "redirect-loop": "HttpStatusError",
    "redirect-for-ever": "HttpStatusError",
    "redirect-to-file": "HttpStatusError",
    "redirect-to-loopback": "AddressForbidden",
    "redirect-to-metadata": "AddressForbidden",
    "redirect-to-two-places": "HttpStatusError",
    "redirect-to-nowhere": "HttpStatusError",
    "line-break-in-header": "ResponseInvalid",
    "nul-in-header": "ResponseInvalid",
    "no-http": "ResponseInvalid",
    "http-0.9": "ResponseInvalid",
    "unknown-charset": "ResponseInvalid",
    "wrong-charset": "ResponseInvalid",
    "invalid-json": "ResponseInvalid",
    "html-as-json": "ResponseInvalid",
    "deep-json": "ResponseInvalid",
    "big-status": "ResponseInvalid",
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hostile() -> AsyncIterator[str]:
    async with hostile_server() as url:
        yield url


def test_every_behaviour_has_an_expectation() -> None:
    assert {*DEADLINES, *ERRORS} == BEHAVIOURS.keys()


async def fault_of(edge: Edge, behaviour: str, limits: Limits) -> tuple[HttpTaskError, float]:
    """The error, and the seconds that it took."""
    request = HttpRequest(method="GET", url=behaviour, connection="local", limits=limits)
    async with _Memory() as memory:
        began = time.perf_counter()
        with pytest.raises(HttpTaskError) as caught:
            await edge.send(request)
        took = time.perf_counter() - began
    assert memory.grown < MEGABYTES << 20
    return caught.value, took


@pytest.fixture
def edge(make_edge: Any, hostile: str) -> Any:
    return make_edge(hostile, connection={"redirects": HOPS, "allow_private": ("127.0.0.1",)})


BUSY = 2.0
"""Seconds that a slow machine may take over a flood beyond the deadline."""
FLOOD = pytest.param("informational-flood", marks=pytest.mark.alone)
"""It keeps the processor busy up to the deadline; others wait."""


@pytest.mark.parametrize("behaviour", [FLOOD, *(name for name in DEADLINES if name not in FLOOD.values)])
async def test_that_a_deadline_ends(edge: Edge, behaviour: str) -> None:
    error, took = await fault_of(edge, behaviour, SHORT)
    assert (error.type, error.details["deadline"]) == ("Timeout", DEADLINES[behaviour])
    deadline = getattr(SHORT, DEADLINES[behaviour])
    assert 0.9 * deadline <= took <= 1.1 * deadline + BUSY


@pytest.mark.parametrize("behaviour", ERRORS)
async def test_that_needs_no_deadline(edge: Edge, behaviour: str) -> None:
    error, took = await fault_of(edge, behaviour, LONG)
    assert (error.type, error.details.get("deadline")) == (ERRORS[behaviour], None)
    assert took < SOON


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("redirect-loop", "it redirects in a circle"),
        ("redirect-for-ever", f"more than {HOPS} redirects"),
        ("redirect-to-file", "it redirects to a file: URL"),
        ("redirect-to-loopback", "the host is 127.0.0.2, a loopback address"),
        ("redirect-to-metadata", "the host is 169.254.169.254, a link-local address"),
        ("redirect-to-two-places", "it redirects with 2 Location headers"),
        ("redirect-to-nowhere", "it redirects with no Location headers"),
    ],
    ids=["loop", "for ever", "file", "loopback", "metadata", "two places", "nowhere"],
)
async def test_reasons_to_stay(edge: Edge, behaviour: str, reason: str) -> None:
    error, _ = await fault_of(edge, behaviour, LONG)
    assert reason in str(error)


class _Memory:
    """How far the resident set of this process grows above its start."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self.grown = 0

    async def __aenter__(self) -> "_Memory":
        self._start = self._process.memory_info().rss
        self._watching = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._watching.cancel()

    async def _watch(self) -> None:
        while True:
            self.grown = max(self.grown, self._process.memory_info().rss - self._start)
            await asyncio.sleep(0.005)
