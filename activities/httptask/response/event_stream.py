"""An answer that comes in events, as it is read: decompressed, bounded, counted, without the values of secrets."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from pydantic_core import to_json

from httptask.diagnostics.cutting import shortened
from httptask.http.content_coding import BoundedDecoder
from httptask.http.errors import HttpTaskError, ResponseInvalid, ResponseTooLarge
from httptask.http.excerpt import tell
from httptask.http.headers import media_type
from httptask.http.limits import Bounds
from httptask.http.models import MAX_EVENTS, HttpResponse, StreamFormat
from httptask.json.types import is_array
from httptask.response.content import format_of
from httptask.response.events import END_MARKER, Event, EventReader, event_reader
from httptask.secrets.encodings import has_escapes
from httptask.secrets.piece_redaction import PieceRedactor, redacted_together
from httptask.secrets.redaction import Redactor
from httptask.transport.exchange import Opened, has_known_end

__all__ = ["Assembler", "Count", "EndedBy", "EventStream"]

_DRAIN_SECONDS = 0.1

EndedBy = Literal["marker", "length", "close"]
"""How the end of a stream is known. `marker` is the event `[DONE]`, with which many APIs end one; `length` a length, or
chunks, that are complete. `close` is no proof: the connection ended, and the stream may have been cut."""


class Assembler(Protocol):
    """Makes a single value of all events of an answer, such as a text of its tokens."""

    @property
    def reader(self) -> EventReader:
        """What splits the answer into events; its media type does not count."""
        ...

    def explain(self, error: HttpTaskError) -> None:
        """Adds to an error what had been made. The values of secrets are taken out of it afterwards."""
        ...


@dataclass
class Count:
    """How far a stream has been read, for those who watch it."""

    events: int = 0
    bytes: int = 0
    """Of the body, decompressed."""

    def explain(self, error: HttpTaskError) -> None:
        """Tells in an error how far the stream had been read."""
        error.details.update(events=self.events, bytes=self.bytes)
        tell(error, f"; {self.events} events in {self.bytes} bytes had come")


class EventStream:
    """An answer in events. Iterating, which can be done once, gives those that came together at once.

    Attributes:
        count: how far it has been read.
        ended_by: how its end was known, once that is reached.
        format: of its events.
        kept_bytes: how much of its events may be kept.
        text: the body up to where it was read, if it is to be recorded.
    """

    def __init__(
        self,
        answer: Opened,
        format_: StreamFormat | None,
        limits: Bounds,
        redactor: Redactor,
        count: Count,
        *,
        kept_bytes: int,
        respond: Callable[["EventStream", Any], HttpResponse],
        assembler: Assembler | None = None,
    ) -> None:
        """Begin to read.

        Args:
            answer: what is read.
            format_: of the events; None for what its media type says.
            limits: of the body.
            redactor: takes out the values of secrets: of each event, and of what is made of all of them.
            count: is kept up to date.
            kept_bytes: how much of the events may be kept.
            respond: makes the response, with what was kept for its content.
            assembler: who makes a single value of the events.

        Raises:
            ResponseInvalid: the answer is no stream, or has a content coding that was not asked for.
        """
        self.count = count
        self.ended_by: EndedBy | None = None
        self.kept_bytes = kept_bytes
        self.text: bytearray | None = None
        self._respond = respond
        self._answer = answer
        self._assembles = assembler is not None
        self.format: StreamFormat = "sse" if assembler else format_ or _claimed_format(answer)
        self._reader = assembler.reader if assembler else event_reader(self.format)
        self._decoder = BoundedDecoder(answer.coding, limits.response_bytes)
        self._redactor = redactor

    @property
    def elapsed(self) -> float:
        """Seconds since the attempt began."""
        return self._answer.progress.elapsed() / 1000

    def piece_redactor(self) -> PieceRedactor:
        """Takes the values of secrets out of a text of the answer while that comes."""
        return PieceRedactor(self._redactor)

    def respond(self, content: Any) -> HttpResponse:
        """The response, with what was kept of the events.

        Raises:
            ResponseTooLarge: an assembler made more of them than may be kept.
        """
        if self._assembles:
            size = len(to_json(content))
            if size > self.kept_bytes:
                raise ResponseTooLarge(
                    f"the response has {size} bytes without what its events add, more than {self.kept_bytes}: "
                    "ask for less, or raise the limit",
                    details={"limit": self.kept_bytes},
                )
            content = self._redactor.tree(content)
        elif is_array(
            content
        ):  # expressions of the next task may join what was spelled out over several events
            content = redacted_together(content, self._redactor)
        return self._respond(self, content)

    async def __aiter__(self) -> AsyncGenerator[list[Event]]:
        """Reads on.

        Raises:
            ResponseInterrupted: the answer broke off.
            ResponseTooLarge: it crossed a limit on bytes or events.
            ResponseInvalid: it can't be read.
        """
        async for chunk in self._answer.response.chunks:
            self._decoder.feed(chunk)
            for events in self._together(self._reader.feed(self._data())):
                yield events
            if self.ended_by is not None:
                await self._drain()
                return
        self._decoder.finish()
        is_whole = has_known_end(self._answer.headers)
        for events in self._together(self._reader.finish(is_whole=is_whole)):
            yield events
        self.ended_by = self.ended_by or ("length" if is_whole else "close")

    def _together(self, read: Iterable[Event]) -> Generator[list[Event]]:
        """Events that came together; those before one that can't be read are given, and counted, before its error."""
        events: list[Event] = []
        failure: HttpTaskError | None = None
        try:
            for event in read:
                events.append(event)  # noqa: PERF402 - what came before an error stays
        except HttpTaskError as error:
            failure = error
        taken = self._taken(events)
        if taken:
            yield taken
        if failure is not None and self.ended_by is None:
            raise failure

    async def _drain(self) -> None:
        """Reads the rest of an answer whose events have ended, if it is there: its connection can serve again."""
        with suppress(TimeoutError, HttpTaskError):
            async with asyncio.timeout(_DRAIN_SECONDS):
                async for _ in self._answer.response.chunks:
                    pass

    def _data(self) -> bytes:
        data = self._decoder.take()
        self.count.bytes = self._decoder.size
        if self.text is not None:
            self.text += data
        return data

    def _taken(self, events: list[Event]) -> list[Event]:
        if self.format == "sse":
            end = next((index for index, event in enumerate(events) if _is_done(event)), None)
            if end is not None:
                self.ended_by = "marker"
                events = events[:end]
        self.count.events += len(events)
        if self.count.events > MAX_EVENTS and not self._assembles:
            raise ResponseTooLarge(
                f"the stream has more than {MAX_EVENTS} events: take fewer with `limit`",
                details={"limit": MAX_EVENTS},
            )
        return self._cleaned(events)

    def _cleaned(self, events: list[Event]) -> list[Event]:
        """Events without the values of secrets; those that show at once that they hold none are not read for them."""
        plain = [not has_escapes(event.data) and event.type == "message" and not event.id for event in events]
        if self._redactor.found_in(
            event.data for event, is_plain in zip(events, plain, strict=True) if is_plain
        ):
            return [self._clean(event) for event in events]
        return [
            event if is_plain else self._clean(event) for event, is_plain in zip(events, plain, strict=True)
        ]

    def _clean(self, event: Event) -> Event:
        redactor = self._redactor
        return event._replace(
            value=redactor.tree(event.value),
            type=redactor.text(event.type),
            id=redactor.text(event.id),
        )


def _is_done(event: Event) -> bool:
    return isinstance(event.value, str) and event.value.strip() == END_MARKER


def _claimed_format(answer: Opened) -> StreamFormat:
    kind, _ = media_type(answer.headers.get("content-type", ""))
    found = format_of(kind)
    if found is None:
        raise ResponseInvalid(
            f"the response is no stream: its media type is {shortened(kind, 60) or 'not given'}; if it is one, "
            "say which: stream: { format: sse } or { format: ndjson }"
        )
    return found
