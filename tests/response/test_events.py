"""Splitting streams into events, wherever their bytes are cut into chunks."""

import json
from typing import Any

import pytest

from httptask.http.errors import ResponseInterrupted, ResponseInvalid, ResponseTooLarge
from httptask.http.models import StreamFormat
from httptask.response.content import format_of
from httptask.response.events import MAX_EVENT_BYTES, Event, event_reader


def read(format_: StreamFormat, *chunks: bytes, is_whole: bool = False) -> list[Event]:
    reader = event_reader(format_)
    events = [event for chunk in chunks for event in reader.feed(chunk)]
    return events + list(reader.finish(is_whole=is_whole))


SSE: list[tuple[bytes, list[Any]]] = [
    (b"data: a\n\ndata: b\n\n", ["a", "b"]),
    (b"data: a\r\n\r\ndata: b\r\n\r\n", ["a", "b"]),
    (b"data: a\r\rdata: b\r\r", ["a", "b"]),
    (b"data: a\r\n\ndata: b\n\r\n", ["a", "b"]),
    (b"data: a\ndata: b\n\n", ["a\nb"]),
    (b'data: {"a":\ndata: [1]}\n\n', [{"a": [1]}]),
    (b"data:a\n\ndata:  b\n\n", ["a", " b"]),
    (b": comment\n\n:\ndata: a\n: more\n\n", ["a"]),
    (b"data: a\n\ndata: cut off", ["a"]),
    (b"data: a\n\ndata: no blank line\n", ["a"]),
    (b"data\n\ndata:\n\nevent: x\n\nid: 1\n\nretry: 5\n\n", []),
    (b"other: x\ndata: a\n\n", ["a"]),
    ("data: a\u2028b\x0bc\x85d\n\n".encode(), ["a\u2028b\x0bc\x85d"]),
    (b"\xef\xbb\xbfdata: first\n\n", ["first"]),
    ("data: 日本 🎉\n\n".encode(), ["日本 🎉"]),
    (b'data: 42\n\ndata: null\n\ndata: "q"\n\ndata: true\n\n', ["42", "null", '"q"', "true"]),
    (b"data: {not json}\n\ndata: [DONE]\n\n", ["{not json}", "[DONE]"]),
]


@pytest.mark.parametrize(("body", "values"), SSE)
@pytest.mark.parametrize("step", [1, 2, 3, 7, 10_000])
def test_server_sent_events(body: bytes, values: list[Any], step: int) -> None:
    chunks = [body[start : start + step] for start in range(0, len(body), step)]
    assert [event.value for event in read("sse", *chunks)] == values


def test_line_that_ends_in_a_carriage_return_is_read_before_more_comes() -> None:
    reader = event_reader("sse")
    assert [event.value for event in reader.feed(b"data: a\r\r")] == ["a"]
    assert [event.value for event in reader.feed(b"\ndata: b\r\n\r")] == ["b"]


@pytest.mark.parametrize(
    ("end", "values", "of_whole"),
    [
        (b"data: b\n", [], ["b"]),
        (b"data: b", [], ["b"]),
        (b'data: {"b": 1}', [{"b": 1}], [{"b": 1}]),
        (b'data: {"b":\ndata: 1}\r\n', [{"b": 1}], [{"b": 1}]),
        (b"data: [DONE]", ["[DONE]"], ["[DONE]"]),
        (b"event: x\ndata", [], []),
        (b"da", [], []),
    ],
)
def test_last_event_counts_where_nothing_can_be_missing(
    end: bytes, values: list[Any], of_whole: list[Any]
) -> None:
    body = b"data: a\n\n" + end
    assert [event.value for event in read("sse", body)] == ["a", *values]
    assert [event.value for event in read("sse", body, is_whole=True)] == ["a", *of_whole]


def test_last_event_that_was_cut_before_its_body_was_made() -> None:
    assert [event.value for event in read("sse", b'data: a\n\ndata: {"b"')] == ["a"]
    with pytest.raises(ResponseInterrupted, match="inside of its last event"):
        read("sse", b'data: a\n\ndata: {"b"', is_whole=True)


