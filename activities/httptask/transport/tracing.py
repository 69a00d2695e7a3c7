"""What is known of every request that passes for one call."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from httptask.http.errors import HttpTaskError
from httptask.http.models import Hop
from httptask.request.wire import WireRequest
from httptask.secrets.redaction import Redactor
from httptask.transport.deadlines import Progress
from httptask.transport.exchange import Transport, WireResponse

__all__ = ["TracedTransport"]


class TracedTransport:
    """Takes note of each request that passes.

    Args:
        inner: sends them.
        redactor: takes the values of secrets out of their URLs.
    """

    def __init__(self, inner: Transport, redactor: Redactor) -> None:
        self.simulated = inner.simulated
        self._inner = inner
        self._redactor = redactor
        self._clock = asyncio.get_running_loop().time
        self._start = self._clock()
        self._over: list[Hop] = []
        self._under_way: Callable[[], Hop] | None = None

    @property
    def hops(self) -> tuple[Hop, ...]:
        """All up to now, in their order."""
        return (*self._over, *(() if self._under_way is None else (self._under_way(),)))

    @asynccontextmanager
    async def open(self, request: WireRequest, progress: Progress) -> AsyncGenerator[WireResponse]:
        """Sends a request; see `Transport.open`."""
        started, began = self._clock(), progress.elapsed()
        status: int | None = None
        error: str | None = None

        def hop() -> Hop:
            return Hop(
                method=request.method,
                uri=self._redactor.text(str(request.url)),
                for_token=request.for_token,
                status=status,
                error=error,
                sent=progress.sent,
                started=_milliseconds(started - self._start),
                total=_milliseconds(self._clock() - started),
                **_steps(progress, began, secured=request.url.scheme == "https"),
            )

        self._under_way = hop
        try:
            async with self._inner.open(request, progress) as response:
                status = response.status
                yield response
        except HttpTaskError as failed:
            error = failed.type
            raise
        finally:
            self._under_way = None
            self._over.append(hop())

    async def aclose(self) -> None:
        """What is inside is closed by its owner."""


def _steps(progress: Progress, began: float, *, secured: bool) -> dict[str, float | None]:
    """How long each step took that was taken."""
    taken: dict[str, float | None] = {}
    last = max(began, progress.begun)
    steps = {
        "dns": progress.resolved,
        "connect": progress.reached,
        "tls": progress.connected if secured else None,
        "first_byte": progress.first_byte,
    }
    for name, at in steps.items():
        if at is not None and at >= last:
            taken[name] = round(at - last, 2)
            last = at
    return taken


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 2)
