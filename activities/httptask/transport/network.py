"""The one module that knows which client library is underneath: httpx's client over aiohttp's connections.

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
from functools import lru_cache, partial
from weakref import WeakSet, ref

import aiohttp
import httpx
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
_ELSEWHERE = httpx.ByteStream(b"")
"""In place of the body, which is sent below the client."""
_OF_PROGRESS: dict[str, float] = {}
"""In place of httpx's own deadlines."""
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
        self._proxied = route.proxy is not None
        # A client without `auth` looks for one in each URL.
        self._client = _Client(
            transport=_AiohttpTransport(self._guard, route), trust_env=False, auth=httpx.Auth()
        )
        _keep_quiet()

    @asynccontextmanager
    async def open(self, request: WireRequest, progress: Progress) -> AsyncGenerator[WireResponse]:
        """Sends a request; see `Transport.open`."""
        progress.connecting()
        token = _at_work.set(ref(progress))
        try:
            response = await self._send(request, progress)
            body: _Body = response.extensions["body"]
            try:
                yield WireResponse(response.status_code, body.headers, body)
            finally:
                await body.aclose()
                del response.stream  # the two hold each other, and only a collector's walk would free them
        finally:
            _at_work.reset(token)

    async def aclose(self) -> None:
        """Closes all connections."""
        await self._client.aclose()

    async def _send(self, request: WireRequest, progress: Progress) -> httpx.Response:
        if self._proxied:  # the proxy resolves the name, so only what it says can be judged here
            self._guard.judge_name(request.url.host)
        try:
            message = httpx.Request(
                request.method,
                _url(request.url.origin),
                # httpx would normalise its URL and add headers; it goes out as it was written.
                stream=_ELSEWHERE,
                extensions={"request": request, "progress": progress, "timeout": _OF_PROGRESS},
            )
            return await self._client.send(message, stream=True)
        except HttpTaskError:
            raise
        except Exception as error:  # noqa: BLE001 - a library's error may quote a credential: none may pass
            raise failure(error, progress, request.url.netloc) from None


class _NoCookies(httpx.Cookies):
    def extract_cookies(self, response: httpx.Response) -> None:
        """Nothing is kept: what one run is given is no business of another."""


class _Client(httpx.AsyncClient):
    """A client without a store of cookies, which costs a tenth of a request's time to find empty."""

    _none = _NoCookies()

    @property
    def cookies(self) -> httpx.Cookies:
        return self._none

    @cookies.setter
    def cookies(self, cookies: object) -> None:
        raise TypeError("this client keeps no cookies")


@lru_cache(maxsize=256)
def _url(origin: str) -> httpx.URL:
    return httpx.URL(origin)


