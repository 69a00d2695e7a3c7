import asyncio
import time
from typing import Any

import psutil
import pytest

from httptask.http.errors import Timeout
from httptask.http.models import HttpRequest, Limits, TextBody
from httptask.testing import Reply, ScriptedServer


def request(**limits: float) -> HttpRequest:
    return HttpRequest(method="POST", url="/", connection="local", limits=Limits.model_validate(limits))


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"


@pytest.mark.alone
@pytest.mark.parametrize(
    ("reply", "limits", "deadline"),
    [
        (Reply.silence(), {"total": 0.2}, "total"),
        (Reply.silence(), {"first_byte": 0.2}, "first_byte"),
        (Reply.silence(), {"first_byte": 0.4, "total": 0.2}, "total"),
        (Reply.silence(after=HEAD[:20]), {"first_byte": 0.2}, "first_byte"),
        (Reply.silence(after=HEAD + b"x"), {"idle": 0.2}, "idle"),
        (Reply(HEAD, pause=0.02), {"total": 0.2, "idle": 0.15}, "total"),
        (Reply(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 500, pause=0.01), {"total": 0.4, "idle": 0.15}, "total"),
        (Reply(b"HTTP/1.1 100 Continue\r\n\r\n" * 50, pause=0.001), {"total": 0.3}, "total"),
    ],
)
async def test_a_slow_server(make_edge: Any, reply: Reply, limits: dict[str, float], deadline: str) -> None:
    async with ScriptedServer([reply]) as server:
        started = time.perf_counter()
        with pytest.raises(Timeout) as caught:
            await make_edge(server.url).send(request(**limits))
        elapsed = time.perf_counter() - started
        await asyncio.wait_for(server.client_left(), 2)
    seconds = limits[deadline]
    assert caught.value.retryable
    assert caught.value.details["deadline"] == deadline
    assert caught.value.details["seconds"] == seconds
    assert caught.value.details["sent"]
    assert f"{seconds:g} s" in caught.value.message
    assert seconds * 0.9 <= elapsed <= seconds + 0.5
    assert len(server.requests) == 1


async def test_a_steady_answer_may_take_longer_than_the_idle_deadline(make_edge: Any) -> None:
    async with ScriptedServer([Reply.of(b"x" * 20, pause=0.02)]) as server:
        response = await make_edge(server.url).send(request(idle=0.5, first_byte=5))
    assert response.content == "x" * 20
    assert response.timing.total > 600


async def test_the_connect_deadline(make_edge: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(*_: object, **__: object) -> None:
        await asyncio.sleep(60)

    edge = make_edge("http://127.0.0.1:1")
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", hang)
    with pytest.raises(Timeout) as caught:
        await edge.send(request(connect=0.1))
    assert caught.value.details == {
        "deadline": "connect",
        "seconds": 0.1,
        "host": "127.0.0.1:1",
        "sent": False,
    }


async def test_cancelling_closes_the_socket_at_once(make_edge: Any) -> None:
    async with ScriptedServer([Reply.silence(after=HEAD)]) as server:
        sending = asyncio.create_task(make_edge(server.url).send(request()))
        await asyncio.wait_for(server.requests_received(1), 5)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        await asyncio.wait_for(server.client_left(), 5)  # far less than the request's own deadlines


@pytest.mark.alone
@pytest.mark.parametrize("answer", [b"", HEAD], ids=["unanswered", "answered"])
@pytest.mark.parametrize("ends", ["cancelled", "late"])
async def test_an_upload_that_nobody_reads_is_given_up_at_once(
    make_edge: Any, ends: str, answer: bytes
) -> None:
    accepted, finish = asyncio.Event(), asyncio.Event()

    async def never_read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        accepted.set()
        await finish.wait()
        writer.close()

    async with await asyncio.start_server(never_read, "127.0.0.1", 0, limit=1024) as server:
        port = server.sockets[0].getsockname()[1]
        upload = request(total=0.4 if ends == "late" else 60)
        upload = upload.model_copy(update={"body": TextBody(text="x" * 20_000_000)})
        sending = asyncio.create_task(make_edge(f"http://127.0.0.1:{port}").send(upload))
        await asyncio.wait_for(accepted.wait(), 5)
        if ends == "cancelled":
            await asyncio.sleep(0.2)  # until the buffers in between are full
            sending.cancel()
        assert open_connections_to(port) == 1
        with pytest.raises(Timeout if ends == "late" else asyncio.CancelledError):
            await sending
        await asyncio.sleep(0)
        assert open_connections_to(port) == 0
        finish.set()


def open_connections_to(port: int) -> int:
    connections = psutil.Process().net_connections()
    return len([found for found in connections if found.raddr and found.raddr.port == port])
