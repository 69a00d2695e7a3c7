import asyncio
import contextlib
import gc
import socket
import struct
import time
from typing import Any

import httpx
import pytest

from httptask.http.errors import (
    AddressForbidden,
    ConnectFailed,
    RequestInvalid,
    ResponseInterrupted,
    ResponseInvalid,
)
from httptask.testing import Reply, ScriptedServer
from httptask.transport.deadlines import Progress
from support.requests import request


def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"])
async def test_loopback_has_to_be_opened(make_edge: Any, host: str) -> None:
    async with ScriptedServer([Reply.of()]) as server:
        edge = make_edge(allow_private=())
        with pytest.raises(
            AddressForbidden, match=r"a loopback address: if it is meant, write into httptask\.toml"
        ):
            await edge.send(request(f"http://{host}:{server.port}/", connection=None))
        assert server.connections == 0
        await make_edge().send(request(f"http://{host}:{server.port}/", connection=None))
        assert server.requests[0].headers["host"] == f"{host}:{server.port}"


async def test_a_name_is_refused_if_any_of_its_addresses_is(
    make_edge: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rebound(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in ("127.0.0.1", "10.0.0.1")]

    async with ScriptedServer([Reply.of()]) as server:
        edge = make_edge(f"http://rebound.example:{server.port}")
        monkeypatch.setattr(socket, "getaddrinfo", rebound)
        with pytest.raises(AddressForbidden, match=r"rebound.example is at 10.0.0.1, a private address"):
            await edge.send(request())
    assert server.connections == 0


async def test_the_judged_address_is_the_one_connected_to(
    make_edge: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def rebinding(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        ip = "127.0.0.1" if len(asked) == 1 else "127.0.0.2"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port))]

    async with ScriptedServer([Reply.of()]) as server:
        edge = make_edge(f"http://rebinding.example:{server.port}")
        monkeypatch.setattr(socket, "getaddrinfo", rebinding)
        await edge.send(request())
    assert asked == ["rebinding.example"]
    assert server.requests[0].headers["host"] == f"rebinding.example:{server.port}"


async def test_the_second_address_is_tried(make_edge: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def two(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in ("127.0.0.2", "127.0.0.1")]

    async with ScriptedServer([Reply.of()]) as server:
        edge = make_edge(f"http://two.example:{server.port}")
        monkeypatch.setattr(socket, "getaddrinfo", two)
        assert (await edge.send(request())).status == 200


async def test_tls_asks_for_the_name_and_fails_as_not_connected(make_edge: Any) -> None:
    hellos: list[bytes] = []

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hellos.append(await reader.read(2000))
        writer.close()

    async with await asyncio.start_server(accept, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(
            ConnectFailed, match=r"no connection to localhost.*: the server closed it.* may not speak TLS"
        ) as caught:
            await make_edge(f"https://localhost:{port}").send(request())
    assert caught.value.retryable
    assert b"localhost" in hellos[0]
    assert len(hellos) == 3


async def test_nothing_listens(make_edge: Any) -> None:
    port = closed_port()
    started = time.perf_counter()
    with pytest.raises(
        ConnectFailed, match=f"no connection to 127.0.0.1:{port}: nothing answers there"
    ) as caught:
        await make_edge(f"http://127.0.0.1:{port}").send(request())
    assert caught.value.retryable
    assert time.perf_counter() - started < 2


async def test_unresolvable_names(make_edge: Any) -> None:
    for host in ("nowhere.invalid", "a" * 70 + ".example"):
        with pytest.raises(ConnectFailed, match="can't be resolved"):
            await make_edge(f"http://{host}").send(request())


@pytest.mark.parametrize(
    "headers", [{"X": "a\r\nX-Evil: 1"}, {"X": "a\0"}, {"X\r\nX-Evil": "1"}], ids=["value", "zero", "name"]
)
async def test_a_line_break_that_nobody_refused_is_not_sent(
    make_edge: Any, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]
) -> None:
    monkeypatch.setattr("httptask.request.draft.check_header", lambda *_: None)
    async with ScriptedServer([Reply.of()]) as server:
        with pytest.raises(RequestInvalid, match=r"can't be sent \(ValueError\)"):
            await make_edge(server.url).send(request(headers=headers))
    assert not server.requests


async def test_what_was_not_sent_is_tried_again_within_the_attempt(make_edge: Any) -> None:
    server = ScriptedServer([Reply.of()], port=closed_port())

    async def start_late() -> None:
        await asyncio.sleep(0.03)
        await server.__aenter__()

    starting = asyncio.create_task(start_late())
    response = await make_edge(server.url).send(request())
    await starting
    await server.__aexit__(None, None, None)
    assert response.status == 200
    assert len(server.requests) == 1


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
async def test_nothing_is_resent_once_it_was_sent(make_edge: Any, method: str) -> None:
    async with ScriptedServer([Reply.of(), Reply.hang_up()]) as server:
        edge = make_edge(server.url)
        await edge.send(request(method=method))
        with pytest.raises(ResponseInterrupted, match="closed the connection before it answered") as caught:
            await edge.send(request(method=method))
    assert caught.value.details["sent"]
    assert len(server.requests) == 2
    assert [served.connection for served in server.requests] == [1, 1]


async def test_a_reset_connection_is_interrupted(make_edge: Any) -> None:
    def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )
        asyncio.get_running_loop().call_later(0.05, writer.close)

    async with await asyncio.start_server(reset, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ResponseInterrupted):
            await make_edge(f"http://127.0.0.1:{port}").send(request())


