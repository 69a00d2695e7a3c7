"""The HTTP edge of a process: opened by the first call, closed by the last worker that could make one."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from httptask.client.edge import Edge

__all__ = ["SharedEdge"]


class SharedEdge:
    """One edge for all workers that share a plugin.

    A replayer enters and leaves like a worker and never calls, so it opens nothing; a worker that stops does not
    close what another one still uses.
    """

    def __init__(self, open_edge: Callable[[], Edge]) -> None:
        self._open_edge = open_edge
        self._edge: Edge | None = None
        self._users = 0

    def get(self) -> Edge:
        """The edge, opened if it is not yet."""
        if self._edge is None:
            self._edge = self._open_edge()
        return self._edge

    @asynccontextmanager
    async def in_use(self) -> AsyncGenerator[None]:
        """Keep the edge open for the time of a worker."""
        self._users += 1
        try:
            yield
        finally:
            self._users -= 1
            if self._users == 0 and self._edge is not None:
                edge, self._edge = self._edge, None
                await edge.aclose()
