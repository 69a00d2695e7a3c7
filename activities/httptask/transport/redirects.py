"""Redirects (RFC 9110, section 15.4), followed here and nowhere else: each hop is a request that is judged anew."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

from httptask.connections.connection import Connection
from httptask.diagnostics.cutting import shortened
from httptask.http.errors import AddressForbidden, ConnectFailed, HttpStatusError, RequestInvalid
from httptask.http.models import StatusPattern, matches
from httptask.http.url import Url, encode_text
from httptask.request.wire import WireRequest
from httptask.resilience.classify import REDIRECTS
from httptask.secrets.redaction import Redactor
from httptask.transport.deadlines import Progress
from httptask.transport.exchange import Transport, WireResponse

__all__ = ["RedirectTransport"]

_POST_BECOMES_GET = frozenset({301, 302})
_OF_THE_BODY = ("content-", "idempotency-key")
_IS_BOUND = "and the request carries what belongs to its own server alone: a credential or a header"
_WITHOUT_IT = "to go on without it, set redirects_elsewhere = true for its connection"
_NEUTRAL = frozenset({"accept", "accept-encoding", "accept-language", "user-agent"})


class RedirectTransport:
    """Goes where answers point to, within the rules.

    A request that carries what belongs to its server stays there, unless its connection lets it leave without:
    secrets, credentials, headers of the connection. None leaves with headers of its own, or with a body.

    Args:
        inner: sends each hop, through the gate.
        connection: says how many are followed, and whether another server is asked without the credential.
        success: statuses that are a result, which no redirect is that is followed.
        redactor: knows what no other server may be told, and no error may tell.
    """

    def __init__(
        self, inner: Transport, connection: Connection, success: Sequence[StatusPattern], redactor: Redactor
    ) -> None:
        self.simulated = inner.simulated
        self._inner = inner
        self._connection = connection
        self._success = success
        self._redactor = redactor

    @asynccontextmanager
    async def open(self, request: WireRequest, progress: Progress) -> AsyncGenerator[WireResponse]:
        """Sends a request, and those that its answers ask for; see `Transport.open`."""
        seen = {(request.method, request.url)}
        led = ""
        while True:
            try:
                async with self._inner.open(request, progress) as response:
                    if response.status not in REDIRECTS or matches(response.status, self._success):
                        yield response._replace(url=request.url if progress.redirects else None)
                        return
                    following = self._following(request, response)
            except ConnectFailed as error:
                error.details["sent"] = progress.redirects > 0
                raise
            except AddressForbidden as error:
                error.message = led + error.message
                raise
            if (following.method, following.url) in seen:
                raise _refused(request, response, "it redirects in a circle")
            if progress.redirects == self._connection.redirects:
                raise _refused(request, response, f"more than {self._connection.redirects} redirects")
            seen.add((following.method, following.url))
            progress.redirected()
            led = f"{response.status} from {request.url.netloc} leads to a server that may not be asked: "
            request = following

    async def aclose(self) -> None:
        """What is inside is closed by its owner."""

    def _following(self, request: WireRequest, response: WireResponse) -> WireRequest:
        target = self._target(request, response)
        follows = _with_method_of(request, response.status)
        if target.origin == request.url.origin:
            return replace(follows, url=target)
        reason = self._reason_to_stay(follows, target)
        if reason is not None:
            holds = self._redactor.holds(
                str(target)
            )  # of a value with a slash the host may be the first part
            where = "another server" if holds else target.netloc
            cure = _WITHOUT_IT if reason == _IS_BOUND else None
            raise _refused(request, response, f"it redirects to {where}, {reason}", cure)
        headers = [(name, value) for name, value in follows.headers if name.lower() in _NEUTRAL]
        return WireRequest(follows.method, target, headers, b"", bound=False)

    def _reason_to_stay(self, request: WireRequest, target: Url) -> str | None:
        connection = self._connection
        if target.scheme != "https" and request.url.scheme == "https":
            return "which has no TLS"
        if request.bound and not connection.redirects_elsewhere:
            return _IS_BOUND
        if request.body:
            return "and a body goes to its own server alone"
        if connection.tls is not None and connection.tls.certificate is not None:
            return "and a client certificate is shown to its own server alone"
        if connection.proxy is not None:
            return "whose address can't be checked behind a proxy"
        if self._redactor.holds(str(target)):
            return "with a secret in its address, which belongs to its own server alone"
        return None

    def _target(self, request: WireRequest, response: WireResponse) -> Url:
        """Where an answer points to."""
        found = list({value: None for name, value in response.headers if name.lower() == b"location"})
        if len(found) != 1:
            raise _refused(request, response, f"it redirects with {len(found) or 'no'} Location headers")
        try:
            text = found[0].decode("utf-8")
        except UnicodeDecodeError:
            text = found[0].decode("latin-1")
        try:
            absolute = urljoin(str(request.url), encode_text(text))
            scheme = urlsplit(absolute).scheme
            if scheme not in ("http", "https"):
                kind = "no web page" if self._redactor.holds(text) else f"a {shortened(scheme, 20)}: URL"
                raise _refused(request, response, f"it redirects to {kind}")
            return Url.parse(absolute)
        except (ValueError, RequestInvalid):
            raise _refused(request, response, "its Location can't be read as a URL") from None


def _with_method_of(request: WireRequest, status: int) -> WireRequest:
    """The request with the method that a redirect asks for; one that becomes a GET loses its body."""
    becomes_get = status == HTTPStatus.SEE_OTHER or (status in _POST_BECOMES_GET and request.method == "POST")
    if not becomes_get or request.method in ("GET", "HEAD"):
        return request
    headers = [(name, value) for name, value in request.headers if not name.lower().startswith(_OF_THE_BODY)]
    return replace(request, method="GET", headers=headers, body=b"")


def _refused(
    request: WireRequest, response: WireResponse, reason: str, cure: str | None = None
) -> HttpStatusError:
    host = request.url.netloc
    return HttpStatusError(
        f"{response.status} from {host}: {reason}",
        cure=cure,
        details={
            "status": response.status,
            "reason": HTTPStatus(response.status).phrase,
            "host": host,
            "redirect_refused": True,
        },
        retryable=False,
    )
