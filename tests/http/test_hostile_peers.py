"""Whatever a server does: the right typed error, at its deadline, in little memory."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import psutil
import pytest
import pytest_asyncio

from httptask.http.errors import HttpTaskError
from httptask.http.models import HttpRequest, Limits
from support.hostile_server import BEHAVIOURS, hostile_server

pytestmark = pytest.mark.alone

LIMITS = Limits(first_byte=0.5, idle=0.4, total=1.0, response_bytes=1_000_000)
SOON = 1.0
"""Seconds in which an answer that needs no deadline has to be judged."""
MEGABYTES = 32

HOPS = 5
"""Redirects that are followed: a peer that redirects has to be stopped by what it says."""

EXPECTED = {
    "drip-body": ("Timeout", "total"),
    "drip-head": ("Timeout", "first_byte"),
    "silence": ("Timeout", "first_byte"),
    "silence-after-head": ("Timeout", "idle"),
    "endless-headers": ("ResponseInvalid", None),
    "endless-header-line": ("ResponseInvalid", None),
    "endless-status-line": ("ResponseInvalid", None),
    "endless-chunked-body": ("ResponseTooLarge", None),
    "endless-body": ("ResponseTooLarge", None),
    "endless-error-body": ("HttpStatusError", None),
    "endless-chunk-extension": ("Timeout", "idle"),
    "endless-trailers": ("ResponseInvalid", None),
    "informational-flood": ("Timeout", "first_byte"),
    "gzip-bomb": ("ResponseTooLarge", None),
    "deflate-bomb": ("ResponseTooLarge", None),
    "gzip-thrice": ("ResponseInvalid", None),
    "damaged-gzip": ("ResponseInvalid", None),
    "cut-gzip": ("ResponseInterrupted", None),
    "too-short": ("ResponseInterrupted", None),
    "two-lengths": ("ResponseInvalid", None),
    "length-and-chunked": ("ResponseInvalid", None),
    "cut-chunked": ("ResponseInterrupted", None),
    "bad-chunk-size": ("ResponseInvalid", None),
    "bad-chunk-size-later": ("ResponseInvalid", None),
    "cut-without-length": ("ResponseInterrupted", None),
    "closed": ("ResponseInterrupted", None),
    "reset": ("ResponseInterrupted", None),
    "reset-in-body": ("ResponseInterrupted", None),
    "redirect-loop": ("HttpStatusError", None),
    "redirect-for-ever": ("HttpStatusError", None),
    "redirect-to-file": ("HttpStatusError", None),
    "redirect-to-loopback": ("AddressForbidden", None),
    "redirect-to-metadata": ("AddressForbidden", None),
    "redirect-to-two-places": ("HttpStatusError", None),
    "redirect-to-nowhere": ("HttpStatusError", None),
    "redirect-to-silence": ("Timeout", "first_byte"),
    "line-break-in-header": ("ResponseInvalid", None),
    "nul-in-header": ("ResponseInvalid", None),
    "no-http": ("ResponseInvalid", None),
    "http-0.9": ("ResponseInvalid", None),
    "unknown-charset": ("ResponseInvalid", None),
    "wrong-charset": ("ResponseInvalid", None),
    "invalid-json": ("ResponseInvalid", None),
    "html-as-json": ("ResponseInvalid", None),
    "deep-json": ("ResponseInvalid", None),
    "big-status": ("ResponseInvalid", None),
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hostile() -> AsyncIterator[str]:
    async with hostile_server() as url:
        yield url


def test_every_behaviour_has_an_expectation() -> None:
    assert EXPECTED.keys() == BEHAVIOURS.keys()


@pytest.mark.parametrize("behaviour", EXPECTED)
async def test_behaviour(make_edge: Any, hostile: str, behaviour: str) -> None:
    error, deadline = EXPECTED[behaviour]
    edge = make_edge(hostile, connection={"redirects": HOPS, "allow_private": ("127.0.0.1",)})
    request = HttpRequest(method="GET", url=behaviour, connection="local", limits=LIMITS)
    async with _Memory() as memory:
        began = time.perf_counter()
        with pytest.raises(HttpTaskError) as caught:
            await edge.send(request)
        took = time.perf_counter() - began

    assert caught.value.type == error, caught.value
    assert caught.value.details.get("deadline") == deadline
    if deadline is None:
        assert took < SOON
    else:
        assert took == pytest.approx(getattr(LIMITS, deadline), rel=0.1)
    assert memory.grown < MEGABYTES << 20


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
)
async def test_reasons_to_stay(make_edge: Any, hostile: str, behaviour: str, reason: str) -> None:
    edge = make_edge(hostile, connection={"redirects": HOPS, "allow_private": ("127.0.0.1",)})
    with pytest.raises(HttpTaskError, match=reason):
        await edge.send(HttpRequest(method="GET", url=behaviour, connection="local", limits=LIMITS))


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
