"""What an answer amounts to: a table of JSON texts, of empty answers, and of problems."""

from typing import Any

import pytest
from temporalio.contrib.pydantic import pydantic_data_converter

from httptask.http.errors import HttpStatusError, ResponseInvalid
from httptask.http.models import HttpRequest, HttpResponse
from httptask.json.tree import MAX_DEPTH
from httptask.testing import Reply, ScriptedServer


def get(**fields: Any) -> HttpRequest:
    return HttpRequest(**{"method": "GET", "url": "/", "connection": "local", **fields})


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


DEEPEST: Any = []
for _ in range(MAX_DEPTH - 1):
    DEEPEST = [DEEPEST]

REFUSED = object()
JSON_TEXTS: dict[str, tuple[bytes, Any]] = {
    "NaN": (b'{"a": NaN}', REFUSED),
    "Infinity": (b"[Infinity]", REFUSED),
    "-Infinity": (b"-Infinity", REFUSED),
    "1e999": (b"1e999", REFUSED),
    "-1e999": (b'{"a": -1e999}', REFUSED),
    "1e-999": (b"1e-999", 0.0),
    "half a surrogate pair": (b'"a \\ud800"', "a \ufffd"),
    "half a pair, the other half": (b'"\\udc00 a"', "\ufffd a"),
    "half a pair in a key": (b'{"\\ud800": 1}', {"\ufffd": 1}),
    "a pair": (b'"\\ud83d\\ude00"', "\U0001f600"),
    "a pair the wrong way round": (b'"\\ude00\\ud83d"', "\ufffd\ufffd"),
    "a half in UTF-8": (b'"\xed\xa0\x80"', REFUSED),
    "duplicate keys": (b'{"a": 1, "a": 2}', {"a": 2}),
    "digits, 4,300": (b"9" * 4300, 10**4300 - 1),
    "digits, 5,000": (b"9" * 5000, REFUSED),
    "2^53 + 1": (b"9007199254740993", 9007199254740993),
    "2^64": (b"18446744073709551616", 2**64),
    "17 digits behind the point": (b"0.10000000000000001", 0.1),
    "minus zero": (b"-0", 0),
    "1.0": (b"1.0", 1.0),
    "the deepest": (nested(MAX_DEPTH), DEEPEST),
    "too deep": (nested(MAX_DEPTH + 2), REFUSED),
    "depth 100,000": (nested(100_000), REFUSED),
    "depth 100,000, unclosed": (b'{"a":' * 100_000, REFUSED),
    "BOM": (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
    "UTF-16": ('{"a": 1}'.encode("utf-16"), {"a": 1}),
    "UTF-16 without a mark": ('{"a": 1}'.encode("utf-16-le"), REFUSED),
    "Latin-1": ('"é"'.encode("latin-1"), REFUSED),
    "trailing garbage": (b'{"a": 1} x', REFUSED),
    "two documents": (b'{"a": 1}\n{"b": 2}', REFUSED),
    "cut": (b'{"a": 1', REFUSED),
    "trailing comma": (b"[1,]", REFUSED),
    "leading zero": (b"01", REFUSED),
    "plus sign": (b"+1", REFUSED),
    "single quotes": (b"{'a': 1}", REFUSED),
    "comment": (b"{} // x", REFUSED),
    "control character": (b'"a\nb"', REFUSED),
    "escaped zero byte": (b'"a\\u0000b"', "a\0b"),
    "zero byte": (b'{"a": 1}\x00', REFUSED),
    "HTML": (b"<html></html>", REFUSED),
    "white space": (b" \r\n\t ", None),
    "null": (b"null", None),
    "text alone": (b'"a"', "a"),
}


@pytest.mark.parametrize("name", JSON_TEXTS)
async def test_json(make_edge: Any, name: str) -> None:
    body, value = JSON_TEXTS[name]
    headers = {"Content-Type": "application/json"}
    async with ScriptedServer([Reply.of(body, headers=headers)]) as server:
        sending = make_edge(server.url).send(get())
        if value is REFUSED:
            with pytest.raises(
                ResponseInvalid,
                match=rf"response of {server.url[7:]} says it is application/json, and is .*\(status 200, application/json\)",
            ):
                await sending
            return
        response: HttpResponse = await sending
    assert response.content == value
    converter = pydantic_data_converter.payload_converter
    [stored] = converter.from_payloads(converter.to_payloads([response]), [HttpResponse])
    assert stored == response


PAGE = b"<!DOCTYPE html>\n<title>Sign in</title>" + b" " * 1950 + b"s3cret-value-0123456789" * 12


async def test_a_page_that_is_called_json_is_shown(make_edge: Any) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8", "X-Request-Id": "r-1"}
    async with ScriptedServer([Reply.of(PAGE, headers=headers)]) as server:
        bearer = {"bearer": {"token": "$secrets.KEY"}}
        edge = make_edge(
            server.url, connection={"authentication": bearer}, secrets={"KEY": "s3cret-value-0123456789"}
        )
        with pytest.raises(ResponseInvalid) as caught:
            await edge.send(get())
    message, details = caught.value.message, caught.value.details
    assert message.startswith(
        f"the response of {server.url[7:]} says it is application/json, and is not JSON from line 1, column 1 on: "
        r'"<!DOCTYPE html>\n<title>Sign in</title>'
    )
    assert message.endswith(" (status 200, application/json; charset=utf-8)")
    assert details["body_excerpt"].startswith("<!DOCTYPE html>\n<title>Sign in</title>")
    assert (details["request_id"], details["headers"]["x-request-id"]) == ("r-1", "r-1")
    assert "s3cret" not in message + str(details)


EMPTY: dict[str, tuple[str, Reply]] = {
    "200 without a body": ("GET", Reply.of()),
    "200 that claims to be JSON": ("GET", Reply.of(headers={"Content-Type": "application/json"})),
    "200 that claims gzip": ("GET", Reply.of(headers={"Content-Encoding": "gzip"})),
    "204": ("DELETE", Reply(b"HTTP/1.1 204 No Content\r\n\r\n")),
    "204 that claims to be JSON": (
        "GET",
        Reply(b"HTTP/1.1 204 OK\r\nContent-Type: application/json\r\n\r\n"),
    ),
    "205": ("POST", Reply.of(status=205)),
    "304": ("GET", Reply(b'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nContent-Length: 9\r\n\r\n')),
    "HEAD": (
        "HEAD",
        Reply(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4096\r\n\r\n"),
    ),
    "HEAD of what is compressed": (
        "HEAD",
        Reply(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"),
    ),
}


@pytest.mark.parametrize("name", EMPTY)
@pytest.mark.parametrize("raw", [False, True])
async def test_answers_without_a_body(make_edge: Any, name: str, raw: bool) -> None:
    method, reply = EMPTY[name]
    async with ScriptedServer([reply, Reply.json({"next": 1})]) as server:
        edge = make_edge(server.url)
        response = await edge.send(get(method=method, success=["2xx", 304], raw=raw))
        following = await edge.send(get())
    expected = ("", "base64") if raw else (None, "none")
    assert (response.content, response.content_kind, response.size) == (*expected, 0)
    assert following.content == {"next": 1}


OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
BEYOND: dict[str, tuple[str, bytes, Any]] = {
    "a body behind 204": ("POST", b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n{}", None),
    "chunks behind 204": (
        "POST",
        b"HTTP/1.1 204 x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        None,
    ),
    "a body behind 304": ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n{}", None),
    "a body to HEAD": ("HEAD", OK + b"Content-Length: 2\r\n\r\n{}", None),
    "bytes past the length": ("GET", OK + b"Content-Length: 2\r\n\r\n{}surplus", {}),
    "bytes past length 0": ("GET", OK + b"Content-Length: 0\r\n\r\nsurplus", None),
    "bytes past the last chunk": (
        "GET",
        OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\nxyz",
        {},
    ),
    "an answer too many": (
        "GET",
        OK + b"Content-Length: 2\r\n\r\n{}" + OK + b"Content-Length: 1\r\n\r\n7",
        {},
    ),
    "bare line feeds": ("GET", OK.replace(b"\r\n", b"\n") + b"Content-Length: 2\n\n{}surplus", {}),
}


@pytest.mark.parametrize("name", BEYOND)
async def test_an_answer_ends_where_it_ends(make_edge: Any, name: str) -> None:
    """What stands behind it is dropped with its connection, which gives no other call an answer."""
    method, data, content = BEYOND[name]
    async with ScriptedServer([Reply(data), Reply.json({"next": 1})]) as server:
        edge = make_edge(server.url)
        response = await edge.send(get(method=method, success=["2xx", 304]))
        following = await edge.send(get())
    assert response.content == content
    assert following.content == {"next": 1}
    assert [served.connection for served in server.requests] == [1, 2]


@pytest.mark.parametrize("lengths", ["7\r\nContent-Length: 7", "7, 7", "7 ,7\r\ncontent-LENGTH:7"])
@pytest.mark.parametrize("pause", [None, 0.0001])
async def test_a_length_that_is_told_twice_is_a_length(
    make_edge: Any, lengths: str, pause: float | None
) -> None:
    data = OK + f'X: Content-Length: 9\r\nContent-Length: {lengths}\r\n\r\n{{"a":1}}'.encode()
    async with ScriptedServer([Reply(data, pause=pause)]) as server:
        edge = make_edge(server.url)
        for _ in range(2):
            response = await edge.send(get())
            assert (response.content, response.headers["content-length"]) == ({"a": 1}, "7")
    assert server.connections == 1


@pytest.mark.parametrize("lengths", ["7\r\nContent-Length: 8", "7, 8", "7,", "-7, -7", "7 7"])
async def test_lengths_that_differ_are_refused(make_edge: Any, lengths: str) -> None:
    data = OK + f'Content-Length: {lengths}\r\n\r\n{{"a":1}}'.encode()
    async with ScriptedServer([Reply(data)]) as server:
        with pytest.raises(ResponseInvalid, match="is not valid HTTP/1"):
            await make_edge(server.url).send(get())


async def test_bytes_that_are_no_charset_of_the_answer(make_edge: Any) -> None:
    reply = Reply.of(b"Gr\xf6\xdfe", headers={"Content-Type": "text/csv"})
    async with ScriptedServer([reply]) as server:
        edge = make_edge(server.url)
        with pytest.raises(
            ResponseInvalid, match=rf"the response of {server.url[7:]} is text that names no charset"
        ):
            await edge.send(get())
        assert (await edge.send(get(charset="windows-1252"))).content == "Größe"


async def test_a_coding_that_cannot_be_read_leaves_raw_bytes(make_edge: Any) -> None:
    async with ScriptedServer([Reply.of(b"\x1b\x00", headers={"Content-Encoding": "br"})]) as server:
        edge = make_edge(server.url)
        assert (await edge.send(get(raw=True))).content == "GwA="
        with pytest.raises(ResponseInvalid, match="take its bytes as they are with `output: raw`"):
            await edge.send(get())


async def test_headers_are_read_in_the_charset_they_came_in(make_edge: Any) -> None:
    lines = 'Content-Disposition: attachment; filename="Gerät"\r\n'.encode() + b'ETag: "\xe4"\r\n'
    async with ScriptedServer([Reply(b"HTTP/1.1 204 x\r\n" + lines + b"\r\n")]) as server:
        headers = (await make_edge(server.url).send(get())).headers
    assert (headers["content-disposition"], headers["etag"]) == ('attachment; filename="Gerät"', '"ä"')


@pytest.mark.parametrize(
    ("content_type", "body", "problem"),
    [
        (
            "application/problem+json",
            {
                "type": "https://e.example/out-of-credit",
                "title": "You have no credit",
                "status": 403,
                "detail": "Your balance is 30, but that costs 50.",
                "instance": "/account/12345/msgs/abc",
                "balance": 30,
            },
            {
                "type": "https://e.example/out-of-credit",
                "title": "You have no credit",
                "status": 403,
                "detail": "Your balance is 30, but that costs 50.",
                "instance": "/account/12345/msgs/abc",
            },
        ),
        ("application/problem+json; charset=utf-8", {}, {"type": "about:blank"}),
        (
            "Application/Problem+JSON",
            {"type": None, "title": 5, "status": "403", "detail": ["x"], "instance": {}},
            {"type": "about:blank"},
        ),
        ("application/problem+json", {"detail": "x" * 9000}, {"type": "about:blank", "detail": "x" * 500}),
        ("application/problem+json", ["x"], None),
        ("application/json", {"type": "x", "detail": "y"}, None),
    ],
)
async def test_problems(make_edge: Any, content_type: str, body: Any, problem: Any) -> None:
    reply = Reply.json(body, status=403, headers={"Content-Type": content_type})
    async with ScriptedServer([reply]) as server:
        with pytest.raises(HttpStatusError) as caught:
            await make_edge(server.url).send(get())
    assert caught.value.details.get("problem") == problem
    if isinstance(body, dict) and isinstance(body.get("detail"), str):
        assert body["detail"][:20] in caught.value.message


async def test_a_secret_in_a_problem(make_edge: Any) -> None:
    reply = Reply.json(
        {"detail": "no such key: key-0123456789"},
        status=401,
        headers={"Content-Type": "application/problem+json"},
    )
    async with ScriptedServer([reply]) as server:
        edge = make_edge(
            server.url,
            connection={"authentication": {"bearer": {"token": "$secrets.KEY"}}},
            secrets={"KEY": "key-0123456789"},
        )
        with pytest.raises(HttpStatusError) as caught:
            await edge.send(get())
    assert caught.value.details["problem"]["detail"] == "no such key: [redacted:KEY]"


@pytest.mark.parametrize("status", [200, 404])
async def test_headers_that_are_asked_for(make_edge: Any, status: int) -> None:
    told = {"X-Quota": "9 of key-0123456789", "X-Team": "a", "Set-Cookie": "id=1", "X-Other": "o"}
    async with ScriptedServer([Reply.of(status=status, headers=told)]) as server:
        edge = make_edge(
            server.url,
            connection={
                "authentication": {"bearer": {"token": "$secrets.KEY"}},
                "keep_headers": ["x-team"],
            },
            secrets={"KEY": "key-0123456789"},
        )
        sending = edge.send(get(keep_headers=["X-QUOTA", "set-cookie"]))
        if status == 200:
            headers = (await sending).headers
        else:
            with pytest.raises(HttpStatusError) as caught:
                await sending
            headers = caught.value.details["headers"]
    assert headers == {
        "content-length": "0",
        "x-quota": "9 of [redacted:KEY]",
        "x-team": "a",
        "set-cookie": "id=1",
    }
