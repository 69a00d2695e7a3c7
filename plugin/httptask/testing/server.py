"""A loopback HTTP server with scripted answers, for tests of workflows and of clients."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from httptask.testing.replies import Reply

__all__ = ["Script", "ScriptedServer", "ServedRequest"]


@dataclass(frozen=True)
class ServedRequest:
    """A request as the server received it."""

    method: str
    target: str
    """Path and query as they came, undecoded."""
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes
    connection: int
    """Number of the connection it came over, counted from 1."""
    scheme: str = "http"

    @property
    def url(self) -> str:
        """The complete URL, with its query."""
        return f"{self.scheme}://{self.headers['host']}{self.target}"

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


Script = Sequence[Reply] | Callable[[ServedRequest], Reply | Awaitable[Reply]]


@dataclass
class ScriptedServer:
    """Serves `script` on a free port of 127.0.0.1 as an asynchronous context manager.

    A sequence is used up in order and its last reply repeated; a function is asked for each request.

        async with ScriptedServer([Reply.of(status=429), Reply.json({"ok": True})]) as server:
            await call(server.url + "/orders")
        assert len(server.requests) == 2

    Attributes:
        script: what to answer.
        requests: what was received, in order.
        connections: how many connections were accepted.
        left: when a client closed a connection, in time of the event loop, by the number of that.
        port: the port, once it serves.
        tls: serves https with it, if given.
    """

    script: Script
    requests: list[ServedRequest] = field(default_factory=list[ServedRequest])
    connections: int = 0
    left: dict[int, float] = field(default_factory=dict[int, float])
    port: int = 0
    tls: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._arrived = asyncio.Condition()

    @property
    def url(self) -> str:
        """The server's origin."""
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def scheme(self) -> str:
        """`http`, or `https` with `tls`."""
        return "http" if self.tls is None else "https"

    async def requests_received(self, count: int) -> None:
        """Waits until that many requests have been received."""
        async with self._arrived:
            await self._arrived.wait_for(lambda: len(self.requests) >= count)

    async def client_left(self, connections: int = 1) -> None:
        """Waits until clients have closed a connection, or that many."""
        async with self._arrived:
            await self._arrived.wait_for(lambda: len(self.left) >= connections)

    def drop_connections(self) -> None:
        """Closes all open connections, as a server does with idle ones."""
        for writer in list(self._writers):
            writer.close()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(
            self._accept, "127.0.0.1", self.port, limit=1024 * 1024, ssl=self.tls
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.drop_connections()  # those whose task had not begun, and so never ended

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        task = asyncio.create_task(self._serve(reader, writer, self.connections))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: int
    ) -> None:
        try:
            while True:
                request = await _read(reader, connection, self.scheme)
                if request.method == "PRI":  # HTTP/2 of a stranger, who knew another server on this port
                    return
                self.requests.append(request)
                reply = await self._reply(request, len(self.requests))
                async with self._arrived:
                    self._arrived.notify_all()
                await _write(writer, reply)
                if reply.silent:
                    await reader.read()
                if reply.close:
                    return
        except (OSError, asyncio.IncompleteReadError):
            async with self._arrived:
                self.left[connection] = asyncio.get_running_loop().time()
                self._arrived.notify_all()
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _reply(self, request: ServedRequest, number: int) -> Reply:
        if not callable(self.script):
            return self.script[min(number, len(self.script)) - 1]
        reply = self.script(request)
        return reply if isinstance(reply, Reply) else await reply


async def _read(reader: asyncio.StreamReader, connection: int, scheme: str) -> ServedRequest:
    head = await reader.readuntil(b"\r\n\r\n")
    request_line, *lines = head.decode("latin-1").rstrip().split("\r\n")
    method, target, _ = request_line.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = b"".join([chunk async for chunk in _chunks(reader)])
    else:
        body = await reader.readexactly(int(headers.get("content-length", 0)))
    return ServedRequest(method, target, headers, body, connection, scheme)


async def _chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """The chunks of a body (RFC 9112, section 7.1) up to the last one; trailers are read over."""
    while size := int((await reader.readline()).partition(b";")[0], 16):
        yield await reader.readexactly(size)
        await reader.readline()
    while (await reader.readline()).strip():
        pass


async def _write(writer: asyncio.StreamWriter, reply: Reply) -> None:
    step = len(reply.data) if reply.pause is None else 1
    for start in range(0, len(reply.data), step or 1):
        writer.write(reply.data[start : start + step])
        await writer.drain()
        if reply.pause is not None:
            await asyncio.sleep(reply.pause)
