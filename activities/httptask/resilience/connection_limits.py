"""Limits of one connection on this worker: calls at the same time, and calls one after the other."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from httptask.http.errors import Postponed
from httptask.http.log import get_logger

__all__ = ["ConcurrencyLimit", "Pace"]

_LONGEST_WAIT_FOR_PLACE = (
    10.0  # an attempt has 15 s beside the deadlines of its exchange, then Temporal ends it
)
_LONGEST_WAIT_FOR_TURN = (
    3.0  # with the wait for a place within the time that an attempt has beside its deadlines
)
_COME_BACK = 1.0
_MINUTE = 60.0

_log = get_logger("httptask.http")


class ConcurrencyLimit:
    """How many calls of a connection this worker makes at the same time; whoever comes first gets the next place.

    Args:
        connection: its name.
        count: how many.
    """

    def __init__(self, connection: str, count: int) -> None:
        self._connection = connection
        self._count = count
        self._free = asyncio.Semaphore(count)

    @asynccontextmanager
    async def held(self) -> AsyncGenerator[None]:
        """Holds a place while the context lasts.

        Raises:
            Postponed: none got free in time, so that the call is better waited for elsewhere.
        """
        if self._free.locked():
            _log.info("http.request.waiting", connection=self._connection, concurrency=self._count)
        try:
            async with asyncio.timeout(_LONGEST_WAIT_FOR_PLACE):
                await self._free.acquire()
        except TimeoutError:
            raise Postponed(
                f"all {self._count} places of the connection {self._connection} are taken on this worker",
                retry_after=_COME_BACK,
            ) from None
        try:
            yield
        finally:
            self._free.release()


class Pace:
    """Spreads what comes at once. A task queue lets through a second's calls together before its limit holds.

    Args:
        connection: its name.
        per_minute: how many calls.
    """

    def __init__(self, connection: str, per_minute: float) -> None:
        self._connection = connection
        self._between = _MINUTE / per_minute
        self._next = 0.0

    async def turn(self) -> None:
        """Wait for a turn.

        Raises:
            Postponed: it would come so late that the call is better waited for elsewhere.
        """
        now = asyncio.get_running_loop().time()
        wait = self._next - now
        if wait > _LONGEST_WAIT_FOR_TURN:
            raise Postponed(
                f"waits for its turn among the calls of the connection {self._connection}, which has "
                f"{_MINUTE / self._between:g} a minute",
                retry_after=wait,
            )
        self._next = max(self._next, now) + self._between
        if wait > 0:
            await asyncio.sleep(wait)