async def test_connections_are_kept_and_replaced_when_the_server_drops_them(make_edge: Any) -> None:
    async with ScriptedServer([Reply.of()]) as server:
        edge = make_edge(server.url)
        assert (await edge.send(request())).timing.connected is not None
        assert (await edge.send(request())).timing.connected is None
        assert server.connections == 1
        server.drop_connections()
        await asyncio.sleep(0.05)
        assert (await edge.send(request())).timing.connected is not None
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    "surplus",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nsurplus",
        b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-",
        b"xyz",
    ],
)
async def test_what_comes_unasked_is_not_the_next_calls_answer(make_edge: Any, surplus: bytes) -> None:
    answered, sent = asyncio.Event(), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                target = (await reader.readuntil(b"\r\n\r\n")).split()[1]
                head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n"
                writer.write(head + target)
                if target == b"/a":
                    await answered.wait()
                    writer.write(surplus)
                    sent.set()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    edge = make_edge(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    async with server:
        answers = [(await edge.send(request("/a"))).content]
        answered.set()
        await sent.wait()
        for _ in range(5):  # turns of the loop, in which the client reads what is there
            await asyncio.sleep(0)
        answers += [(await edge.send(request(target))).content for target in ("/b", "/c")]
        await edge.aclose()
    assert answers == ["/a", "/b", "/c"]


async def test_a_call_leaves_nothing_that_only_the_collector_would_free(make_edge: Any) -> None:
    async with ScriptedServer([Reply.of()]) as server:
        edge = make_edge(server.url)
        await edge.send(request())
        gc.collect()
        gc.disable()
        try:
            for _ in range(3):
                await edge.send(request())
            left = [found for found in gc.get_objects() if type(found) in (httpx.Response, Progress)]
        finally:
            gc.enable()
    assert not left


async def test_cookies_are_neither_kept_nor_shared(make_edge: Any) -> None:
    async with ScriptedServer([Reply.of(headers={"Set-Cookie": "session=1; Path=/"})]) as server:
        edge = make_edge(server.url)
        await edge.send(request())
        await edge.send(request())
        await edge.send(request(headers={"Cookie": "own=1"}))
    assert [served.headers.get("cookie") for served in server.requests] == [None, None, "own=1"]


@pytest.mark.parametrize("location", ["/elsewhere", "http://[::1", "javascript:x", ""])
async def test_redirects_are_not_followed(make_edge: Any, location: str) -> None:
    async with ScriptedServer([Reply.of(status=302, headers={"Location": location})]) as server:
        response = await make_edge(server.url).send(request(success=(302,)))
    assert response.headers["location"] == location
    assert len(server.requests) == 1


async def test_the_environment_has_no_say(
    make_edge: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    async with ScriptedServer([Reply.of()]) as proxy, ScriptedServer([Reply.of()]) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        netrc = tmp_path / "netrc"
        netrc.write_text("machine 127.0.0.1 login user password sentinel\n")
        monkeypatch.setenv("NETRC", str(netrc))
        await make_edge(server.url).send(request())
    assert proxy.connections == 0
    assert "authorization" not in server.requests[0].headers


@pytest.mark.parametrize("target", ["/%7E%41%3a~", "//x", "/a;b=c,d:e@f", "/?q=%20+%2B&q=%zz", "/'(*)!$"])
async def test_urls_go_out_as_written(make_edge: Any, target: str) -> None:
    async with ScriptedServer([Reply.of()]) as server:
        await make_edge().send(request(server.url + target, connection=None))
    assert server.requests[0].target == target


async def test_the_headers_sent_are_the_headers_shown(make_edge: Any) -> None:
    async with ScriptedServer([Reply.of()]) as server:
        edge = make_edge(server.url)
        asked = request("/x", headers={"X-A": "1"}, method="POST", idempotency_key="k")
        await edge.send(asked)
    added = {"host": f"127.0.0.1:{server.port}", "content-length": "0"}
    shown = {name.lower(): value for name, value in edge.prepare(asked).headers.items()}
    assert server.requests[0].headers == {**shown, **added}


async def test_header_values_outside_ascii_go_out_in_utf_8(make_edge: Any) -> None:
    async with ScriptedServer([Reply.of()]) as server:
        await make_edge(server.url).send(request(headers={"X-Name": "Zoë €"}))
    assert server.requests[0].headers["x-name"].encode("latin-1").decode() == "Zoë €"


NOT_HTTP = [
    (
        b"HTTP/1.1 200 OK\r\nX-XSS-Protection=1;\r\nContent-Length: 0\r\n\r\n",
        'Invalid header token: "X-XSS-Protection=1;"',
    ),
    (b"HTTP/1.1 abc OK\r\n\r\n", 'Invalid status code: "HTTP/1.1 abc OK"'),
    (b"SSH-2.0-OpenSSH_9.6\r\n", '"SSH-2.0-OpenSSH_9.6"'),
    (b"HTTP/1.1 200 OK\r\nX: \"a'\\\x00b\r\n\r\n", r'''Invalid HTTP header: "\"a'\\\u0000b"'''),
    (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000 + b"\r\n\r\n", 'when reading: "' + "a" * 100 + '..."'),
    (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        'chunk size: "zz" (status 200, no media type)',
    ),
    (b"\x15\x03\x01\x00\x02\x02\x46", "it is TLS: write https:// in place of http://"),
]


@pytest.mark.parametrize(("answer", "why"), NOT_HTTP)
async def test_what_is_no_http_is_shown(make_edge: Any, answer: bytes, why: str) -> None:
    async with ScriptedServer([Reply(answer, close=True)]) as server:
        with pytest.raises(ResponseInvalid) as caught:
            await make_edge(server.url).send(request())
    assert caught.value.message.startswith(f"the answer of {server.url[7:]} is not valid HTTP/1.1: ")
    assert caught.value.message.endswith(why)


@pytest.mark.parametrize("greeting", [b"", b"SSH-2.0-OpenSSH_9.6\r\n"])
async def test_a_port_without_tls_says_so_at_once(make_edge: Any, greeting: bytes) -> None:
    """A server without TLS answers the handshake with its own words, or greets before it."""
    connections = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        if not greeting:
            await reader.read(10)
        writer.write(
            greeting or b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ConnectFailed, match=r"does not speak TLS.* write http:// in place of") as caught:
            await make_edge(f"https://127.0.0.1:{port}").send(request())
    assert (caught.value.retryable, connections) == (False, 1)
