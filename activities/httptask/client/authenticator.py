"""Adds to exchanges what their credentials need, and holds the tokens of a worker."""

from collections.abc import Sequence

from httptask.client.credential_transports import DigestTransport, TokenTransport
from httptask.client.oauth2 import fetch_token
from httptask.client.token_cache import Token, Tokens
from httptask.diagnostics.cutting import first_characters, shortened
from httptask.http.errors import FixtureMissing, HttpTaskError
from httptask.http.headers import allowed
from httptask.http.limits import TOKEN_LIMITS, bounds
from httptask.json.types import is_object
from httptask.request.digest_authentication import DigestUser
from httptask.request.token_source import TokenSource
from httptask.request.wire import Outgoing, WireRequest
from httptask.response.content import content_of
from httptask.response.outcome import status_error
from httptask.secrets.redaction import Redactor
from httptask.transport.exchange import Answer, Transport, exchange
from httptask.transport.observation import CallObservation, Observer, observed

__all__ = ["Authenticator"]


class Authenticator:
    """The tokens of one edge. Belongs to one event loop.

    Args:
        observers: are told of each token request.
    """

    def __init__(self, observers: Sequence[Observer] = ()) -> None:
        self._observers = observers
        self._tokens = Tokens()

    def transport(self, outgoing: Outgoing, connection: str | None, inner: Transport) -> Transport:
        """What carries a request and adds the credential that was left for later.

        Args:
            outgoing: the request.
            connection: the name of its connection; no other one gets its tokens.
            inner: carries the request as it is, and the one for a token.
        """
        origin, redactor = outgoing.wire.url.origin, outgoing.redactor
        match outgoing.later:
            case None:
                return inner
            case DigestUser() as user:
                return DigestTransport(inner, user, origin)
            case TokenSource() as source:
                key = source.key(connection, origin)

        async def send(request: WireRequest) -> bytes:
            return await self._send(request, connection, redactor, inner)

        async def fetch(refresh: str | None) -> Token:
            try:
                return await fetch_token(source, refresh, send)
            except FixtureMissing:
                return Token("simulated-token")

        async def obtain() -> Token:
            token = await self._tokens.get(key, fetch)
            redactor.add(dict.fromkeys(filter(None, (token.value, token.refresh)), "token"))
            return token

        return TokenTransport(inner, obtain, lambda token: self._tokens.drop(key, token), origin)

    async def _send(
        self, request: WireRequest, connection: str | None, redactor: Redactor, transport: Transport
    ) -> bytes:
        url = request.url
        observation = CallObservation(
            method=request.method,
            host=redactor.text(url.netloc),
            path=redactor.text(url.target.partition("?")[0]),
            connection=connection,
            attempt=1,
        )
        with observed(observation, self._observers):
            answer = await exchange(transport, request, bounds(TOKEN_LIMITS), ("2xx",), redactor)
            observation.status, observation.received = answer.status, answer.received
            if not answer.success:
                raise _refusal(answer, request, redactor)
        return answer.body

    async def aclose(self) -> None:
        """Ends what is underway."""
        await self._tokens.aclose()


def _refusal(answer: Answer, request: WireRequest, redactor: Redactor) -> HttpTaskError:
    content = content_of(answer, redactor)
    error = status_error(answer, content, allowed(answer.headers), request.url.netloc)
    del error.details["body_excerpt"]  # it may quote a token that nobody knows yet
    code = content.value.get("error") if is_object(content.value) else None
    if isinstance(code, str):
        error.details["oauth_error"] = first_characters(code, 100)
        if code not in error.message:
            error.message += f" ({shortened(code, 100)})"
    return error
