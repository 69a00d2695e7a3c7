"""Limits of one connection on this worker: calls at the same time, and calls one after the other."""

import asyncio
import os
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress

from httptask.http.errors import Postponed
from httptask.http.log import get_logger
from httptask.resilience.shared_locks import SharedLocks

__all__ = ["ConcurrencyLimit", "Pace", "SharedPlaces"]

_LONGEST_WAIT_FOR_PLACE = (
    10.0  # an attempt has 15 s beside the deadlines of its exchange, then Temporal ends it
)
_LONGEST_WAIT_FOR_TURN = (
    3.0  # with the wait for a place within the time that an attempt has beside its deadlines
)
_COME_BACK = 1.0
_LOOK_SECONDS = 0.2
"""How often to look for a place whose holder was killed, and so told nobody."""
_MINUTE = 60.0

_log = get_logger("httptask.http")


class ConcurrencyLimit:
    """How many calls of a connection this worker makes at the same time; whoever comes first gets the next place.

    Args:
        connection: its name.
        count: how many.
        shared: the places that this process shares with the others of this worker, if it has any.
    """

    def __init__(self, connection: str, count: int, shared: "SharedPlaces | None" = None) -> None:
        self._connection = connection
        self._count = count
        self._free = asyncio.Semaphore(count)
        self._shared = shared

    @asynccontextmanager
    async def held(self) -> AsyncGenerator[None]:
        """Holds a place while the context lasts.

        Raises:
            Postponed: none got free in time, so that the call is better waited for elsewhere.
        """
        place = await self._place()
        try:
            yield
        finally:
            if self._shared is not None and place is not None:
                self._shared.give_back(place)
            self._free.release()

    async def _place(self) -> int | None:
        """The number of a place, where other processes have a share in them."""
        if self._free.locked():
            self._tell_of_waiting()
        try:
            async with asyncio.timeout(_LONGEST_WAIT_FOR_PLACE):
                await self._free.acquire()
                if self._shared is None:
                    return None
                try:
                    return await self._shared.take(self._tell_of_waiting)
                except BaseException:
                    self._free.release()
                    raise
        except TimeoutError:
            raise Postponed(
                f"all {self._count} places of the connection {self._connection} are taken on this worker",
                retry_after=_COME_BACK,
            ) from None

    def _tell_of_waiting(self) -> None:
        _log.info("http.request.waiting", connection=self._connection, concurrency=self._count)


class SharedPlaces:
    """Places that the processes share which are forked after it is made. One that is killed leaves its places free.

    Args:
        count: how many.
    """

    def __init__(self, count: int) -> None:
        self._locks = SharedLocks()
        self._free = list(range(count))
        """Places that this process does not hold; another one may."""
        self._given_back, self._give = os.pipe()
        """A byte for each place that was given back since somebody last waited for one."""
        for end in (self._given_back, self._give):
            os.set_blocking(end, False)
        self._turn = asyncio.Lock()

    async def take(self, tell_of_waiting: Callable[[], None]) -> int:
        """Take a place, as soon as one is free; each process has one call that waits for it, and others behind it.

        Args:
            tell_of_waiting: is called once if none is free now.

        Returns:
            The number of the place.
        """
        async with self._turn:
            place = self._try_take()
            if place is None:
                tell_of_waiting()
            while place is None:
                await self._until_given_back()
                place = self._try_take()
            return place

    def give_back(self, place: int) -> None:
        """Let the next one have it, of whichever process."""
        self._free.append(place)
        self._locks.give_back(place)
        self._tell()

    def _try_take(self) -> int | None:
        for index, place in enumerate(self._free):
            if self._locks.try_take(place):
                del self._free[index]
                return place
        return None

    async def _until_given_back(self) -> None:
        loop = asyncio.get_running_loop()
        told = asyncio.Event()
        loop.add_reader(self._given_back, told.set)
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(told.wait(), _LOOK_SECONDS)
        finally:
            loop.remove_reader(self._given_back)
        with suppress(BlockingIOError):  # the other process was faster
            if len(os.read(self._given_back, 65_536)) > 1:
                self._tell()  # this one takes one place of several

    def _tell(self) -> None:
        with suppress(BlockingIOError):  # it is full of news already
            os.write(self._give, b".")


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
