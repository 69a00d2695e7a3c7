"""The ways of a request and of a chat completion, traced, and held against the page that tells them."""

import re
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import FrameType
from typing import Any

import httptask.http
from httptask.chat.complete import complete
from httptask.chat.models import ChatRequest
from httptask.client import Edge, HttpRequest
from httptask.testing import Reply, ScriptedServer
from support.connections import local_connection, secret_store

PAGE = (Path(__file__).parents[2] / "docs/architecture.md").read_text()
ROOT = f"{Path(httptask.http.__file__).parents[1]}/"
VOCABULARY = ("http/", "json/")

ROW = re.compile(r"^\| [0-9]+ \| `([a-z_/]+\.py)` \|", re.MULTILINE)
FILE = re.compile(r"`([a-z_/]+\.py)`")
GET = re.compile(
    r"a plain GET over a connection enters (\d+) files with (\d+) returns:\n\n(.*?)\n\n", re.DOTALL
)
CHAT = re.compile(
    r"A chat completion enters (\d+) files with (\d+) returns: (.*?); then 3 to 15 above, with\s`(.*?)` before 4; "
    r"and at last (.*?)\n\n",
    re.DOTALL,
)


class Walk:
    """Files in the order in which a function of each is entered, and the pairs of which one calls into one before.

    Args:
        first: the file that the walk begins in.
    """

    def __init__(self, first: str) -> None:
        self.files = [first]
        self.returns: list[tuple[str, str]] = []
        self._entered: set[FrameType] = set()
        self._arrows: set[tuple[str, str]] = set()

    async def of(self, call: Callable[[], Awaitable[Any]]) -> "Walk":
        """Trace a call; of what a coroutine goes on with after it waited, nothing is entered anew."""
        sys.setprofile(self._see)
        try:
            await call()
        finally:
            sys.setprofile(None)
            self._entered.clear()
        return self

    def _see(self, frame: FrameType, event: str, _: Any) -> None:
        into = file_of(frame)
        if event != "call" or into is None or frame in self._entered:
            return
        self._entered.add(frame)
        caller = frame.f_back
        while caller is not None and file_of(caller) is None:
            caller = caller.f_back
        before = None if caller is None else file_of(caller)
        if before is None or before == into or (before, into) in self._arrows:
            return
        self._arrows.add((before, into))
        if before.startswith(VOCABULARY) or into.startswith(VOCABULARY):
            return
        if into in self.files:
            self.returns.append((before, into))
        else:
            self.files.append(into)


def file_of(frame: FrameType) -> str | None:
    name = frame.f_code.co_filename
    return name.removeprefix(ROOT) if name.startswith(ROOT) else None


async def walked(first: str, answer: Reply, call: Callable[[Edge], Awaitable[Any]]) -> Walk:
    """The walk of a call that is not the first of its connection."""
    async with ScriptedServer([answer, answer]) as server:
        edge = Edge({"c": local_connection("c", server.url)}, secret_store({}))
        await call(edge)
        walk = await Walk(first).of(lambda: call(edge))
        await edge.aclose()
    return walk


def rows() -> list[str]:
    told = GET.search(PAGE)
    assert told is not None
    return ROW.findall(told[3])


async def test_a_request() -> None:
    request = HttpRequest(method="GET", url="/", connection="c")
    walk = await walked("client/edge.py", Reply.json({"a": 1}), lambda edge: edge.send(request))
    told = GET.search(PAGE)
    assert told is not None
    assert walk.files == rows()
    assert (len(walk.files), len(walk.returns)) == (int(told[1]), int(told[2])), walk.returns
    assert len(walk.files) <= 15
    assert len(walk.returns) <= 10


async def test_a_chat_completion() -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "Hi."}]}
    request = ChatRequest(body=body, connection="c", idempotency_key="0123456789abcdef")
    walk = await walked("chat/complete.py", Reply.chat("Hi."), lambda edge: complete(edge, request))
    told = CHAT.search(PAGE)
    assert told is not None
    between = rows()[2:]
    assert walk.files == [*FILE.findall(told[3]), between[0], told[4], *between[1:], *FILE.findall(told[5])]
    assert (len(walk.files), len(walk.returns)) == (int(told[1]), int(told[2])), walk.returns
    assert len(walk.files) <= 26
