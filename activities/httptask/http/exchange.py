"""One attempt: a request out, a whole answer in, within deadlines and sizes."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from tenacity import (
    AsyncRetrying,
    retry_if_exception,
    stop_after_attempt,
    stop_before_delay,
    wait_exponential,
    wait_random,
)

from httptask.http.deadlines import Progress, deadlines
from httptask.http.decoding import BoundedDecoder
from httptask.http.errors import (
    ConnectFailed,
    ResponseInterrupted,
    ResponseInvalid,
    ResponseTooLarge,
)
from httptask.http.headers import fold
from httptask.http.limits import Bounds
from httptask.http.models import StatusPattern, Timing, matches
from httptask.http.url import Url
from httptask.http.wire import WireRequest

__all__ = ["Answer", "Transport", "WireResponse", "exchange"]

_MAX_ERROR_BODY = 64 * 1024
_TRIES = 3
_TRIES_WITHIN = 2.0


@dataclass(frozen=True)
class WireResponse:
    """The head of an answer, and its body as it arrives: neither decoded nor bounded."""

    status: int
    headers: Sequence[tuple[bytes, bytes]]
    chunks: AsyncIterator[bytes]
    url: Url | None = None
    """Where it came from, if redirects led there."""


class Transport(Protocol):
    """Sends a request once; whoever uses it bounds the time."""

    simulated: bool
    """Whether its answers come from somewhere else than a server."""

    def open(self, request: WireRequest, progress: Progress) -> AbstractAsyncContextManager[WireResponse]:
        """Sends, and reports to `progress`. Leaving the context ends the exchange.

        Raises:
            ConnectFailed: no byte of the request was sent.
            HttpTaskError: any other failure.
        """
        ...

    async def aclose(self) -> None:
        """Closes all connections."""
        ...


@dataclass(frozen=True)
class Answer:
    """A complete answer."""

    status: int
    headers: dict[str, str]
    """All of them, names in lower case."""
    body: bytes
    """Decompressed; the beginning of it when the status is not a success and it is long."""
    success: bool
    timing: Timing
    received: int
    """Bytes that came over the wire."""
    url: Url | None = None
    """Where it came from, if redirects led there."""

    @property
    def has_known_end(self) -> bool:
        """Whether the headers tell where the body ends, so that a cut could not go unseen (RFC 9112, 6.3)."""
        return "content-length" in self.headers or "transfer-encoding" in self.headers


async def exchange(
    transport: Transport, request: WireRequest, bounds: Bounds, success: Sequence[StatusPattern]
) -> Answer:
    """Sends a request and reads the answer.

    Only while no byte of the request was sent it is tried again here, at most 3 times within 2 seconds.
    After that nothing is ever resent: the server may have acted on the request.

    Raises:
        HttpTaskError: no complete answer came.
    """
    tries = AsyncRetrying(
        stop=stop_after_attempt(1 if transport.simulated else _TRIES) | stop_before_delay(_TRIES_WITHIN),
        wait=wait_exponential(multiplier=0.1, max=0.5) + wait_random(0, 0.05),
        retry=retry_if_exception(_nothing_was_sent),
        reraise=True,
    )
    async with deadlines(bounds, request.url.netloc) as progress:
        return await tries(_once, transport, request, bounds, success, progress)


def _nothing_was_sent(error: BaseException) -> bool:
    """Whether it failed on the way to the server, or to the first one where redirects led on."""
    return isinstance(error, ConnectFailed) and error.retryable and not error.details.get("sent")


async def _once(
    transport: Transport,
    request: WireRequest,
    bounds: Bounds,
    success: Sequence[StatusPattern],
    progress: Progress,
) -> Answer:
    progress.restart()
    async with transport.open(request, progress) as response:
        headers = fold(response.headers)
        succeeded = matches(response.status, success)
        body = b""
        if request.method != "HEAD":
            coding = headers.get("content-encoding", "")
            if succeeded:
                body = await _whole_body(response.chunks, coding, bounds.response_bytes)
            else:
                body = await _beginning_of_body(response.chunks, coding)
        timing = Timing(
            connected=progress.connected, first_byte=progress.first_byte or 0.0, total=progress.elapsed()
        )
        return Answer(response.status, headers, body, succeeded, timing, progress.received, response.url)


async def _whole_body(chunks: AsyncIterator[bytes], coding: str, limit: int) -> bytes:
    decoder = BoundedDecoder(coding, limit)
    async for chunk in chunks:
        decoder.feed(chunk)
    return decoder.finish()


async def _beginning_of_body(chunks: AsyncIterator[bytes], coding: str) -> bytes:
    """What can be read of an error's body. The status matters more, so a fault in the body hides nothing."""
    try:
        decoder = BoundedDecoder(coding, _MAX_ERROR_BODY)
    except ResponseInvalid:
        return b""
    try:
        async for chunk in chunks:
            decoder.feed(chunk)
    except (ResponseTooLarge, ResponseInterrupted, ResponseInvalid):
        pass
    return decoder.body