@pytest.mark.parametrize("step", [1, 10_000])
def test_events_that_are_not_in_utf_8(step: int) -> None:
    """The letters would be lost; what came before them is not."""
    body = "data: é\n\ndata: ".encode() + "é".encode("latin-1") + b"\n\n"
    reader = event_reader("sse")
    coming = (
        event for start in range(0, len(body), step) for event in reader.feed(body[start : start + step])
    )
    assert next(coming).value == "é"
    with pytest.raises(ResponseInvalid, match="not in UTF-8"):
        next(coming)


def test_last_event_that_was_cut_inside_of_a_character() -> None:
    body = b"data: a\n\ndata: b" + "é".encode()[:1]
    assert [event.value for event in read("sse", body)] == ["a"]
    with pytest.raises(ResponseInterrupted, match="inside of a character"):
        read("sse", body, is_whole=True)


def test_names_and_ids_of_server_sent_events() -> None:
    events = read("sse", b"event: add\nid: 7\ndata: a\n\ndata: b\n\nid\ndata: c\n\n")
    assert [(event.type, event.id) for event in events] == [("add", "7"), ("message", "7"), ("message", "")]


LINES: list[tuple[bytes, list[Any]]] = [
    (b'{"a":1}\n[2]\n"x"\nnull\n3\n', [{"a": 1}, [2], "x", None, 3]),
    (b'{"a":1}\r\n\r\n \n{"a":2}', [{"a": 1}, {"a": 2}]),
    ('\ufeff{"a":"日\u2028"}\n'.encode(), [{"a": "日\u2028"}]),
    (b"", []),
]


@pytest.mark.parametrize(("body", "values"), LINES)
@pytest.mark.parametrize("step", [1, 2, 10_000])
def test_json_lines(body: bytes, values: list[Any], step: int) -> None:
    chunks = [body[start : start + step] for start in range(0, len(body), step)]
    assert [event.value for event in read("ndjson", *chunks)] == values


@pytest.mark.parametrize("line", [b"{", b"a", b"NaN", b"\xff", b"[" * 200 + b"]" * 200])
def test_line_that_is_not_json(line: bytes) -> None:
    with pytest.raises(ResponseInvalid, match="line 2 of the stream"):
        read("ndjson", b"1\n" + line + b"\n3\n")


@pytest.mark.parametrize("format_", ["sse", "ndjson"])
def test_event_that_does_not_end(format_: StreamFormat) -> None:
    reader = event_reader(format_)
    for _ in range(MAX_EVENT_BYTES // 65536):
        assert list(reader.feed(b"x" * 65536)) == []
    with pytest.raises(ResponseTooLarge):
        list(reader.feed(b"x"))


@pytest.mark.parametrize(("format_", "start"), [("sse", b"data: "), ("ndjson", b"")])
def test_event_that_is_too_large_at_once(format_: StreamFormat, start: bytes) -> None:
    text = json.dumps("x" * MAX_EVENT_BYTES).encode()
    with pytest.raises(ResponseTooLarge):
        read(format_, start + text + b"\n\n")


def test_many_large_events_are_no_large_event() -> None:
    event = b"data: " + b"x" * 100_000 + b"\n\n"
    assert len(read("sse", *[event] * 100)) == 100


def test_comments_are_no_large_event() -> None:
    assert read("sse", *[b": keep-alive\n\n" * 5000] * 100) == []


@pytest.mark.parametrize(
    ("media_type", "format_"),
    [
        ("text/event-stream", "sse"),
        ("application/x-ndjson", "ndjson"),
        ("application/jsonl", "ndjson"),
        ("application/json", None),
        ("text/html", None),
    ],
)
def test_format_by_media_type(media_type: str, format_: StreamFormat | None) -> None:
    assert format_of(media_type) == format_