class _AiohttpTransport(httpx.AsyncBaseTransport):
    """aiohttp's connections, parser and pool below httpx's client."""

    def __init__(self, guard: Guard, route: Route) -> None:
        self._proxy = route.proxy
        self._session = aiohttp.ClientSession(
            connector=_Connector(guard, route),
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            max_field_size=_MAX_HEADER_LINE,
            max_headers=_MAX_HEADERS,
            max_line_size=_MAX_HEADER_LINE,
            request_class=_Request,
            skip_auto_headers=_NO_AUTO_HEADERS,
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        progress: Progress = request.extensions["progress"]
        written: WireRequest = request.extensions["request"]
        in_tunnel = written.url.scheme == "https"
        to_proxy = self._to_proxy()
        response = await self._session.request(
            written.method,
            URL(str(written.url), encoded=True),
            data=_data(written.body),
            headers=[
                *written.headers,
                *(() if in_tunnel else to_proxy.items()),
            ],
            proxy=None if self._proxy is None else self._proxy.url,
            proxy_headers=to_proxy,
            allow_redirects=False,
            timeout=_timeout(progress.seconds("connect")),
            middlewares=(partial(_send_once, progress),),
        )
        body = _Body(response, progress, written.url.netloc)
        progress.bytes_received(sum(len(name) + len(value) for name, value in body.headers))
        # httpx sees no headers: it would read Location, and fail where that is no URL.
        return httpx.Response(response.status, stream=body, extensions={"body": body})

    async def aclose(self) -> None:
        await self._session.close()

    def _to_proxy(self) -> dict[str, str]:
        """What the proxy alone is to see: with its tunnel, or where there is none, with the request."""
        authorization = self._proxy.authorization if self._proxy is not None else None
        return {} if authorization is None else {"Proxy-Authorization": authorization}


@lru_cache(maxsize=256)
def _timeout(connect: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=None, sock_connect=connect)


def _data(body: bytes) -> bytes | io.BytesIO | None:
    """A long body in pieces, between which other tasks get their turn."""
    return io.BytesIO(body) if len(body) > _WRITTEN_AT_ONCE else body or None


class _Body(httpx.AsyncByteStream):
    """The body of an answer, and the headers before it."""

    def __init__(self, response: aiohttp.ClientResponse, progress: Progress, host: str) -> None:
        self.headers = response.raw_headers
        self._response = response
        self._progress = progress
        self._host = host

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            chunk = await self._response.content.readany()
        except aiohttp.ClientError as error:
            raise failure(error, self._progress, self._host) from None
        if not chunk:
            raise StopAsyncIteration
        self._progress.bytes_received(len(chunk))
        return chunk

    async def aclose(self) -> None:
        connection = self._response.connection
        if connection is not None and connection.transport is not None:
            connection.transport.abort()
        self._response.close()  # a connection whose answer was read to its end is back in the pool already


class _Resolver(AbstractResolver):
    """Gives aiohttp the addresses that the guard lets pass."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        addresses = await self._guard.resolve(host, port, family)
        at_work = _at_work.get()
        if at_work is not None and (progress := at_work()) is not None:
            progress.name_resolved()
        return [
            ResolveResult(
                hostname=host,
                host=found.host,
                port=port,
                family=found.family,
                proto=found.proto,
                flags=socket.AI_NUMERICHOST,
            )
            for found in addresses
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
        assert isinstance(req, _Request)  # the session's request_class
        while True:
            connection = await super().connect(req, traces, timeout)
            protocol = connection.protocol
            assert protocol is not None  # of a connection that is not released
            if protocol not in self._used:
                self._used.add(protocol)
                assert isinstance(protocol, AnswerProtocol)  # which the connector makes
                req.progress.connection_made(protocol.made_at)
                return connection
            if not protocol.should_close:
                return connection
            connection.close()


class _Request(aiohttp.ClientRequest):
    """A request whose connection can be given up at once; closing one waits until all of a body is sent.

    It reports to the progress of its attempt: aiohttp's traces would cost each request what they tell besides.
    """

    progress: Progress
    _connection: asyncio.Transport | None = None

    async def send(self, conn: Connection) -> aiohttp.ClientResponse:
        self._connection = conn.transport
        self.progress.sending()
        return await super().send(conn)

    def abort(self) -> None:
        if self._connection is not None:
            self._connection.abort()


async def _send_once(
    progress: Progress, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    assert isinstance(request, _Request)
    request.progress = progress
    try:
        return await handler(request)
    except aiohttp.ClientError as error:
        raise Failed(error) from None
    except asyncio.CancelledError:
        request.abort()
        raise


_at_work: ContextVar["ref[Progress] | None"] = ContextVar("httptask_http_at_work", default=None)
"""The attempt that is being made here; not held, for timers of the client library keep the context they began in."""


class _NotOurs(logging.Filter):
    """Drops what libraries log about our requests, which may hold credentials, and nobody else's."""

    def filter(self, record: logging.LogRecord) -> bool:
        return _at_work.get() is None


_NOT_OURS = _NotOurs()


def _keep_quiet() -> None:
    for name in ("httpx", "aiohttp.client", "aiohttp.internal"):
        logging.getLogger(name).addFilter(_NOT_OURS)
