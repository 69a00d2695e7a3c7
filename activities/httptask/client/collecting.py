"""A stream read as far as it is wanted: what is kept of its events becomes the content of a response."""

from collections.abc import Sequence
from contextlib import aclosing
from typing import Any

from pydantic_core import to_json

from httptask.client.edge import Edge
from httptask.http.errors import RequestInvalid, ResponseInterrupted, ResponseTooLarge
from httptask.http.limits import SIZE_SETTINGS
from httptask.http.models import HttpRequest, HttpResponse, StreamReading
from httptask.response.event_stream import Count, EventStream
from httptask.response.events import Event, Select

__all__ = ["collect"]

_AT_ONCE = 256


async def collect(
    edge: Edge, request: HttpRequest, select: Select | None, *, attempt: int = 1, count: Count | None = None
) -> HttpResponse:
    """Send a request once and keep of its answer's events what its `stream` says.

    Args:
        edge: sends it.
        request: what to send.
        select: evaluates expressions; None where there is nothing that could.
        attempt: which attempt at it this is, for the result and the log.
        count: is kept up to date.

    Raises:
        ResponseInterrupted: the stream was cut, or nothing shows that it was not.
        HttpTaskError: anything else that `Edge.stream` raises.
    """
    reading = request.stream or StreamReading()
    if select is None and (reading.each is not None or reading.until is not None):
        raise RequestInvalid(
            "`each` and `until` of a stream are expressions, and nothing evaluates them here"
        )
    async with edge.stream(request, attempt=attempt, count=count) as stream:
        return stream.respond(await _Collector(stream, reading, select).kept())


class _Collector:
    def __init__(self, stream: EventStream, reading: StreamReading, select: Select | None) -> None:
        self._stream = stream
        self._reading = reading
        self._select = select
        self._wanted = reading.limit
        self._kept: list[Any] = []
        self._size = 0

    async def kept(self) -> Any:
        """What is kept: a list, or the last value."""
        if not await self._read():
            self._require_end()
        if self._reading.take == "last":
            return self._kept[-1] if self._kept else None
        return self._kept

    async def _read(self) -> bool:
        """Reads on until the last event that is wanted; False when the answer ends before."""
        async with aclosing(aiter(self._stream)) as together:
            async for events in together:
                for start in range(0, len(events), _AT_ONCE):
                    if await self._take(events[start : start + _AT_ONCE]):
                        return True
        return False

    async def _take(self, events: list[Event]) -> bool:
        """Keeps what is wanted of some events; True when the last one is among them."""
        events = events[: self._wanted]
        if self._wanted is not None:
            self._wanted -= len(events)
        if self._select is None or (self._reading.each is None and self._reading.until is None):
            for event in events:
                self._keep([event.value], event.size)
            return self._wanted == 0
        for selected in await self._select(self._reading, events):
            self._keep(selected.values, len(to_json(selected.values)))
            if selected.last:
                return True
        return self._wanted == 0

    def _keep(self, values: Sequence[Any], size: int) -> None:
        if self._reading.take == "last":
            self._kept = list(values[-1:]) or self._kept
            return
        self._kept += values
        self._size += size
        if self._size > self._stream.kept_bytes:
            raise ResponseTooLarge(
                f"the events that are kept have more than {self._stream.kept_bytes} bytes: keep a part of each, "
                f"or the last one, or raise {SIZE_SETTINGS}",
                details={"limit": self._stream.kept_bytes},
            )

    def _require_end(self) -> None:
        """See that the answer was not cut."""
        if self._stream.ended_by == "marker":
            return
        if self._reading.until is not None:
            raise ResponseInterrupted("the stream ended before an event for which `until` is true")
        if self._stream.ended_by == "close":
            raise ResponseInterrupted(
                "the stream ended with its connection, which may have been cut: the response does not say where "
                "it ends",
                cure="say by which event it does with `until`",
                retryable=False,
            )
