"""Streams through the edge, from real servers: complete, or a typed error, whatever the server does."""

import asyncio
import gzip
import zlib
from pathlib import Path
from typing import Any

import pytest

from httptask.client.collecting import collect
from httptask.dsl.event_selection import select_events
from httptask.http.errors import (
    HttpStatusError,
    HttpTaskError,
    RequestInvalid,
    ResponseInterrupted,
    ResponseInvalid,
    ResponseTooLarge,
    SelectionFailed,
    Timeout,
)
from httptask.http.models import HttpRequest, HttpResponse, Limits, StreamReading
from httptask.response.event_stream import Count
from httptask.testing import Reply, ScriptedServer
from support.event_streams import CHUNKED, CLOSING, SSE, chunked
from support.stand_in_jq import acting, standing_in

LINES = {"Content-Type": "application/x-ndjson"}


def sse(*data: str) -> bytes:
    return "".join(f"data: {text}\n\n" for text in data).encode()


async def read(
    make_edge: Any,
    reply: Reply,
    *,
    limits: Limits | None = None,
    count: Count | None = None,
    edge: dict[str, Any] | None = None,
    **stream: Any,
) -> HttpResponse:
    async with ScriptedServer([reply]) as server:
        request = HttpRequest(
            method="GET",
            url="/s",
            connection="local",
            stream=StreamReading(**stream),
            limits=limits or Limits(),
        )
        return await collect(make_edge(server.url, **(edge or {})), request, select_events, count=count)


async def test_all_events(make_edge: Any) -> None:
    count = Count()
    body = sse("a", '{"b":1}')
    response = await read(make_edge, Reply.of(body, headers=SSE), count=count)
    assert (response.content, response.content_kind, response.size) == (["a", {"b": 1}], "json", len(body))
    assert response.headers["content-type"] == "text/event-stream"
    assert count == Count(events=2, bytes=len(body))


@pytest.mark.parametrize(
    ("stream", "content"),
    [
        ({"take": "last"}, {"t": "c", "n": 3}),
        ({"each": ".t"}, ["a", "b", "c"]),
        ({"each": ".t", "take": "last"}, "c"),
        ({"each": "select(.n != 2) | .t, .n"}, ["a", 1, "c", 3]),
        ({"each": "select(.n < 3) | .t", "take": "last"}, "b"),
        ({"each": "empty", "take": "last"}, None),
        ({"until": ".n == 2"}, [{"t": "a", "n": 1}, {"t": "b", "n": 2}]),
        ({"until": ".n == 2", "take": "last", "each": ".t"}, "b"),
        ({"limit": 1}, [{"t": "a", "n": 1}]),
        ({"limit": 2, "each": ".n"}, [1, 2]),
        ({"limit": 3, "each": ".n"}, [1, 2, 3]),
        ({"each": '"\\($event.type) \\($event.id)"'}, ["message ", "x 7", "message 7"]),
    ],
)
async def test_what_is_kept(make_edge: Any, stream: dict[str, Any], content: Any) -> None:
    body = b'data: {"t":"a","n":1}\n\nevent: x\nid: 7\ndata: {"t":"b","n":2}\n\ndata: {"t":"c","n":3}\n\n'
    response = await read(make_edge, Reply.of(body, headers=SSE), **stream)
    assert response.content == content


async def test_json_lines(make_edge: Any) -> None:
    response = await read(make_edge, Reply.of(b'{"a":1}\n{"a":2}', headers=LINES), each=".a")
    assert response.content == [1, 2]


async def test_format_is_stated_where_the_media_type_lies(make_edge: Any) -> None:
    reply = Reply.of(b'{"a":1}\n', headers={"Content-Type": "text/plain"})
    assert (await read(make_edge, reply, format="ndjson")).content == [{"a": 1}]
    with pytest.raises(ResponseInvalid, match=r"no stream: its media type is text/plain.*format: sse"):
        await read(make_edge, reply)


async def test_done_ends_a_stream_that_does_not_end_itself(make_edge: Any) -> None:
    reply = Reply.silence(CHUNKED + chunked(sse("a", "[DONE]", "never")))
    assert (await read(make_edge, reply)).content == ["a"]


@pytest.mark.parametrize("stream", [{"until": '. == "b"'}, {"limit": 2}])
async def test_enough_ends_a_stream_and_its_connection(make_edge: Any, stream: dict[str, Any]) -> None:
    async with ScriptedServer([Reply.silence(CHUNKED + chunked(sse("a", "b", "c")))]) as server:
        request = HttpRequest(method="GET", url="/", connection="local", stream=StreamReading(**stream))
        response = await collect(make_edge(server.url), request, select_events)
        async with asyncio.timeout(2):
            await server.client_left()
    assert response.content == ["a", "b"]


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
async def test_compressed(make_edge: Any, coding: str) -> None:
    compress = gzip.compress if coding == "gzip" else zlib.compress
    body = compress(sse("a", "b"))
    reply = Reply.of(body, headers={**SSE, "Content-Encoding": coding}, pause=0)
    assert (await read(make_edge, reply)).content == ["a", "b"]


