"""Calls of a limited connection: even from the first one on, though they come at once."""

import asyncio
import time
from typing import Any

import pytest

from httptask.http.errors import Postponed
from httptask.http.models import HttpRequest
from httptask.testing import Reply, ScriptedServer, ServedRequest

REQUEST = HttpRequest(method="GET", url="/", connection="local")


async def test_what_comes_at_once_leaves_in_turn(make_edge: Any) -> None:
    times: list[float] = []

    def answer(_: ServedRequest) -> Reply:
        times.append(time.monotonic())
        return Reply.of()

    async with ScriptedServer(answer) as server:
        edge = make_edge(server.url, connection={"requests_per_minute": 1200})
        started = time.monotonic()
        await asyncio.gather(*(edge.send(REQUEST) for _ in range(14)))
        await asyncio.sleep(0.1)  # what was not used is not saved up
        await asyncio.gather(*(edge.send(REQUEST) for _ in range(3)))
    # A server that is late to see one sees the next sooner after it; their sum is not shorter.
    assert times[13] - started >= 13 * 0.05
    assert times[16] - times[13] >= 0.1 + 2 * 0.05 - 0.02


async def test_a_turn_far_away_is_waited_for_elsewhere(make_edge: Any) -> None:
    async with ScriptedServer([Reply.of()]) as server:
        edge = make_edge(server.url, connection={"requests_per_minute": 6})
        await edge.send(REQUEST)
        with pytest.raises(
            Postponed, match="among the calls of the connection local, which has 6 a minute"
        ) as late:
            await edge.send(REQUEST)
    assert late.value.retryable
    assert 9 < (late.value.retry_after or 0) <= 10
    assert len(server.requests) == 1
