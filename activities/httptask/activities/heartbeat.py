"""A heartbeat in the background of an activity."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import timedelta

from temporalio import activity

from httptask.response.event_stream import Count

__all__ = ["heartbeating"]

INTERVAL = 1.0
"""Seconds between beats. A cancellation arrives with one, and a cancelled call must not go on being paid for."""


@asynccontextmanager
async def heartbeating(attempt: int, count: Count | None = None) -> AsyncGenerator[None]:
    """Beat at once, and then regularly until the block is left.

    Each beat carries the number of the attempt, and how far a stream has been read; nothing of its events, for
    Temporal keeps what it carries.

    Temporal tells an activity that it is cancelled only in its answer to a heartbeat, and sees a dead worker
    only by a missing one. So an activity that waits for a slow server has to beat while it waits.
    """
    activity.heartbeat(attempt)
    beating = asyncio.create_task(_beat(attempt, count, _interval(activity.info().heartbeat_timeout)))
    try:
        yield
    finally:
        beating.cancel()
        await asyncio.wait([beating])


async def _beat(attempt: int, count: Count | None, interval: float) -> None:
    while True:
        await asyncio.sleep(interval)
        activity.heartbeat(attempt, *(() if count is None else (asdict(count),)))


def _interval(timeout: timedelta | None) -> float:
    """Seconds between beats, always well below the timeout."""
    return INTERVAL if timeout is None else min(INTERVAL, timeout.total_seconds() / 2)
