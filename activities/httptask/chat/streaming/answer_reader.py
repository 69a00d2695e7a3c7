"""Splits the answer to a streamed request into events, or keeps it whole where it is no stream."""

from collections.abc import Iterable
from typing import Any

from httptask.chat.streaming.loose_events import LooseEvents
from httptask.http.errors import ResponseInvalid
from httptask.json.tree import parse, parse_piece
from httptask.json.types import is_array, is_object
from httptask.response.events import Event, event_reader

__all__ = ["AnswerReader"]

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_FIELDS = (b"data", b"event", b"id", b"retry", b"")


class AnswerReader:
    """Reads an answer as what it is, which its media type does not always say.

    Some servers ignore `stream` and answer with a plain JSON body, or send their errors so. A body that does not
    begin with a field of a server-sent event is kept until its end: it is a JSON document, or a JSON value
    per line, or text. A character may stand half in one event and half in the next: the halves are left as they are.

    Attributes:
        is_document: whether the answer was no stream.
        document: the whole of it then: a JSON value, or its text where it is not JSON.
    """

    def __init__(self) -> None:
        self.is_document = False
        self.document: Any = None
        self._begun = bytearray()
        self._starts_stream: bool | None = None
        self._stream = LooseEvents()

    def feed(self, data: bytes) -> Iterable[Event]:
        """The events that are complete with more of the body."""
        if self._starts_stream:
            return self._stream.feed(data)
        self._begun += data
        if self._starts_stream is None:
            self._begun = self._begun.lstrip()  # servers send blank lines to keep a connection alive
            self._starts_stream = _starts_stream(bytes(self._begun[:16]))
            if self._starts_stream:
                return self._stream.feed(bytes(self._begun))
        return []

    def finish(self, *, is_whole: bool) -> Iterable[Event]:
        """The events that are complete with the end of the body; `is_whole` if that is known not to be cut."""
        if self._starts_stream:
            return self._stream.finish(is_whole=is_whole)
        body = bytes(self._begun).removeprefix(_BYTE_ORDER_MARK).strip()
        if not body:
            return []
        try:
            value = parse(body.decode())
        except ValueError:
            if events := _lines(body):
                return events
            value = body.decode("utf-8", "replace")
        if all(map(_is_chunk, pieces := value if is_array(value) else [value])) and pieces:
            return [Event(piece, body.decode("utf-8", "replace")) for piece in pieces]
        self.is_document, self.document = True, value
        return []


def _starts_stream(beginning: bytes) -> bool | None:
    """Whether a body is a stream of events; None while too little of it is known."""
    start = beginning.removeprefix(_BYTE_ORDER_MARK)
    field, colon, _ = start.partition(b":")
    if colon:
        return field in _FIELDS
    if _BYTE_ORDER_MARK.startswith(start) or any(name.startswith(field) for name in _FIELDS):
        return None
    return False


def _is_chunk(value: Any) -> bool:
    """Whether a JSON value is the only piece that came of an answer; not all servers say what they send."""
    if not is_object(value):
        return False
    choices = value.get("choices")
    pieces = choices if is_array(choices) else []
    is_piece = any(is_object(choice) and "delta" in choice for choice in pieces)
    return is_piece or value.get("object") == "chat.completion.chunk"


def _lines(body: bytes) -> list[Event]:
    """A JSON value per line; a last line without its end may have been cut and is none."""
    reader = event_reader("ndjson", read=parse_piece)
    try:
        events = list(reader.feed(body))
    except ResponseInvalid:
        return []
    try:
        return [*events, *reader.finish(is_whole=False)]
    except ResponseInvalid:
        return events
