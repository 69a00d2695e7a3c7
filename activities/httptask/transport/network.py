"""The one module that sends over the network, by aiohttp's client, connections and parser.

How an answer is read from a connection is said beside it, in `answer_protocol`; what the library's errors mean, in
`errors`.

Whether anything was sent is known from events of the connection, never from the class of an exception.
"""

import asyncio
import io
import logging
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from weakref import WeakSet

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.tracing import Trace
from yarl import URL

from httptask.connections.route import Route
from httptask.egress.address import Network
from httptask.egress.guard import Guard
from httptask.http.errors import HttpTaskError
from httptask.request.wire import WireRequest
from httptask.transport.answer_protocol import AnswerProtocol
from httptask.transport.deadlines import Progress
from httptask.transport.errors import Failed, failure
from httptask.transport.exchange import WireResponse
from httptask.transport.tls import tls_context

__all__ = ["NetworkTransport"]

_DIRECT = Route()
_KEPT_SECONDS = 30
_WRITTEN_AT_ONCE = 256 * 1024
_MAX_HEADER_LINE = 32 * 1024
_MAX_HEADERS = 256
_NO_AUTO_HEADERS = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


class NetworkTransport:
    """The real network: one client with a pool of kept-alive connections. Belongs to the running event loop.

    It takes nothing from the environment, keeps no cookies, follows no redirect and sends nothing twice.

    Args:
        allowed: private networks it may reach.
        route: how it gets to servers.
    """

    simulated = False

    def __init__(self, allowed: Sequence[Network] = (), route: Route = _DIRECT) -> None:
        self._guard = Guard(allowed)
        self._proxy = route.proxy
        self._session = aiohttp.ClientSession(
            connector=_Connector(self._guard, route),
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            max_field_size=_MAX_HEADER_LINE,
            max_headers=_MAX_HEADERS,
            max_line_size=_MAX_HEADER_LINE,
            middlewares=(_send_once,),
            request_class=_Request,
            skip_auto_headers=_NO_AUTO_HEADERS,
        )
        _keep_quiet()

    @asynccontextmanager
    async def open(self, request: WireRequest, progress: Progress) -> AsyncGenerator[WireResponse]:
        """Sends a request; see `Transport.open`."""
        host = request.url.netloc
        underway = _Underway(progress)
        token = _underway.set(underway)
        try:
            if self._proxy is not None:  # it resolves the name, so only what it says can be judged here
                self._guard.judge_name(request.url.host)
            try:
                response = await self._send(request, progress)
            except HttpTaskError:
                raise
            except Exception as error:  # noqa: BLE001 - a library's error may quote a credential: none may pass
                raise failure(error, progress, host) from None
            try:
                progress.bytes_received(sum(len(name) + len(value) for name, value in response.raw_headers))
                chunks = _chunks(response, progress, host)
                yield WireResponse(response.status, response.raw_headers, chunks)
            finally:
                _end(response)
        finally:
            _underway.reset(token)
            underway.progress = None

    async def aclose(self) -> None:
        """Closes all connections."""
        await self._session.close()

    async def _send(self, request: WireRequest, progress: Progress) -> aiohttp.ClientResponse:
        in_tunnel = request.url.scheme == "https"
        to_proxy = self._to_proxy()
        return await self._session.request(
            request.method,
            URL(str(request.url), encoded=True),
            data=_data(request.body),
            headers=[
                *((name.decode("ascii"), value.decode("utf-8")) for name, value in request.headers),
                *(() if in_tunnel else to_proxy.items()),
            ],
            proxy=None if self._proxy is None else self._proxy.url,
            proxy_headers=to_proxy,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=progress.seconds("connect")),
        )

    def _to_proxy(self) -> dict[str, str]:
        """What the proxy alone is to see: with its tunnel, or where there is none, with the request."""
        authorization = self._proxy.authorization if self._proxy is not None else None
        return {} if authorization is None else {"Proxy-Authorization": authorization}


def _data(body: bytes) -> bytes | io.BytesIO | None:
    """A long body in pieces, between which other tasks get their turn."""
    return io.BytesIO(body) if len(body) > _WRITTEN_AT_ONCE else body or None


async def _chunks(response: aiohttp.ClientResponse, progress: Progress, host: str) -> AsyncIterator[bytes]:
    try:
        async for chunk in response.content.iter_any():
            progress.bytes_received(len(chunk))
            yield chunk
    except aiohttp.ClientError as error:
        raise failure(error, progress, host) from None


def _end(response: aiohttp.ClientResponse) -> None:
    connection = response.connection
    if connection is not None and connection.transport is not None:
        connection.transport.abort()
    response.close()  # a connection whose answer was read to its end is back in the pool already


class _Resolver(AbstractResolver):
    """Gives aiohttp the addresses that the guard lets pass."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=found.host,
                port=port,
                family=found.family,
                proto=found.proto,
                flags=socket.AI_NUMERICHOST,
            )
            for found in await self._guard.resolve(host, port, family)
        ]

    async def close(self) -> None:
        """Nothing is held."""


class _Connector(aiohttp.TCPConnector):
    """A pool that gives no connection again on which something came unasked: it would be the next call's answer."""

    def __init__(self, guard: Guard, route: Route) -> None:
        super().__init__(  # pyright: ignore[reportUnknownMemberType] - aiohttp leaves type arguments out
            ssl=tls_context(route.tls),
            resolver=_Resolver(guard),
            socket_factory=guard.socket,
            use_dns_cache=False,
            limit=0,  # the worker bounds its activities, and a connection its calls
            keepalive_timeout=_KEPT_SECONDS,
        )
        self._factory = partial(AnswerProtocol, loop=asyncio.get_running_loop())  # type: ignore[assignment]
        self._used: WeakSet[ResponseHandler] = WeakSet()

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - aiohttp's signature
    ) -> Connection:
        while True:
            connection = await super().connect(req, traces, timeout)
            protocol = connection.protocol
            assert protocol is not None  # of a connection that is not released
            if protocol not in self._used:
                self._used.add(protocol)
                _progress().connection_made()
                return connection
            if not protocol.should_close:
                return connection
            connection.close()


class _Request(aiohttp.ClientRequest):
    """A request whose connection can be given up at once; closing one waits until all of a body is sent."""

    _connection: asyncio.Transport | None = None

    async def send(self, conn: Connection) -> aiohttp.ClientResponse:
        self._connection = conn.transport
        _progress().sending()
        return await super().send(conn)

    def abort(self) -> None:
        if self._connection is not None:
            self._connection.abort()


async def _send_once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    assert isinstance(request, _Request)  # the session's request_class
    try:
        return await handler(request)
    except aiohttp.ClientError as error:
        raise Failed(error) from None
    except asyncio.CancelledError:
        request.abort()
        raise


@dataclass(eq=False)
class _Underway:
    """What the library is at work for; its connections keep the context that they were made in, and so only this."""

    progress: Progress | None


_underway: ContextVar[_Underway | None] = ContextVar("httptask_http_underway", default=None)


def _progress() -> Progress:
    underway = _underway.get()
    progress = None if underway is None else underway.progress
    assert progress is not None  # all that the session sends is sent by `open`
    return progress


class _NotOurs(logging.Filter):
    """Drops what libraries log about our requests, which may hold credentials, and nobody else's."""

    def filter(self, record: logging.LogRecord) -> bool:
        return _underway.get() is None


_NOT_OURS = _NotOurs()


def _keep_quiet() -> None:
    for name in ("aiohttp.client", "aiohttp.internal"):
        logging.getLogger(name).addFilter(_NOT_OURS)
