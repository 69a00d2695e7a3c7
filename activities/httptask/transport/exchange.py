"""One attempt: a request out, an answer in, within deadlines and sizes."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple, Protocol

from httptask.http.content_coding import BoundedDecoder
from httptask.http.errors import (
    ConnectFailed,
    HttpTaskError,
    ResponseInterrupted,
    ResponseInvalid,
    ResponseTooLarge,
)
from httptask.http.excerpt import tell_head
from httptask.http.headers import Headers, fold
from httptask.http.limits import Bounds
from httptask.http.models import StatusPattern, Timing, matches
from httptask.http.url import Url
from httptask.request.wire import WireRequest
from httptask.secrets.redaction import Redactor
from httptask.transport.deadlines import Progress, deadlines

if TYPE_CHECKING:
    from tenacity import RetryCallState

__all__ = [
    "Answer",
    "Opened",
    "Transport",
    "WireResponse",
    "exchange",
    "has_known_end",
    "opened",
    "read_failure",
]

_MAX_ERROR_BODY = 64 * 1024
_TRIES = 3
_TRIES_WITHIN = 2.0


class WireResponse(NamedTuple):
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


class Answer(NamedTuple):
    """A complete answer."""

    status: int
    headers: dict[str, str]
    """All of them, names in lower case, without the values of secrets."""
    body: bytes
    """Decompressed; the beginning of it when the status is not a success and it is long."""
    success: bool
    timing: Timing
    received: int
    """Bytes that came over the wire."""
    url: Url | None = None
    """Where it came from, if redirects led there."""
    whole: bool = True
    """Whether the body is all of it."""

    @property
    def has_known_end(self) -> bool:
        """Whether the headers tell where the body ends, so that a cut could not go unseen (RFC 9112, 6.3)."""
        return has_known_end(self.headers)


class Opened(NamedTuple):
    """An exchange whose answer has begun.

    Attributes:
        headers: all of them, names in lower case, without the values of secrets.
    """

    response: WireResponse
    headers: dict[str, str]
    progress: Progress

    @property
    def status(self) -> int:
        """Status of the answer."""
        return self.response.status

    @property
    def url(self) -> Url | None:
        """Where it came from, if redirects led there."""
        return self.response.url

    @property
    def coding(self) -> str:
        """Content coding of the body; empty for none."""
        return self.headers.get("content-encoding", "")

    @property
    def timing(self) -> Timing:
        """How long it took up to now."""
        progress = self.progress
        connected = progress.connected
        return Timing(
            connected=None if connected is None else round(connected, 2),
            first_byte=round(progress.first_byte or 0.0, 2),
            total=round(progress.elapsed(), 2),
        )


@asynccontextmanager
async def opened(
    transport: Transport, request: WireRequest, bounds: Bounds, redactor: Redactor
) -> AsyncGenerator[Opened]:
    """Sends a request; the answer can be read, within the deadlines, until the context is left.

    Its headers are without the values of secrets from here on: whatever is told of them may be cut.

    Only while no byte of the request was sent it is tried again here, at most 3 times within 2 seconds.
    After that nothing is resent unless an answer asks for it (a challenge, a refused token, a redirect): the server
    may have acted on the request.

    Raises:
        HttpTaskError: no answer came, or it did not come to its end in time. It tells the head of an answer that came.
    """
    answer: Opened | None = None
    try:
        async with deadlines(bounds, request.url.netloc) as progress, AsyncExitStack() as stack:

            async def send() -> WireResponse:
                return await stack.enter_async_context(transport.open(request, progress))

            try:
                response = await send()
            except ConnectFailed as error:
                if transport.simulated:
                    raise
                response = await _tried_again(send, error, progress)
            answer = Opened(response, redactor.tree(fold(response.headers)), progress)
            yield answer
    except HttpTaskError as error:
        if answer is not None:
            tell_head(error, answer.status, answer.headers)
        raise


async def _tried_again(
    send: Callable[[], Awaitable[WireResponse]], failed: ConnectFailed, progress: Progress
) -> WireResponse:
    """Goes on after a first try that failed. Nearly all succeed, and so do without what tenacity keeps of each."""
    from tenacity import AsyncRetrying, retry_if_exception, wait_exponential, wait_random

    first: ConnectFailed | None = failed

    async def attempt() -> WireResponse:
        nonlocal first
        if first is not None:
            error, first = first, None
            raise error
        progress.restart()
        return await send()

    def is_over(state: "RetryCallState") -> bool:
        late = progress.elapsed() / 1000 + state.upcoming_sleep >= _TRIES_WITHIN
        return late or state.attempt_number >= _TRIES

    tries = AsyncRetrying(
        stop=is_over,
        wait=wait_exponential(multiplier=0.1, max=0.5) + wait_random(0, 0.05),
        retry=retry_if_exception(_nothing_was_sent),
        reraise=True,
    )
    return await tries(attempt)


async def exchange(
    transport: Transport,
    request: WireRequest,
    bounds: Bounds,
    success: Sequence[StatusPattern],
    redactor: Redactor,
    *,
    as_it_is: bool = False,
) -> Answer:
    """Sends a request, as `opened` does, and reads the whole answer.

    Args:
        transport: sends it.
        request: what is sent.
        bounds: deadlines and sizes.
        success: statuses whose body is read whole.
        redactor: takes the values of secrets out of the headers.
        as_it_is: whether a body in a content coding that can't be read is taken as it came.

    Raises:
        HttpTaskError: no complete answer came.
    """
    async with opened(transport, request, bounds, redactor) as answer:
        if not matches(answer.status, success):
            return await read_failure(answer, request)
        body = b""
        if request.method != "HEAD":
            decoder = BoundedDecoder(answer.coding, bounds.response_bytes, as_it_is=as_it_is)
            async for chunk in answer.response.chunks:
                decoder.feed(chunk)
            body = decoder.finish()
        return _answer(answer, body, success=True)


async def read_failure(answer: Opened, request: WireRequest) -> Answer:
    """Reads as much of an answer that is not a success as is needed to tell why."""
    body, whole = b"", True
    if request.method != "HEAD":
        body, whole = await _beginning_of_body(answer.response.chunks, answer.coding)
    return _answer(answer, body, success=False)._replace(whole=whole)


def has_known_end(headers: Headers) -> bool:
    """Whether headers tell where the body behind them ends, so that a cut can't go unseen (RFC 9112, 6.3)."""
    coding = headers.get("transfer-encoding")
    if coding is None:
        return "content-length" in headers
    return coding.rpartition(",")[2].strip().lower() == "chunked"


def _answer(answer: Opened, body: bytes, *, success: bool) -> Answer:
    return Answer(
        answer.status, answer.headers, body, success, answer.timing, answer.progress.received, answer.url
    )


def _nothing_was_sent(error: BaseException) -> bool:
    """Whether it failed on the way to the server, or to the first one where redirects led on."""
    return isinstance(error, ConnectFailed) and error.retryable and not error.details.get("sent")


async def _beginning_of_body(chunks: AsyncIterator[bytes], coding: str) -> tuple[bytes, bool]:
    """What can be read of an error's body, and whether that is all of it.

    The status matters more, so a fault in the body hides nothing.
    """
    try:
        decoder = BoundedDecoder(coding, _MAX_ERROR_BODY)
    except ResponseInvalid:
        return b"", False
    try:
        async for chunk in chunks:
            decoder.feed(chunk)
        return decoder.finish(), True
    except (ResponseTooLarge, ResponseInterrupted, ResponseInvalid):
        return decoder.body, False
