"""Transports that add what only the exchange itself can: the answer to a challenge, or a token.

A credential goes to one origin. A request to another passes without it.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from httptask.client.token_cache import Token
from httptask.request.digest_authentication import DigestUser
from httptask.request.wire import WireRequest
from httptask.transport.deadlines import Progress
from httptask.transport.exchange import Transport, WireResponse

__all__ = ["DigestTransport", "TokenTransport"]

_UNAUTHORIZED = 401
_ANSWERS = 2
"""To challenges: the server refused each request, so that nothing is done twice."""
_SAFE_TO_REPEAT = frozenset({"GET", "HEAD", "OPTIONS"})


class DigestTransport:
    """Answers a challenge, and sends the request again; once more where the nonce was out of date by then.

    It may be, where several servers share an address, and each knows the nonces of its own.

    Args:
        inner: sends.
        user: answers.
        origin: where the answers go.

    Attributes:
        baffled: whether the server refused a request without a challenge that can be answered.
    """

    def __init__(self, inner: Transport, user: DigestUser, origin: str) -> None:
        self.simulated = inner.simulated
        self.baffled = False
        self._inner = inner
        self._user = user
        self._origin = origin

    @asynccontextmanager
    async def open(self, request: WireRequest, progress: Progress) -> AsyncGenerator[WireResponse]:
        """Sends a request; see `Transport.open`."""
        sent = request
        for answers in range(_ANSWERS + 1):
            async with self._inner.open(sent, progress) as response:
                answer = self._answer(request, response, again=answers > 0) if answers < _ANSWERS else None
                if answer is None:
                    yield response
                    return
            progress.restart()
            sent = _with_authorization(request, answer)

    async def aclose(self) -> None:
        """What is inside is closed by its owner."""

    def _answer(self, request: WireRequest, response: WireResponse, *, again: bool) -> str | None:
        if response.status != _UNAUTHORIZED or not _is_own(request, self._origin):
            return None
        challenges = [value for name, value in response.headers if name.lower() == b"www-authenticate"]
        answer = self._user.answer(challenges, request.method, request.url, request.body, again=again)
        self.baffled = answer is None and not again
        return answer


class TokenTransport:
    """Adds a token. One that was good and is refused is dropped; what may be repeated is sent with a new one.

    Args:
        inner: sends.
        obtain: gives a token.
        drop: forgets it.
        origin: where it goes.

    Attributes:
        outdated: whether a server refused a token that had been good, so that another attempt may succeed.
    """

    def __init__(
        self,
        inner: Transport,
        obtain: Callable[[], Awaitable[Token]],
        drop: Callable[[Token], None],
        origin: str,
    ) -> None:
        self.simulated = inner.simulated
        self.outdated = False
        self._inner = inner
        self._obtain = obtain
        self._drop = drop
        self._origin = origin

    @asynccontextmanager
    async def open(self, request: WireRequest, progress: Progress) -> AsyncGenerator[WireResponse]:
        """Sends a request; see `Transport.open`."""
        if not _is_own(request, self._origin):
            async with self._inner.open(request, progress) as response:
                yield response
            return
        if request.method in _SAFE_TO_REPEAT:
            token = await self._token(progress)
            async with self._inner.open(_with_token(request, token), progress) as response:
                if not self._is_outdated(token, response):
                    yield response
                    return
        token = await self._token(progress)
        async with self._inner.open(_with_token(request, token), progress) as response:
            self.outdated = self._is_outdated(token, response)
            yield response

    async def aclose(self) -> None:
        """What is inside is closed by its owner."""

    async def _token(self, progress: Progress) -> Token:
        progress.getting_token()
        token = await self._obtain()
        progress.restart()
        return token

    def _is_outdated(self, token: Token, response: WireResponse) -> bool:
        if response.status != _UNAUTHORIZED:
            token.accepted = True
            return False
        self._drop(token)
        return token.accepted


def _is_own(request: WireRequest, origin: str) -> bool:
    """Whether a request gets the credential: not where another server led it, even back to its origin."""
    return request.bound and request.url.origin == origin


def _with_token(request: WireRequest, token: Token) -> WireRequest:
    return _with_authorization(request, f"Bearer {token.value}")


def _with_authorization(request: WireRequest, value: str) -> WireRequest:
    return replace(request, headers=[*request.headers, ("Authorization", value)])
