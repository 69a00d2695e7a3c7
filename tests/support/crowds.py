"""Servers that see how many ask at once."""

import asyncio

from httptask.testing import Reply, ServedRequest

__all__ = ["Crowd"]


class Crowd:
    """Answers each request after a while.

    Attributes:
        most: how many were being answered at one time, at most.
    """

    def __init__(self, seconds: float, reply: Reply) -> None:
        self.most = 0
        self._now = 0
        self._seconds = seconds
        self._reply = reply

    async def __call__(self, _: ServedRequest) -> Reply:
        self._now += 1
        self.most = max(self.most, self._now)
        await asyncio.sleep(self._seconds)
        self._now -= 1
        return self._reply
