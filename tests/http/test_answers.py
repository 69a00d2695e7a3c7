"""What an answer amounts to: a table of JSON texts, of empty answers, and of problems."""

from typing import Any

import pytest
from temporalio.contrib.pydantic import pydantic_data_converter

from httptask.http.errors import HttpStatusError, ResponseInvalid
from httptask.http.json_tree import MAX_DEPTH
from httptask.http.models import HttpRequest, HttpResponse
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
    "UTF-16": ('{"a": 1}'.encode("utf-16"), REFUSED),
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
                match=rf"response of {server.url[7:]} (claims to be JSON and is not|can't be read as JSON: )",
            ):
                await sending
            return
        response: HttpResponse = await sending
    assert response.content == value
    converter = pydantic_data_converter.payload_converter
    [stored] = converter.from_payloads(converter.to_payloads([response]), [HttpResponse])
    assert stored == response


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
