"""A heartbeat in the background of an activity."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

from temporalio import activity

__all__ = ["heartbeating"]

INTERVAL = 1.0
"""Seconds between beats. A cancellation arrives with one, and a cancelled call must not go on being paid for."""


@asynccontextmanager
async def heartbeating() -> AsyncGenerator[None]:
    """Beat at once, and then regularly until the block is left.

    Temporal tells an activity that it is cancelled only in its answer to a heartbeat, and sees a dead worker
    only by a missing one. So an activity that waits for a slow server has to beat while it waits.
    """
    activity.heartbeat()
    beating = asyncio.create_task(_beat(_interval(activity.info().heartbeat_timeout)))
    try:
        yield
    finally:
        beating.cancel()
        await asyncio.wait([beating])


async def _beat(interval: float) -> None:
    while True:
        await asyncio.sleep(interval)
        activity.heartbeat()


def _interval(timeout: timedelta | None) -> float:
    """Seconds between beats, always well below the timeout."""
    return INTERVAL if timeout is None else min(INTERVAL, timeout.total_seconds() / 2)
