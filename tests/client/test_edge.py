import gzip
from typing import Any

import pytest
from structlog.testing import capture_logs

from httptask.http.errors import (
    ConnectionUnknown,
    Forbidden,
    HttpStatusError,
    HttpTaskError,
    QuotaExhausted,
    RateLimited,
    ResponseInterrupted,
    ResponseInvalid,
    ResponseTooLarge,
    Unauthorized,
)
from httptask.http.models import HttpRequest, JsonBody, Limits
from httptask.testing import Reply, ScriptedServer


def request(url: str = "/", **fields: Any) -> HttpRequest:
    return HttpRequest(**{"method": "POST", "url": url, "connection": "local", **fields})


async def test_a_call(make_edge: Any) -> None:
    headers = {"X-Request-Id": "r1", "Set-Cookie": "a=b", "X-Other": "1"}
    async with ScriptedServer([Reply.json({"id": 7}, headers=headers)]) as server:
        response = await make_edge(server.url + "/v1").send(
            request("/orders", query={"q": ["a b", 2]}, body=JsonBody(value={"é": [1]}), idempotency_key="k"),
            attempt=3,
        )
    (served,) = server.requests
    assert (served.method, served.target, served.body) == (
        "POST",
        "/v1/orders?q=a%20b&q=2",
        '{"é":[1]}'.encode(),
    )
    assert served.headers["idempotency-key"] == "k"
    assert served.headers["host"] == f"127.0.0.1:{server.port}"
    assert (response.status, response.content, response.content_kind, response.size) == (
        200,
        {"id": 7},
        "json",
        9,
    )
    assert response.headers == {
        "content-length": "9",
        "content-type": "application/json",
        "x-request-id": "r1",
    }
    assert response.request.uri == f"{server.url}/v1/orders?q=a%20b&q=2"
    assert (response.attempt, response.simulated, response.redactions) == (3, False, 0)
    assert response.timing.connected is not None
    assert response.timing.connected <= response.timing.first_byte <= response.timing.total


async def test_a_raw_answer_is_base64_whatever_it_claims_to_be(make_edge: Any) -> None:
    async with ScriptedServer([Reply.json({"id": 7})]) as server:
        response = await make_edge(server.url).send(request(raw=True))
    assert (response.content, response.content_kind) == ("eyJpZCI6IDd9", "base64")


