"""What an answer is, whose media type need not say so: a stream, a document, or a JSON value per line."""

from collections.abc import Iterable
from typing import Any

import pytest

from httptask.chat.streaming.answer_reader import AnswerReader
from support.chat_streams import chunk, dumped, sse

HI, STOP = chunk({"content": "Hi"}), chunk({}, "stop")
MARK = b"\xef\xbb\xbf"
"""Of the byte order."""
STREAM = sse(HI, STOP)
DOCUMENT = dumped({"choices": [{"message": {"content": "Hi"}}]})


def read(pieces: Iterable[bytes]) -> tuple[list[Any], bool, Any]:
    """The values of the events, whether it was no stream, and what it was then."""
    reader = AnswerReader()
    events = [event for piece in pieces for event in reader.feed(piece)]
    events += reader.finish(is_whole=True)
    return [event.value for event in events], reader.is_document, reader.document


def in_single_bytes(body: bytes) -> Iterable[bytes]:
    return (body[place : place + 1] for place in range(len(body)))


@pytest.mark.parametrize(
    "body",
    [
        STREAM,
        MARK + STREAM,
        b"\n \r\n" + STREAM,
        b": alive\n\n" + STREAM,
        b"event: message\n" + STREAM,
        b"id: 1\n" + STREAM,
        b"retry: 5\n\n" + STREAM,
    ],
    ids=["data", "byte order mark", "blank lines", "comment", "event", "id", "retry"],
)
def test_a_stream_is_known_by_its_first_field_however_it_is_cut(body: bytes) -> None:
    whole = ([HI, STOP, "[DONE]"], False, None)
    assert read([body]) == whole
    assert read(in_single_bytes(body)) == whole


@pytest.mark.parametrize(
    ("body", "document"),
    [
        (DOCUMENT, {"choices": [{"message": {"content": "Hi"}}]}),
        (MARK + DOCUMENT + b"\n", {"choices": [{"message": {"content": "Hi"}}]}),
        (b"\n [1, 2]", [1, 2]),
        (b"[]", []),
        (b"dat", "dat"),
        (b"database: down\n", "database: down"),
        (b"caf\xe9", "caf\ufffd"),
        (MARK + "é".encode(), "é"),
    ],
    ids=[
        "object",
        "byte order mark",
        "list",
        "empty list",
        "half a field",
        "words",
        "not UTF-8",
        "text with mark",
    ],
)
def test_what_begins_with_no_field_is_a_document(body: bytes, document: Any) -> None:
    assert read([body]) == ([], True, document)
    assert read(in_single_bytes(body)) == ([], True, document)


@pytest.mark.parametrize("body", [b"", b" \n", MARK])
def test_an_answer_without_content_is_neither(body: bytes) -> None:
    assert read([body]) == ([], False, None)


@pytest.mark.parametrize(
    ("body", "values"),
    [
        (dumped(HI) + b"\n" + dumped(STOP), [HI, STOP]),
        (dumped(HI) + b"\n" + dumped(STOP)[:-1], [HI]),
        (dumped([HI, STOP]), [HI, STOP]),
        (dumped(HI), [HI]),
    ],
    ids=["lines", "last line cut", "list", "single"],
)
def test_chunks_may_come_without_a_stream(body: bytes, values: list[Any]) -> None:
    assert read([body]) == (values, False, None)
    assert read(in_single_bytes(body)) == (values, False, None)
