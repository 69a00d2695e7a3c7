"""Calls of one connection in turn: on one worker no two of them sooner after each other than its limit says."""

import asyncio

from httptask.http.errors import Postponed

__all__ = ["Pace"]

_LONGEST_WAIT = 3.0  # with the wait for a place within the time that an attempt has beside its deadlines
_MINUTE = 60.0


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
        if wait > _LONGEST_WAIT:
            raise Postponed(
                f"waits for its turn among the calls of the connection {self._connection}, which has "
                f"{_MINUTE / self._between:g} a minute",
                retry_after=wait,
            )
        self._next = max(self._next, now) + self._between
        if wait > 0:
            await asyncio.sleep(wait)
