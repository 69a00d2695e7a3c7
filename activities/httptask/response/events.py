"""Events of a stream: split out of a body as it comes, each one complete before it is seen."""

import codecs
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol

from httptask.http.errors import ResponseInterrupted, ResponseInvalid, ResponseTooLarge
from httptask.http.models import StreamFormat, StreamReading
from httptask.json.tree import MAX_DEPTH, parse

__all__ = [
    "END_MARKER",
    "MAX_EVENT_BYTES",
    "Event",
    "EventReader",
    "Select",
    "Selected",
    "ServerSentEvents",
    "event_reader",
]

MAX_EVENT_BYTES = 4 * 1024 * 1024
"""Most bytes that one event may have."""
END_MARKER = "[DONE]"
"""Data of the event with which many APIs end a stream."""


class Event(NamedTuple):
    """One event.

    Attributes:
        value: its data. In a server-sent event, an object or list in JSON is parsed and everything else is text;
            a line of JSON is always parsed.
        data: as it was sent.
        type: name of a server-sent event.
        id: identifier of a server-sent event.
    """

    value: Any
    data: str
    type: str = "message"
    id: str = ""

    @property
    def size(self) -> int:
        """Bytes of its data."""
        return len(self.data.encode())


class Selected(NamedTuple):
    """What the expressions of a stream make of one event."""

    values: Sequence[Any]
    """What is kept of it."""
    last: bool
    """Whether it is the last one that is wanted."""


Select = Callable[[StreamReading, Sequence[Event]], Awaitable[Sequence[Selected]]]
"""Evaluates the expressions of a stream on some of its events, in order; none is evaluated behind the last one.

Raises:
    SelectionFailed: an expression failed.
"""


class EventReader(Protocol):
    """Splits a body into events; to be read on only when those before have been taken."""

    def feed(self, data: bytes) -> Iterable[Event]:
        """The events that are complete with more of the body, up to one that can't be read.

        Raises:
            ResponseTooLarge: an event is larger than `MAX_EVENT_BYTES`.
            ResponseInvalid: a line is not JSON, or what came is not UTF-8.
        """
        ...

    def finish(self, *, is_whole: bool) -> Iterable[Event]:
        """The events that are complete with the end of the body; raises as `feed` does.

        Args:
            is_whole: whether the body is known to be complete, so that its last event was not cut.

        Raises:
            ResponseInterrupted: it was cut all the same, by whoever made the body.
        """
        ...


def event_reader(format_: StreamFormat, *, read: Callable[[str], Any] = parse) -> EventReader:
    """What reads a format; `read` reads the JSON of each event."""
    return ServerSentEvents(read) if format_ == "sse" else _JsonLines(read)


class ServerSentEvents:
    """Server-sent events (WHATWG HTML, section 9.2.6).

    By that section an event without a blank line behind it is none, for it may have been cut. Servers leave the line
    out at the end of a body, so the last event counts where nothing can be missing of it.
    """

    def __init__(self, read: Callable[[str], Any]) -> None:
        self._parse = read
        # A byte order mark at the beginning is no part of the first event.
        self._text = codecs.getincrementaldecoder("utf-8-sig")()
        self._lines = _Lines()
        self._data: list[str] = []
        self._type = ""
        self._id = ""
        self._begun = 0

    def feed(self, data: bytes) -> Iterator[Event]:
        """The events that are complete with more of the body; raises as `EventReader.feed` does."""
        try:
            text = self._text.decode(data)
        except UnicodeDecodeError as error:
            yield from self._decoded(error.object[: error.start].decode())
            raise ResponseInvalid("the stream is not in UTF-8, as events are") from None
        yield from self._decoded(text)

    def finish(self, *, is_whole: bool) -> Iterator[Event]:
        """The events that are complete with the end of the body; raises as `EventReader.finish` does."""
        if is_whole and self._text.getstate()[0]:
            raise ResponseInterrupted("the stream ended inside of a character")
        if rest := self._lines.rest:
            yield from self._read([rest])
        for event in self._read([""]):
            if is_whole and self._may_be_cut(event) and event.value.lstrip().startswith("{"):
                raise ResponseInterrupted("the stream ended inside of its last event")
            if is_whole or not self._may_be_cut(event):
                yield event

    def _may_be_cut(self, event: Event) -> bool:
        """Whether the last event does not show by itself that nothing of it is missing, as JSON does."""
        return isinstance(event.value, str) and event.value.strip() != END_MARKER

    def _decoded(self, text: str) -> Iterator[Event]:
        self._begun += len(text)
        if text:
            yield from self._read(self._lines.feed(text))
        _check_size(self._begun)

    def _read(self, lines: Sequence[str]) -> Iterator[Event]:
        for line in lines:
            if not line:
                yield from self._complete()
                continue
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "data":
                self._data.append(value)
            elif name == "event":
                self._type = value
            elif name == "id" and "\0" not in value:
                self._id = value

    def _complete(self) -> Sequence[Event]:
        data, type_ = "\n".join(self._data), self._type or "message"
        self._data, self._type, self._begun = [], "", 0
        if not data:  # it only carries an id or a wait
            return ()
        _check_size(len(data))
        return self._events_in(Event(self._value(data), data, type_, self._id))

    def _events_in(self, event: Event) -> list[Event]:
        """What an event amounts to."""
        return [event]

    def _value(self, data: str) -> Any:
        if data.lstrip()[:1] not in ("{", "["):
            return data
        try:
            return self._parse(data)
        except ValueError:
            return data


class _Lines:
    """Splits a text into lines as it comes; they end in CR LF, CR or LF (WHATWG HTML, section 9.2.5)."""

    def __init__(self) -> None:
        self._begun: list[str] = []
        self._after_return = False

    def feed(self, text: str) -> list[str]:
        """The lines that are complete with more of the text, without their ends."""
        if self._after_return:
            text = text.removeprefix("\n")
        self._after_return = text.endswith("\r")
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        first, *others = text.split("\n")
        self._begun.append(first)
        if not others:
            return []
        lines = [self.rest, *others]
        self._begun = [lines.pop()]
        return lines

    @property
    def rest(self) -> str:
        """A line that has begun."""
        return "".join(self._begun)


class _JsonLines:
    """A JSON value on each line; blank lines, which keep a connection alive, are none."""

    def __init__(self, read: Callable[[str], Any]) -> None:
        self._parse = read
        self._begun: list[bytes] = []
        self._size = 0
        self._number = 1

    def feed(self, data: bytes) -> Iterator[Event]:
        first, *others = data.split(b"\n")
        self._begin(first)
        for other in others:
            yield from self._line()
            self._begin(other)

    def finish(self, *, is_whole: bool) -> list[Event]:
        return self._line()

    def _begin(self, piece: bytes) -> None:
        self._begun.append(piece)
        self._size += len(piece)
        _check_size(self._size)

    def _line(self) -> list[Event]:
        line, self._begun, self._size = b"".join(self._begun), [], 0
        number, self._number = self._number, self._number + 1
        if not line.strip():
            return []
        try:
            data = line.decode("utf-8-sig" if number == 1 else "utf-8")
            return [Event(self._parse(data), data)]
        except ValueError:
            raise ResponseInvalid(
                f"line {number} of the stream is not JSON: RFC 8259 in UTF-8, at most {MAX_DEPTH} levels deep",
                details={"line": number},
            ) from None


def _check_size(size: int) -> None:
    if size > MAX_EVENT_BYTES:
        raise ResponseTooLarge(
            f"an event of the stream has more than {MAX_EVENT_BYTES} bytes",
            details={"limit": MAX_EVENT_BYTES},
        )
