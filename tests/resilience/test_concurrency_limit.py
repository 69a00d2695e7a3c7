"""Calls of one connection at the same time, on one worker."""

import asyncio
import time
from typing import Any

import pytest
from structlog.testing import capture_logs

from httptask.http.errors import Postponed
from httptask.http.models import HttpRequest
from httptask.resilience import connection_limits
from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.crowds import Crowd

REQUEST = HttpRequest(method="GET", url="/", connection="local")


async def test_no_more_at_the_same_time_than_allowed(make_edge: Any) -> None:
    crowd = Crowd(0.01, Reply.of())

    async with ScriptedServer(crowd) as server:
        edge = make_edge(server.url, connection={"concurrency": 3})
        await asyncio.gather(*(edge.send(REQUEST) for _ in range(20)))
    assert crowd.most == 3


async def test_waiting_is_seen_counts_against_no_deadline_and_ends(
    make_edge: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_limits, "_LONGEST_WAIT_FOR_PLACE", 0.2)
    arrived, free = asyncio.Event(), asyncio.Event()

    async def answer(_: ServedRequest) -> Reply:
        arrived.set()
        await free.wait()
        return Reply.of()

    async with ScriptedServer(answer) as server:
        edge = make_edge(server.url, connection={"concurrency": 1, "limits": {"total": 5}})
        first = asyncio.create_task(edge.send(REQUEST))
        await arrived.wait()
        with (
            capture_logs() as logs,
            pytest.raises(
                Postponed, match="all 1 places of the connection local are taken on this worker"
            ) as caught,
        ):
            await edge.send(REQUEST)
        second = asyncio.create_task(edge.send(REQUEST))
        await asyncio.sleep(0.05)
        freed = time.monotonic()
        free.set()
        assert (await first).status == 200
        assert (await second).timing.total <= (time.monotonic() - freed) * 1000 + 1
    assert caught.value.retryable
    assert caught.value.retry_after == 1
    assert logs == [
        {"event": "http.request.waiting", "log_level": "info", "connection": "local", "concurrency": 1}
    ]
    assert len(server.requests) == 2


async def test_who_gives_up_leaves_no_place_taken(make_edge: Any) -> None:
    async with ScriptedServer([Reply.silence(), Reply.of()]) as server:
        edge = make_edge(server.url, connection={"concurrency": 1})
        holding = asyncio.create_task(edge.send(REQUEST))
        waiting = asyncio.create_task(edge.send(REQUEST))
        await server.requests_received(1)
        for task in (waiting, holding):
            task.cancel()
        await asyncio.gather(waiting, holding, return_exceptions=True)
        assert (await edge.send(REQUEST)).status == 200