WHOLE = sse("a", '{"b": "é"}', "[DONE]")


async def test_cut_at_every_byte(make_edge: Any) -> None:
    """Complete or an error, never a part; the marker is the only proof that a cut body is whole."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 1000\r\n\r\n"
    marker = len(WHOLE.rstrip())  # where closing is how an answer ends, no blank line has to come behind it
    for start, proof in ((head, len(WHOLE)), (CLOSING, marker), (CHUNKED + b"3e8\r\n", len(WHOLE))):
        replies = [Reply(start + WHOLE[:size], close=True) for size in range(len(WHOLE) + 1)]
        async with ScriptedServer(replies) as server:
            for size in range(len(WHOLE) + 1):
                edge = make_edge(server.url)  # its own each time: one would soon spare a server that fails
                request = HttpRequest(method="GET", url="/", connection="local", stream=StreamReading())
                if size >= proof:
                    assert (await collect(edge, request, None)).content == ["a", {"b": "é"}]
                else:
                    with pytest.raises(ResponseInterrupted):
                        await collect(edge, request, None)


async def test_cut_says_how_much_had_come(make_edge: Any) -> None:
    reply = Reply(CHUNKED + chunked(sse("a", "b")) + b"5\r\nda", close=True)
    with pytest.raises(
        ResponseInterrupted, match=r"in the middle of its answer; 2 events in 20 bytes"
    ) as caught:
        await read(make_edge, reply)
    assert (caught.value.details["events"], caught.value.details["bytes"]) == (2, 20)
    assert caught.value.retryable


async def test_end_by_closing_proves_nothing(make_edge: Any) -> None:
    reply = Reply(CLOSING + sse("a", "b"), close=True)
    with pytest.raises(ResponseInterrupted, match=r"2 events in .* had come: say by which") as caught:
        await read(make_edge, reply)
    assert not caught.value.retryable
    assert caught.value.cure == "say by which event it does with `until`"
    assert (await read(make_edge, reply, until='. == "b"')).content == ["a", "b"]
    assert (await read(make_edge, reply, limit=2)).content == ["a", "b"]


async def test_end_before_until(make_edge: Any) -> None:
    with pytest.raises(ResponseInterrupted, match="before an event for which `until` is true") as caught:
        await read(make_edge, Reply.of(sse("a"), headers=SSE), until='. == "b"')
    assert caught.value.retryable


async def test_silence_in_the_middle(make_edge: Any) -> None:
    reply = Reply.silence(CHUNKED + chunked(sse("a")))
    with pytest.raises(Timeout, match=r"idle deadline.*1 events in 9 bytes") as caught:
        await read(make_edge, reply, limits=Limits(idle=0.2, total=5))
    assert (caught.value.details["deadline"], caught.value.details["events"]) == ("idle", 1)


async def test_comments_keep_a_stream_alive_until_its_total_deadline(make_edge: Any) -> None:
    reply = Reply(CHUNKED + b"fff\r\n" + b":\n\n" * 1000, pause=0.05)
    with pytest.raises(Timeout) as caught:
        await read(make_edge, reply, limits=Limits(idle=4, total=4.5))
    assert caught.value.details["deadline"] == "total"


async def test_bytes_are_bounded(make_edge: Any) -> None:
    body = sse("x" * 1000) * 100
    with pytest.raises(ResponseTooLarge, match="more than 50000 bytes"):
        await read(make_edge, Reply.of(body, headers=SSE), limits=Limits(response_bytes=50_000), take="last")
    response = await read(make_edge, Reply.of(body, headers=SSE), limits=Limits(response_bytes=200_000))
    assert len(response.content) == 100


async def test_compressed_bytes_are_bounded(make_edge: Any) -> None:
    bomb = gzip.compress(sse("x") * 4_000_000, compresslevel=1)
    with pytest.raises(ResponseTooLarge):
        await read(make_edge, Reply.of(bomb, headers={**SSE, "Content-Encoding": "gzip"}), take="last")


@pytest.mark.parametrize("stream", [{}, {"each": "."}])
async def test_what_is_kept_is_bounded(make_edge: Any, stream: dict[str, Any]) -> None:
    body = sse("x" * 10_000) * 200
    with pytest.raises(ResponseTooLarge, match="events that are kept have more than 1048576 bytes"):
        await read(make_edge, Reply.of(body, headers=SSE), **stream)
    last = await read(make_edge, Reply.of(body, headers=SSE), take="last", **stream)
    assert last.content == "x" * 10_000


async def test_events_are_bounded(make_edge: Any) -> None:
    reply = Reply.of(b"data: a\n\n" * 100_001, headers=SSE)
    with pytest.raises(ResponseTooLarge, match="more than 100000 events"):
        await read(make_edge, reply, take="last")


async def test_a_status_that_is_no_success(make_edge: Any) -> None:
    with pytest.raises(HttpStatusError, match=r"404 from .*: gone"):
        await read(make_edge, Reply.json({"error": "gone"}, status=404))


async def test_secrets_are_replaced_wherever_chunks_are_cut(make_edge: Any) -> None:
    secret = "s3cret-value-0123456789"
    body = f'id: {secret}\ndata: {{"echo":"{secret}"}}\n\ndata: x{secret}x\n\n'.encode()
    async with ScriptedServer([Reply.of(body, headers=SSE, pause=0)]) as server:
        edge = make_edge(
            server.url,
            connection={"authentication": {"bearer": {"token": "$secrets.KEY"}}},
            secrets={"KEY": secret},
        )
        request = HttpRequest(
            method="GET", url="/", connection="local", stream=StreamReading(each="., $event.id")
        )
        response = await collect(edge, request, select_events)
    assert response.content == [
        {"echo": "[redacted:KEY]"},
        "[redacted:KEY]",
        "x[redacted:KEY]x",
        "[redacted:KEY]",
    ]
    assert response.redactions == 4


@pytest.mark.parametrize(
    ("stream", "message"),
    [
        ({"each": ".a.b"}, r"/with/stream/each: Cannot index"),
        (
            {"until": ".a"},
            r"/with/stream/until: a condition must yield true or false; `\.a` yields `1` \(compare with",
        ),
        ({"until": ".b"}, r"`\.b` yields `null` \(give a default"),
        (
            {"until": "empty"},
            r"/with/stream/until: a condition must .* `empty` yields nothing \(give a default",
        ),
        ({"until": ".a, .b, true, 4"}, r"yields `1`, `null`, `true` and 1 more \(join them"),
    ],
)
async def test_expression_that_fails(make_edge: Any, stream: dict[str, Any], message: str) -> None:
    reply = Reply.of(sse('{"a": 1}'), headers=SSE)
    with pytest.raises(SelectionFailed, match=message) as caught:
        await read(make_edge, reply, pointer="/do/0/x/with/stream", **stream)
    assert not caught.value.retryable


async def test_an_expression_that_does_not_end_is_stopped(make_edge: Any, tmp_path: Path) -> None:
    with (
        standing_in(tmp_path),
        pytest.raises(SelectionFailed, match="stopped at its limit of 1 s of processor time") as caught,
    ):
        await read(make_edge, Reply.of(sse('{"a": 1}'), headers=SSE), each=acting("compute 60"))
    assert str(caught.value).startswith("the expression was stopped")
    assert not caught.value.retryable


async def test_no_expression_is_evaluated_behind_the_last_event(make_edge: Any) -> None:
    reply = Reply.of(sse('{"n":1}', '{"n":2}', "text"), headers=SSE)
    assert (await read(make_edge, reply, each=".n", until=".n == 2")).content == [1, 2]


async def test_events_before_a_line_that_cannot_be_read_count(make_edge: Any) -> None:
    body = b'{"n":1}\n{"n":2}\n{"n":\n{"n":4}\n'
    reply = Reply.of(body, headers={"Content-Type": "application/x-ndjson"})
    with pytest.raises(
        ResponseInvalid, match=r"line 3 of the stream .*; 2 events in 30 bytes had come"
    ) as caught:
        await read(make_edge, reply)
    assert caught.value.details["events"] == 2
    assert (await read(make_edge, reply, limit=2)).content == [{"n": 1}, {"n": 2}]


async def test_without_anything_that_evaluates(make_edge: Any) -> None:
    request = HttpRequest(method="GET", url="/", connection="local", stream=StreamReading(each=".a"))
    with pytest.raises(RequestInvalid, match="nothing evaluates"):
        await collect(make_edge("http://127.0.0.1:1"), request, None)


async def test_error_of_whoever_reads_is_clean_and_ends_the_exchange(make_edge: Any) -> None:
    """What stands on streams, such as chat completions, decides by itself that one is not complete."""
    async with ScriptedServer([Reply.silence(CHUNKED + chunked(sse("s3cret-value-0123")))]) as server:
        edge = make_edge(
            server.url,
            connection={"headers": {"X-Key": "$secrets.KEY"}},
            secrets={"KEY": "s3cret-value-0123"},
        )
        request = HttpRequest(method="GET", url="/", connection="local")

        async def complain() -> None:
            async with edge.stream(request) as stream:
                async for events in stream:
                    assert [event.value for event in events] == ["[redacted:KEY]"]
                    raise ResponseInterrupted("incomplete: s3cret-value-0123")

        with pytest.raises(HttpTaskError) as caught:
            await complain()
        async with asyncio.timeout(2):
            await server.client_left()
    assert caught.value.message == "incomplete: [redacted:KEY]; 1 events in 25 bytes had come"
