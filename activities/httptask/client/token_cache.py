"""The tokens of a worker: kept while they are good, renewed by one caller while the others wait."""

import asyncio
import copy
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from httptask.http.errors import HttpTaskError

__all__ = ["Fetch", "Token", "Tokens"]

_MOST = 1000
_MARGIN = 60.0
_SHARE = 0.2


@dataclass(eq=False)
class Token:
    """A bearer token.

    Attributes:
        value: the token.
        lifetime: seconds that it lives from when it was given; None when the server doesn't say.
        refresh: the refresh token that came with it.
        accepted: whether a server has taken it at least once.
    """

    value: str = field(repr=False)
    lifetime: float | None = None
    refresh: str | None = field(default=None, repr=False)
    accepted: bool = False
    given: float = field(default_factory=time.monotonic)

    def is_good(self) -> bool:
        """Whether it lives, and will for the time of a request: a minute, or a fifth of a short life."""
        if self.lifetime is None:
            return True
        margin = min(_MARGIN, self.lifetime * _SHARE)
        return time.monotonic() < self.given + self.lifetime - margin

    def is_alive(self) -> bool:
        """Whether it lives."""
        return self.lifetime is None or time.monotonic() < self.given + self.lifetime


Fetch = Callable[[str | None], Awaitable[Token]]
"""Gets a new token; its argument is the refresh token that came with the old one."""


class Tokens:
    """Tokens in memory, by a key that says nothing about them. Belongs to one event loop."""

    def __init__(self) -> None:
        self._kept: dict[str, Token] = {}
        self._refresh: dict[str, str] = {}
        self._underway: dict[str, asyncio.Task[Token]] = {}

    async def get(self, key: str, fetch: Fetch) -> Token:
        """A good token: the one that is kept, or a new one.

        Whoever comes first fetches it; that goes on when the caller is cancelled, for others wait for it too.

        Raises:
            HttpTaskError: from `fetch`.
        """
        kept = self._kept.get(key)
        if kept is not None and kept.is_good():
            return kept
        task = self._underway.get(key)
        if task is None:
            task = asyncio.create_task(self._fetch(key, fetch))
            self._underway[key] = task
            task.add_done_callback(lambda done: self._landed(key, done))
        try:
            return await asyncio.shield(task)
        except HttpTaskError as error:
            if kept is not None and kept.is_alive() and error.retryable:
                return kept
            # Each caller adds to its error what it knows; the task's own is everybody's.
            raise copy.copy(error) from None

    def drop(self, key: str, token: Token) -> None:
        """Forgets a token that a server refused; not one that has taken its place meanwhile."""
        if self._kept.get(key) is token:
            del self._kept[key]

    async def aclose(self) -> None:
        """Ends what is underway."""
        tasks = list(self._underway.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _fetch(self, key: str, fetch: Fetch) -> Token:
        token = await fetch(self._refresh.get(key))
        for kept in (self._kept, self._refresh):
            kept.pop(key, None)
            if len(kept) >= _MOST:
                del kept[next(iter(kept))]
        self._kept[key] = token
        if token.refresh is not None:
            self._refresh[key] = token.refresh
        return token

    def _landed(self, key: str, task: asyncio.Task[Token]) -> None:
        del self._underway[key]
        if not task.cancelled():
            task.exception()  # nobody may be waiting any more, which is no defect
