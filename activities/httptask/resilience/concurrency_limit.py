"""Calls of one connection at the same time: no more than it allows on this worker."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from httptask.http.errors import Postponed
from httptask.http.log import get_logger

__all__ = ["Places"]

_LONGEST_WAIT = 10.0  # an attempt has 15 s beside the deadlines of its exchange, then Temporal ends it
_COME_BACK = 1.0

_log = get_logger("httptask.http")


class Places:
    """As many places as a connection has on this worker; whoever comes first gets the next one.

    Args:
        connection: its name.
        count: how many.
    """

    def __init__(self, connection: str, count: int) -> None:
        self._connection = connection
        self._count = count
        self._free = asyncio.Semaphore(count)

    @asynccontextmanager
    async def taken(self) -> AsyncGenerator[None]:
        """Holds a place while the context lasts.

        Raises:
            Postponed: none got free in time, so that the call is better waited for elsewhere.
        """
        if self._free.locked():
            _log.info("http.request.waiting", connection=self._connection, concurrency=self._count)
        try:
            async with asyncio.timeout(_LONGEST_WAIT):
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
