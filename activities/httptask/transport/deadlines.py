"""The deadlines of one attempt: connect, first byte, idle, and total over all of it.

A client library bounds each read by itself, so a server that sends a byte now and then is never late;
here one clock runs over the whole attempt.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Literal

from httptask.http.errors import Timeout
from httptask.http.limits import Bounds

__all__ = ["Progress", "deadlines"]

Deadline = Literal["connect", "first_byte", "idle", "total"]

_UNMET: dict[Deadline, str] = {
    "connect": "no connection to {host} within {seconds:g} s (connect deadline)",
    "first_byte": "no answer from {host} within {seconds:g} s (first byte deadline)",
    "idle": "{host} fell silent in the middle of its answer for {seconds:g} s (idle deadline)",
    "total": "no complete answer from {host} within {seconds:g} s (total deadline)",
}
_NO_TOKEN = "no token for {host} within {seconds:g} s (total deadline)"  # noqa: S105 - a message


class Progress:
    """Where an attempt stands. The transport reports each event; the next deadline follows from it.

    Attributes:
        sent: whether a byte of the request may have gone out, so that the server may have acted on it.
        begun: milliseconds until a connection was sought.
        resolved: milliseconds until the name of the server was resolved; None where there was none to resolve.
        reached: milliseconds until the server took the connection; None for one that stood already.
        connected: the same until it was secured, where it is.
        first_byte: milliseconds until the head of the answer was there.
        received: bytes of the answer, as they came.
        wants_token: whether a token is being got before the request.
        redirects: how many answers pointed elsewhere and were followed.
    """

    def __init__(self, bounds: Bounds, scope: asyncio.Timeout) -> None:
        self._bounds = bounds
        self._scope = scope
        self._loop = asyncio.get_running_loop()
        self._start = self._loop.time()
        self._due = self._start + bounds.total
        self._alarm: asyncio.TimerHandle | None = None
        self.deadline: Deadline = "total"
        self.sent = False
        self.wants_token = False
        self.begun = 0.0
        self.resolved: float | None = None
        self.reached: float | None = None
        self.connected: float | None = None
        self.first_byte: float | None = None
        self.received = 0
        self.redirects = 0
        self._expect("connect")

    def restart(self) -> None:
        """Another try begins; of those before nothing was sent."""
        self.sent = False
        self.wants_token = False
        self.resolved = self.reached = self.connected = self.first_byte = None
        self.received = 0
        self._expect("connect")

    def getting_token(self) -> None:
        """A token is being got, within deadlines of its own and the total of this attempt."""
        self.wants_token = True
        self._expect("total")

    def redirected(self) -> None:
        """An answer pointed elsewhere, and another request begins."""
        self.redirects += 1
        self.restart()

    def connecting(self) -> None:
        """A connection is sought, among those that stand, or made."""
        self.begun = self.elapsed()

    def name_resolved(self) -> None:
        """The addresses of the server are known."""
        self.resolved = self.elapsed()

    def connection_made(self, reached: float | None = None) -> None:
        """The connection stands, TLS included; the server took it at that time of the event loop."""
        self.reached = None if reached is None else (reached - self._start) * 1000
        self.connected = self.elapsed()

    def sending(self) -> None:
        """Bytes of the request are about to go out."""
        self.sent = True
        self._expect("first_byte")

    def bytes_received(self, count: int) -> None:
        """Bytes of the answer came in, first its head."""
        self.received += count
        if self.first_byte is None:
            self.first_byte = self.elapsed()
        self._expect("idle")

    def elapsed(self) -> float:
        """Milliseconds since the attempt began."""
        return (self._loop.time() - self._start) * 1000

    def seconds(self, deadline: Deadline) -> float:
        """How long that deadline gives."""
        return float(getattr(self._bounds, deadline))

    def stop(self) -> None:
        """The attempt is over."""
        if self._alarm is not None:
            self._alarm.cancel()

    def _expect(self, deadline: Deadline) -> None:
        end = self._start + self._bounds.total
        next_end = self._loop.time() + self.seconds(deadline)
        self.deadline = deadline if next_end < end else "total"
        self._due = min(next_end, end)
        # A due time that moves on, as with each chunk of a stream, is left to the alarm that is set already.
        if self._alarm is None or self._due < self._alarm.when():
            self._set_alarm()

    def _set_alarm(self) -> None:
        self.stop()
        self._alarm = self._loop.call_at(self._due, self._ring)

    def _ring(self) -> None:
        if self._loop.time() < self._due:
            self._set_alarm()
        elif not self._scope.expired():
            self._scope.reschedule(self._due)


@asynccontextmanager
async def deadlines(bounds: Bounds, host: str) -> AsyncGenerator[Progress]:
    """Bounds what runs inside it.

    Raises:
        Timeout: naming the deadline that was not met.
    """
    progress = None
    try:
        async with asyncio.timeout(None) as scope:
            progress = Progress(bounds, scope)
            try:
                yield progress
            finally:
                progress.stop()
    except TimeoutError:
        if progress is None:
            raise
        seconds = progress.seconds(progress.deadline)
        raise Timeout(
            (_NO_TOKEN if progress.wants_token else _UNMET[progress.deadline]).format(
                host=host, seconds=seconds
            ),
            details={
                "deadline": progress.deadline,
                "seconds": seconds,
                "host": host,
                "sent": progress.sent or progress.redirects > 0,
            },
        ) from None