@pytest.mark.parametrize(
    ("reply", "content", "kind"),
    [
        (
            Reply.of(
                gzip.compress(b"[1]"),
                headers={"Content-Type": "application/json", "Content-Encoding": "gzip"},
            ),
            [1],
            "json",
        ),
        (Reply.of(status=204), None, "none"),
        (Reply.of(b"hi", status=201, headers={"Content-Type": "text/plain"}), "hi", "text"),
        (Reply(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"), "hi", "text"),
        (Reply(b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{}", close=True), {}, "json"),
        (
            Reply(b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
            None,
            "none",
        ),
    ],
)
async def test_answers(make_edge: Any, reply: Reply, content: Any, kind: str) -> None:
    async with ScriptedServer([reply]) as server:
        response = await make_edge(server.url).send(request())
    assert (response.content, response.content_kind) == (content, kind)


async def test_a_head_request_has_no_body(make_edge: Any) -> None:
    async with ScriptedServer([Reply(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n")]) as server:
        response = await make_edge(server.url).send(request(method="HEAD"))
    assert (response.content, response.headers["content-length"]) == (None, "99")


@pytest.mark.parametrize(
    ("status", "success", "result"),
    [
        (200, ("2xx",), True),
        (404, (404,), True),
        (404, ("2xx", "4xx"), True),
        (302, ("3xx",), True),
        (201, (200,), False),
    ],
)
async def test_which_statuses_are_results(make_edge: Any, status: int, success: Any, result: bool) -> None:
    async with ScriptedServer([Reply.of(status=status)]) as server:
        sending = make_edge(server.url).send(request(success=success))
        if result:
            assert (await sending).status == status
        else:
            with pytest.raises(HttpStatusError):
                await sending


@pytest.mark.parametrize(
    ("reply", "error", "retryable", "message"),
    [
        (
            Reply.json({"error": {"message": "slow down"}}, status=429),
            RateLimited,
            True,
            "429 from {host}: slow down",
        ),
        (
            Reply.json({"error": {"code": "insufficient_quota"}}, status=429),
            QuotaExhausted,
            False,
            "429 from {host}",
        ),
        (Reply.json({"detail": "no"}, status=401), Unauthorized, False, "401 from {host}: no"),
        (Reply.of(b"<html>", status=403), Forbidden, False, "403 from {host}"),
        (Reply.of(b"x" * 900, status=500), HttpStatusError, True, "500 from {host}: xxx"),
        (
            Reply.of(status=307, headers={"Location": "http://evil/"}),
            HttpStatusError,
            False,
            "307 from {host}: a redirect is followed where",
        ),
        (
            Reply.of(b"\x1f\x8bbroken", status=503, headers={"Content-Encoding": "gzip"}),
            HttpStatusError,
            True,
            "503",
        ),
        (
            Reply.of(b"x", status=503, headers={"Content-Encoding": "br"}),
            HttpStatusError,
            True,
            "503 from {host}",
        ),
        (
            Reply(b"HTTP/1.1 502 Bad\r\nContent-Length: 99\r\n\r\ncut", close=True),
            HttpStatusError,
            True,
            "502 from {host}: cut",
        ),
    ],
    ids=["429", "quota", "401", "403", "500", "redirect", "broken gzip", "unknown coding", "cut body"],
)
async def test_statuses_as_errors(
    make_edge: Any, reply: Reply, error: type[HttpTaskError], retryable: bool, message: str
) -> None:
    async with ScriptedServer([reply]) as server:
        with pytest.raises(error) as caught:
            await make_edge(server.url).send(request())
    assert type(caught.value) is error
    assert caught.value.retryable is retryable
    assert caught.value.message.startswith(message.format(host=f"127.0.0.1:{server.port}"))
    assert len(caught.value.message) <= 300
    assert len(server.requests) == 1


async def test_what_an_error_carries(make_edge: Any) -> None:
    body = {"error": {"message": "é" * 5000}}
    reply = Reply.json(
        body, status=429, headers={"Retry-After": "2", "X-Request-Id": "r1", "Set-Cookie": "s"}
    )
    async with ScriptedServer([reply]) as server:
        with pytest.raises(RateLimited) as caught:
            await make_edge(server.url).send(request())
    details = caught.value.details
    assert caught.value.retry_after == 2.0
    assert (details["status"], details["reason"], details["request_id"]) == (429, "Too Many Requests", "r1")
    assert "set-cookie" not in details["headers"]
    assert details["body_excerpt"].startswith('{"error": {"message": "éé')
    assert len(details["body_excerpt"].encode()) <= 2048


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (
            {"error": {"message": "m", "type": "t", "code": "context_length_exceeded", "param": "messages"}},
            {"type": "t", "code": "context_length_exceeded", "param": "messages"},
        ),
        ({"error": {"code": 400, "message": "m"}}, {"type": None, "code": 400, "param": None}),
        ([{"error": {"code": 400, "type": {}}}], {"type": None, "code": 400, "param": None}),
        ({"object": "error", "type": "Bad", "code": 40}, {"type": "Bad", "code": 40, "param": None}),
        ({"error": {"type": "x" * 9999}}, {"type": "x" * 500, "code": None, "param": None}),
        ({"error": {"message": "m", "code": True}}, None),
        ({"error": "no object", "code": "c"}, None),
        ({"type": "https://example.com/problem", "code": "c"}, None),
        ([], None),
        ("text", None),
    ],
)
async def test_an_error_has_the_names_that_the_api_gives_it(make_edge: Any, body: Any, names: Any) -> None:
    async with ScriptedServer([Reply.json(body, status=400)]) as server:
        with pytest.raises(HttpStatusError) as caught:
            await make_edge(server.url).send(request())
    assert caught.value.details.get("error") == names


@pytest.mark.parametrize(
    ("reply", "error", "retryable"),
    [
        (Reply.hang_up(), ResponseInterrupted, True),
        (Reply(b"HTTP/1.1 200 OK\r\nContent-", close=True), ResponseInterrupted, True),
        (Reply(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", close=True), ResponseInterrupted, True),
        (
            Reply(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe", close=True),
            ResponseInterrupted,
            True,
        ),
        (
            Reply(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"a": 1', close=True),
            ResponseInterrupted,
            True,
        ),
        (
            Reply(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{"a": 1'),
            ResponseInvalid,
            False,
        ),
        (
            Reply(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
            ResponseInvalid,
            False,
        ),
        (Reply(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), ResponseInvalid, False),
        (Reply(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000 + b"\r\n\r\n"), ResponseInvalid, False),
        (Reply(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), ResponseInvalid, False),
        (Reply.of(b"x", headers={"Content-Encoding": "br"}), ResponseInvalid, False),
        (
            Reply.of(gzip.compress(b"x" * 99)[:-9], headers={"Content-Encoding": "gzip"}),
            ResponseInterrupted,
            True,
        ),
        (Reply.of(b"x" * 5_000_000), ResponseTooLarge, False),
        (
            Reply.of(gzip.compress(bytes(50_000_000)), headers={"Content-Encoding": "gzip"}),
            ResponseTooLarge,
            False,
        ),
    ],
)
async def test_faults_of_a_server_are_typed_and_never_resent(
    make_edge: Any, reply: Reply, error: type[HttpTaskError], retryable: bool
) -> None:
    async with ScriptedServer([reply]) as server:
        with pytest.raises(error) as caught:
            await make_edge(server.url).send(request(body=JsonBody(value={})))
    assert type(caught.value) is error
    assert caught.value.retryable is retryable
    assert len(server.requests) == 1


async def test_the_size_limit_is_the_requests(make_edge: Any) -> None:
    async with ScriptedServer([Reply.of(b"x" * 100)]) as server:
        edge = make_edge(server.url)
        assert (await edge.send(request(limits=Limits(response_bytes=100)))).size == 100
        with pytest.raises(ResponseTooLarge) as caught:
            await edge.send(request(limits=Limits(response_bytes=99)))
    assert caught.value.details["limit"] == 99


async def test_an_unknown_connection_names_the_known(make_edge: Any) -> None:
    with pytest.raises(ConnectionUnknown, match=r"no connection lokal on this worker \(known: local\)"):
        await make_edge().send(request(connection="lokal"))


async def test_one_line_is_logged_for_each_call(make_edge: Any) -> None:
    async with ScriptedServer([Reply.of(b"ok"), Reply.of(status=503)]) as server:
        edge = make_edge(server.url)
        with capture_logs() as logs:
            await edge.send(request("/a?private=1", body=JsonBody(value="private")))
            with pytest.raises(HttpStatusError):
                await edge.send(request("/a?private=1"), attempt=2)
    assert [line["event"] for line in logs] == ["http.request.finished", "http.request.failed"]
    assert logs[0]["status"] == 200
    assert logs[0]["bytes"] > 0
    assert logs[1]["error"] == "HttpStatusError"
    assert (logs[1]["status"], logs[1]["attempt"], logs[1]["path"], logs[1]["connection"]) == (
        503,
        2,
        "/a",
        "local",
    )
    assert "private" not in str(logs)


@pytest.mark.parametrize(
    ("base", "url", "template", "path"),
    [
        ("/api/", "/orders/7", "/orders/{.id}", "/api/orders/{.id}"),
        ("/api/", "/orders/7", None, "/api/orders/7"),
        ("", "/orders/7", "/orders/{.id}", "/orders/{.id}"),
        ("/api", "{}/api/orders/7", "/api/orders/{.id}", "/api/orders/{.id}"),
        ("/api", "{}/api/orders?page=2", "/orders", "/api/orders"),
        ("/api", "{}/other/7", "/other/{.id}", "/other/{.id}"),
        ("/$secrets.TENANT", "/orders/7", "/orders/{.id}", "/$TENANT/orders/{.id}"),
    ],
)
async def test_the_path_that_is_logged_begins_with_that_of_the_base_url(
    make_edge: Any, base: str, url: str, template: str | None, path: str
) -> None:
    async with ScriptedServer([Reply.of(b"ok")]) as server:
        edge = make_edge(server.url + base, secrets={"TENANT": "tenant-of-ours"})
        with capture_logs() as logs:
            await edge.send(request(url.format(server.url), path_template=template))
    assert logs[0]["path"] == path


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_a_body_goes_out_with_methods_that_rarely_have_one(make_edge: Any, method: str) -> None:
    async with ScriptedServer([Reply.of()]) as server:
        request = HttpRequest(method=method, url="/", connection="local", body=JsonBody(value={"q": 1}))
        await make_edge(server.url).send(request)
    assert server.requests[0].body == b'{"q":1}'
