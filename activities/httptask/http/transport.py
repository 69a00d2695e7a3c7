"""The one module that knows which client library is underneath.

What happened is known from events on the socket, never from the class of a library's exception.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpcore
import httpx

from httptask.http.address import Network, refusal
from httptask.http.deadlines import Progress
from httptask.http.errors import (
    AddressForbidden,
    ConnectFailed,
    HttpTaskError,
    RequestInvalid,
    ResponseInterrupted,
    ResponseInvalid,
)
from httptask.http.exchange import WireResponse
from httptask.http.wire import WireRequest

__all__ = ["NetworkTransport"]


_current: ContextVar[Progress | None] = ContextVar("httptask_http_progress", default=None)
"""The attempt that this task is working on; connections outlive attempts, so they look it up."""


class NetworkTransport:
    """The real network: one client with a pool of kept-alive connections.

    It takes nothing from the environment, keeps no cookies, follows no redirect and sends nothing twice.

    Args:
        allowed: private networks it may reach.
    """

    simulated = False

    def __init__(self, allowed: Sequence[Network] = ()) -> None:
        self._client = httpx.AsyncClient(
            transport=_PoolTransport(_GuardedBackend(allowed)),
            trust_env=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        )
        _keep_quiet()

    @asynccontextmanager
    async def open(self, request: WireRequest, progress: Progress) -> AsyncGenerator[WireResponse]:
        """Sends a request; see `Transport.open`."""
        host = request.url.netloc
        token = _current.set(progress)
        try:
            response = await self._send(request, progress)
            try:
                yield WireResponse(
                    response.status_code, response.headers.raw, _chunks(response, progress, host)
                )
            finally:
                await response.aclose()
        finally:
            _current.reset(token)

    async def aclose(self) -> None:
        """Closes all connections."""
        await self._client.aclose()

    async def _send(self, request: WireRequest, progress: Progress) -> httpx.Response:
        try:
            message = self._client.build_request(
                request.method,
                str(request.url),
                headers=list(request.headers),
                content=request.body or None,
                timeout=httpx.Timeout(None, connect=progress.seconds("connect")),
                # The client normalises URLs; the target goes out as it was written.
                extensions={"target": request.url.target.encode("ascii")},
            )
            return await self._client.send(message, stream=True)
        except HttpTaskError:
            raise
        except Exception as error:  # noqa: BLE001 - a library's error may quote a credential: none may pass
            raise _failure(error, progress, request.url.netloc) from None


class _PoolTransport(httpx.AsyncBaseTransport):
    """A pool whose connections are made by the guarded backend."""

    def __init__(self, backend: httpcore.AsyncNetworkBackend) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=_tls(),
            max_connections=1000,
            max_keepalive_connections=100,
            keepalive_expiry=30,
            network_backend=backend,
            socket_options=_keep_alive_options(),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.extensions["target"],
        )
        response = await self._pool.handle_async_request(
            httpcore.Request(
                request.method,
                url,
                headers=request.headers.raw,
                content=request.stream,
                extensions={"timeout": request.extensions["timeout"]},
            )
        )
        return httpx.Response(response.status, headers=response.headers, stream=_Body(response))

    async def aclose(self) -> None:
        await self._pool.aclose()


class _Body(httpx.AsyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._response.aiter_stream():
            yield chunk

    async def aclose(self) -> None:
        await self._response.aclose()


class _GuardedBackend(httpcore.AsyncNetworkBackend):
    """Resolves a name once, judges every address, and connects to exactly what was judged."""

    def __init__(self, allowed: Sequence[Network]) -> None:
        backend: Any = httpcore.AnyIOBackend()  # httpcore declares it twice, for when anyio is missing
        self._backend: httpcore.AsyncNetworkBackend = backend
        self._allowed = allowed

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface's
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await self._resolve(host, port)
        # A host that does not answer on its first address still leaves time for the others.
        share = None if timeout is None else timeout / len(addresses)
        for address in addresses:
            try:
                stream = await self._backend.connect_tcp(address, port, share, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
            if progress := _current.get():
                progress.connection_made()
            return _ObservedStream(stream, host)
        raise ConnectFailed(
            f"no connection to {host}:{port}: nothing answers there", details={"host": host, "port": port}
        )

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109
        socket_options: Any = None,
    ) -> httpcore.AsyncNetworkStream:
        raise AddressForbidden("a request may not be sent to a unix socket")

    async def _resolve(self, host: str, port: int) -> list[str]:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise ConnectFailed(f"the name {host} can't be resolved", details={"host": host}) from None
        addresses = [str(entry[4][0]) for entry in found]
        for address in addresses:
            if reason := refusal(address, self._allowed):
                raise AddressForbidden(
                    f"{host} is at {address}, {reason}: if it is meant, add it to `allow_private` of a "
                    "connection in httptask.toml",
                    details={"host": host, "address": address},
                )
        return list(dict.fromkeys(addresses))


class _ObservedStream(httpcore.AsyncNetworkStream):
    """A connection that reports to the attempt which uses it."""

    def __init__(self, stream: httpcore.AsyncNetworkStream, host: str) -> None:
        self._stream = stream
        self._host = host

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        data = await self._stream.read(max_bytes, timeout)
        if progress := _current.get():
            progress.bytes_received(len(data))
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        if progress := _current.get():
            progress.sending()
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        try:
            secured = await self._stream.start_tls(ssl_context, server_hostname, timeout)
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            raise _tls_failure(error, self._host) from None
        if progress := _current.get():
            progress.connection_made()
        return _ObservedStream(secured, self._host)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


async def _chunks(response: httpx.Response, progress: Progress, host: str) -> AsyncIterator[bytes]:
    try:
        async for chunk in response.aiter_raw():
            yield chunk
    except Exception as error:  # noqa: BLE001 - see NetworkTransport
        raise _failure(error, progress, host) from None


def _failure(error: Exception, progress: Progress, host: str) -> HttpTaskError:
    """Our error for one of the library's, by what had happened on the socket."""
    details = {"host": host, "sent": progress.sent}
    if isinstance(error, httpcore.LocalProtocolError | httpx.InvalidURL):
        return RequestInvalid(f"the request to {host} can't be written as HTTP/1.1", details=details)
    if not progress.sent:
        return ConnectFailed(f"no connection to {host}", details=details)
    if isinstance(error, httpcore.ProtocolError) and not progress.ended:
        return ResponseInvalid(f"the answer of {host} is not HTTP/1.1", details=details)
    where = "in the middle of its answer" if progress.received else "before it answered"
    return ResponseInterrupted(f"{host} closed the connection {where}", details=details)


def _tls_failure(error: Exception, host: str) -> ConnectFailed:
    cause = error.__cause__
    details = {"host": host}
    if isinstance(cause, ssl.SSLCertVerificationError):
        reason = cause.verify_message
        return ConnectFailed(
            f"the certificate of {host} is refused: {reason}", details=details, retryable=False
        )
    return ConnectFailed(f"no TLS connection to {host}: the handshake failed", details=details)


@cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


def _keep_alive_options() -> list[tuple[int, int, int]]:
    """Lets the system probe a silent connection: a model may think longer than a NAT remembers."""
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    if hasattr(socket, "TCP_KEEPIDLE"):
        options += [
            (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30),
            (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 30),
        ]
    return options


class _NotOurs(logging.Filter):
    """Drops what the library logs about our requests, whose URLs may hold credentials, and nobody else's."""

    def filter(self, record: logging.LogRecord) -> bool:
        return _current.get() is None


_NOT_OURS = _NotOurs()


def _keep_quiet() -> None:
    for name in ("httpx", "httpcore.connection", "httpcore.http11"):
        logging.getLogger(name).addFilter(_NOT_OURS)
