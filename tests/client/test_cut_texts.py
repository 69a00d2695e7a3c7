"""Texts of an answer are cut for messages only when no value is in them any more: no first part of one is left."""

import json
import random
import string
from typing import Any

import pytest

from httptask.chat.streaming.receiver import receive
from httptask.http.errors import HttpTaskError
from httptask.http.models import HttpRequest, Limits, StreamReading
from httptask.testing import Reply, ScriptedServer

_LETTERS = string.ascii_letters + string.digits
KEY = "".join(random.Random(8).choices(_LETTERS, k=242))
TELLING = 8
"""So many characters of the key in a row are none of chance."""
PAD = " " * (64 * 1024 - 100)
"""Of an error's body no more is read than 64 KiB."""


def head(status: str, *lines: str, length: int | None = None) -> bytes:
    told = [*lines, *([] if length is None else [f"Content-Length: {length}"])]
    return "\r\n".join([f"HTTP/1.1 {status}", *told, "", ""]).encode()


ANSWERS: dict[str, bytes] = {
    "charset": head("200 OK", f"Content-Type: text/plain; charset={KEY}", length=2) + b"ok",
    "charset in XML": head("200 OK", "Content-Type: text/xml", length=280)
    + f'<?xml version="1.0" encoding="k{KEY}"?>'.ljust(280).encode(),
    "content encoding": head("200 OK", f"Content-Encoding: br, {KEY}", length=2) + b"ok",
    "media type": head("200 OK", f"Content-Type: {KEY}/x", length=2) + b"ok",
    "subtype": head("200 OK", f"Content-Type: application/{KEY}", length=2) + b"ok",
    "name of a header": head("400 Bad Request", f"X-RateLimit-{KEY}: 1", length=2) + b"no",
    "scheme of a location": head("302 Found", f"Location: {KEY}:x", length=0),
    "host of a location": head("302 Found", f"Location: https://{KEY}.example/", length=0),
    "retry after": head("503 Slow", f"Retry-After: {KEY}", length=0),
    "UTF-16": head("400 Bad Request", "Content-Type: text/plain", length=2 * len(KEY))
    + KEY.encode("utf-16-le"),
    "UTF-16 as it says": head("400 Bad Request", "Content-Type: text/plain; charset=utf-16", length=486)
    + KEY.encode("utf-16"),
    "long body": head("400 Bad Request", length=len(PAD) + len(KEY)) + PAD.encode() + KEY.encode(),
    "cut body": head("400 Bad Request", "Content-Type: text/plain", length=999)
    + b"it is "
    + KEY[:100].encode(),
    "cut body in escapes": head("400 Bad Request", length=999)
    + b"it is "
    + "".join(f"%{ord(letter):02x}" for letter in KEY[:50]).encode()
    + b"%5",
    "long message": head("400 Bad Request", "Content-Type: text/plain", length=700)
    + (f"{'word ' * 58}{KEY}").ljust(700).encode(),
}


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("streamed", [False, True])
async def test_no_first_part_of_a_value_is_told(make_edge: Any, name: str, *, streamed: bool) -> None:
    request = HttpRequest(
        method="GET",
        url="/",
        connection="local",
        stream=StreamReading() if streamed else None,
        limits=Limits(idle=0.5),
    )
    async with ScriptedServer([Reply(ANSWERS[name], close=True)]) as server:
        edge = make_edge(
            server.url,
            connection={"headers": {"X-Key": "$secrets.KEY"}, "redirects": 2},
            secrets={"KEY": KEY},
        )
        try:
            if streamed:
                async with edge.stream(request) as stream:
                    told = repr([events async for events in stream])
            else:
                told = repr(await edge.send(request))
        except HttpTaskError as error:
            told = f"{error!r} {error.message} {error.details}"
    told = told.lower().replace("\\x00", "")
    parts = [KEY[at : at + TELLING].lower() for at in range(len(KEY) - TELLING + 1)]
    escaped = ["".join(f"%{ord(letter):02x}" for letter in part) for part in parts]
    assert [part for part in (*parts, *escaped) if part in told] == []


@pytest.mark.parametrize("ending", ["cut", "silent"])
async def test_the_partial_text_of_an_answer_ends_before_a_value(make_edge: Any, ending: str) -> None:
    chunk = json.dumps({"choices": [{"index": 0, "delta": {"content": f"the key is {KEY[:120]}"}}]})
    answer = head("200 OK", "Content-Type: text/event-stream", length=9999) + f"data: {chunk}\n\n".encode()
    reply = Reply(answer, close=True) if ending == "cut" else Reply.silence(answer)
    async with ScriptedServer([reply]) as server:
        edge = make_edge(server.url, connection={"headers": {"X-Key": "$secrets.KEY"}}, secrets={"KEY": KEY})
        request = HttpRequest(method="GET", url="/", connection="local", limits=Limits(idle=0.3))
        with pytest.raises(HttpTaskError) as caught:
            await receive(edge, request, 1)
    assert caught.value.details["partial_text"] == "the key is "
