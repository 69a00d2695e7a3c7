"""The edge of the network: sends one request and gives its answer or a typed error."""

from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from httptask.client.authenticator import Authenticator
from httptask.client.credential_transports import DigestTransport, TokenTransport
from httptask.connections.connection import Connection, find_connection
from httptask.http.errors import (
    ConnectFailed,
    HttpStatusError,
    HttpTaskError,
    SecretUnavailable,
    Unauthorized,
)
from httptask.http.excerpt import bound, tell_head
from httptask.http.headers import Headers, allowed
from httptask.http.limits import HTTP_DEFAULTS, STREAM_DEFAULTS, Bounds, bounds
from httptask.http.models import Hop, HttpRequest, HttpResponse, Limits, SentRequest, matches
from httptask.request.draft import draft
from httptask.request.preview import PreparedRequest, prepare
from httptask.request.wire import Outgoing, WireRequest, wire_request
from httptask.response.content import Content, content_of
from httptask.response.event_stream import Assembler, Count, EventStream
from httptask.response.outcome import name_server, status_error
from httptask.secrets.redaction import Redactor
from httptask.secrets.store import SecretStore
from httptask.transport.exchange import Answer, Opened, Transport, exchange, opened, read_failure
from httptask.transport.gate import TransportPool
from httptask.transport.observation import CallObservation, Observer, observed
from httptask.transport.redirects import RedirectTransport
from httptask.transport.tracing import TracedTransport

if TYPE_CHECKING:
    from httptask.fixtures.recording import Recorder
    from httptask.fixtures.transport import Fixtures

__all__ = ["Edge"]


class _Call(NamedTuple):
    """One request on its way."""

    request: HttpRequest
    connection: Connection | None
    prepared: PreparedRequest
    wire: WireRequest
    redactor: Redactor
    transport: Transport
    bounds: Bounds
    attempt: int
    observation: CallObservation
    trace: TracedTransport | None

    @property
    def hops(self) -> tuple[Hop, ...]:
        return () if self.trace is None else self.trace.hops

    def kept(self, headers: Headers) -> dict[str, str]:
        """What is kept of the headers of the answer."""
        of_connection = () if self.connection is None else self.connection.keep_headers
        return allowed(headers, (*self.request.keep_headers, *of_connection))


class Edge:
    """Sends requests over connections that it opens when they are first used. Belongs to one event loop.

    Args:
        connections: the known connections by name.
        secrets: resolves what requests and connections refer to.
        fixtures: answers instead of servers, if given: no socket is opened.
        recorder: writes each answer as a fixture, if given.
        allow_private: private networks that requests without a connection may reach.
        allowed_hosts: hosts that requests without a connection may go to, `*.example.com` for all below a
            domain; empty for any.
        observers: are told of each call when it has ended.
    """

    def __init__(
        self,
        connections: Mapping[str, Connection],
        secrets: SecretStore,
        *,
        fixtures: "Fixtures | None" = None,
        recorder: "Recorder | None" = None,
        allow_private: Sequence[str] = (),
        allowed_hosts: Sequence[str] = (),
        observers: Sequence[Observer] = (),
    ) -> None:
        self._connections = connections
        self._secrets = secrets
        self._recorder = recorder
        self._observers = tuple(observers)
        self._authenticator = Authenticator(self._observers)
        self._pool = TransportPool(
            secrets, allow_private=allow_private, allowed_hosts=allowed_hosts, instead=fixtures
        )

    async def send(
        self, request: HttpRequest, *, attempt: int = 1, defaults: Limits = HTTP_DEFAULTS
    ) -> HttpResponse:
        """Sends a request once and returns the answer.

        Args:
            request: what to send.
            attempt: which attempt at it this is, for the result and the log.
            defaults: limits where neither the request nor its connection sets one.

        Raises:
            HttpTaskError: the request can't be sent, or has no successful answer.
        """
        async with self._call(request, attempt, defaults) as call:
            answer = await exchange(
                call.transport, call.wire, call.bounds, request.success, call.redactor, as_it_is=request.raw
            )
            if not answer.success:
                raise self._status_error(call, answer)
            try:
                content = content_of(answer, call.redactor, raw=request.raw, charset=request.charset)
            except HttpTaskError as error:
                tell_head(error, answer.status, answer.headers)
                raise
            headers = call.kept(answer.headers)
            if self._recorder is not None:
                self._recorder.answer(call.prepared, answer.status, headers, content)
            call.observation.status, call.observation.received = answer.status, answer.received
            return _response(call, answer, headers, content, len(answer.body))

    @asynccontextmanager
    async def stream(
        self,
        request: HttpRequest,
        *,
        attempt: int = 1,
        defaults: Limits = STREAM_DEFAULTS,
        count: Count | None = None,
        assembler: Assembler | None = None,
    ) -> AsyncGenerator[EventStream]:
        """Sends a request once and gives the events of its answer as they come, until the context is left.

        Whoever reads decides whether what came is complete, and raises an `HttpTaskError` if not.

        Args:
            request: what to send; of its `stream` only the format counts.
            attempt: which attempt at it this is, for the result and the log.
            defaults: limits where neither the request nor its connection sets one.
            count: is kept up to date.
            assembler: who makes a single value of the events, if the reader is one.

        Raises:
            HttpTaskError: the request can't be sent, its answer is no success or no stream, or broke off.
        """
        progress = count or Count()
        async with self._call(request, attempt, defaults) as call:
            with _explained(progress, assembler):
                async with opened(call.transport, call.wire, call.bounds, call.redactor) as answer:
                    if not matches(answer.status, request.success):
                        raise self._status_error(call, await read_failure(answer, call.wire))
                    call.observation.status = answer.status
                    try:
                        stream = self._event_stream(call, answer, progress, assembler)
                        with self._recording(call, answer, stream):
                            yield stream
                    finally:
                        call.observation.received = answer.progress.received

    def prepare(self, request: HttpRequest) -> PreparedRequest:
        """Shows what would be sent, secrets as names. Sends nothing and resolves no secret.

        Raises:
            RequestInvalid: it can't be sent as written.
            ConnectionUnknown: no connection of that name on this worker.
        """
        return prepare(draft(request, self._connection(request.connection)))

    async def check(self, request: HttpRequest) -> None:
        """Holds a request to its secrets and to where its server's name leads, unless fixtures answer. Sends nothing.

        Raises:
            RequestInvalid, ConnectionUnknown: it can't be sent as written.
            SecretUnavailable: a secret has no usable value, or may not be sent there.
            AddressForbidden: it may not go there.
            ConnectFailed: the name of its server, or of the proxy before it, has no address.
        """
        connection = self._connection(request.connection)
        complete, way = draft(request, connection), self._pool.transport(connection)
        try:
            await way.look_up(wire_request(complete, self._secrets).wire)
        except SecretUnavailable:
            with suppress(ConnectFailed):
                await way.look_up(wire_request(complete, self._secrets.with_made_up_values()).wire)
            raise

    def is_simulated(self, request: HttpRequest) -> bool:
        """Whether fixtures answer it. Raises ConnectionUnknown, as sending does."""
        return self._pool.transport(self._connection(request.connection)).simulated

    def redactor(self, request: HttpRequest) -> Redactor:
        """What takes the secrets of a request out of whatever is told of it.

        Raises:
            RequestInvalid: it can't be sent as written.
            ConnectionUnknown: no connection of that name on this worker.
            SecretUnavailable: a secret has no usable value.
        """
        complete = draft(request, self._connection(request.connection))
        return wire_request(complete, self._secrets).redactor

    def connection(self, name: str) -> Connection:
        """The connection of that name.

        Raises:
            ConnectionUnknown: there is none.
        """
        return find_connection(self._connections, name)

    async def aclose(self) -> None:
        """Closes all connections."""
        await self._authenticator.aclose()
        await self._pool.aclose()

    @asynccontextmanager
    async def _call(self, request: HttpRequest, attempt: int, defaults: Limits) -> AsyncGenerator[_Call]:
        """One request on its way: all that is known before it is sent, and what is told of it afterwards."""
        connection = self._connection(request.connection)
        outgoing = wire_request(draft(request, connection), self._secrets)
        redactor = outgoing.redactor
        way = self._pool.transport(connection)
        trace = TracedTransport(way, redactor) if request.traced else None
        carrier: Transport = trace or way
        if outgoing.later is not None:
            carrier = self._authenticator.transport(outgoing, request.connection, carrier)
        transport = carrier
        if connection is not None and connection.redirects and not way.simulated:
            transport = RedirectTransport(carrier, connection, request.success, redactor)
        call = _Call(
            request=request,
            connection=connection,
            prepared=outgoing.shown,
            wire=outgoing.wire,
            redactor=redactor,
            transport=transport,
            bounds=bounds(request.limits, connection.limits if connection else Limits(), defaults),
            attempt=attempt,
            observation=_observation(request, connection, outgoing, attempt),
            trace=trace,
        )
        async with way.in_turn():
            with self._pool.watched(outgoing, connection), observed(call.observation, self._observers):
                try:
                    if outgoing.later is not None:  # no token is asked for in vain
                        way.check(outgoing.wire)
                    yield call
                except HttpTaskError as error:
                    name_server(error, call.wire.url.netloc)
                    if call.hops:
                        error.details["hops"] = [hop.model_dump(exclude_none=True) for hop in call.hops]
                    _explain_refusal(error, carrier, attempt)
                    _clean(error, redactor)
                    if self._recorder is not None:
                        self._recorder.failure(outgoing.shown, error)
                    raise

    def _status_error(self, call: _Call, answer: Answer) -> HttpStatusError:
        content = content_of(answer, call.redactor)
        headers = call.kept(answer.headers)
        if self._recorder is not None:
            self._recorder.answer(call.prepared, answer.status, headers, content)
        return status_error(answer, content, headers, (answer.url or call.wire.url).netloc, call.connection)

    @contextmanager
    def _recording(self, call: _Call, answer: Opened, stream: EventStream) -> Generator[None]:
        """Records what came of a stream, unless the network failed: that is recorded in its place."""
        try:
            yield
        except HttpTaskError as error:
            if self._recorder is not None and not self._recorder.is_failure(error):
                self._record_stream(call, answer, stream)
            raise
        self._record_stream(call, answer, stream)

    def _record_stream(self, call: _Call, answer: Opened, stream: EventStream) -> None:
        if self._recorder is not None and stream.text is not None:
            headers, body = call.kept(answer.headers), bytes(stream.text)
            self._recorder.stream(call.prepared, answer.status, headers, body, stream.format, call.redactor)

    def _event_stream(
        self, call: _Call, answer: Opened, count: Count, assembler: Assembler | None
    ) -> EventStream:
        own = call.connection.limits if call.connection else Limits()

        def respond(stream: EventStream, content: Any) -> HttpResponse:
            headers = call.kept(answer.headers)
            return _response(call, answer, headers, Content(content, "json"), stream.count.bytes)

        stream = EventStream(
            answer,
            call.request.stream.format if call.request.stream else None,
            call.bounds,
            call.redactor,
            count,
            kept_bytes=bounds(call.request.limits, own, HTTP_DEFAULTS).response_bytes,
            respond=respond,
            assembler=assembler,
        )
        if self._recorder is not None:
            stream.text = bytearray()
        return stream

    def _connection(self, name: str | None) -> Connection | None:
        return None if name is None else self.connection(name)


def _response(
    call: _Call, answer: Answer | Opened, headers: dict[str, str], content: Content, size: int
) -> HttpResponse:
    url = answer.url
    place = None if url is None else call.redactor.text(url.netloc + url.target.partition("?")[0])
    return HttpResponse(
        status=answer.status,
        headers=headers,
        content=content.value,
        content_kind=content.kind,
        size=size,
        request=SentRequest(
            method=call.prepared.method, uri=call.prepared.uri, headers=call.prepared.headers
        ),
        timing=answer.timing,
        attempt=call.attempt,
        redactions=call.redactor.count,
        simulated=call.transport.simulated,
        redirected_to=place,
        hops=call.hops,
    )


@contextmanager
def _explained(count: Count, assembler: Assembler | None) -> Generator[None]:
    """Tells in an error how much of a stream had come, and what had been made of it."""
    try:
        yield
    except HttpTaskError as error:
        if count.bytes:
            count.explain(error)
            if assembler is not None:
                assembler.explain(error)
        raise


def _explain_refusal(error: HttpTaskError, transport: Transport, attempt: int) -> None:
    """Tells what is known of a credential that was refused.

    A call whose token was out of date has one more attempt: it is not sent again within this one.
    """
    if not isinstance(error, Unauthorized):
        return
    if isinstance(transport, TokenTransport) and transport.outdated:
        error.retryable = attempt == 1
        error.message += "; its token was good before and is dropped"
    elif isinstance(transport, DigestTransport) and transport.baffled:
        error.message += "; it offers no digest that can be answered: one of MD5, SHA-1 or SHA-2"


def _clean(error: HttpTaskError, redactor: Redactor) -> None:
    """Takes secrets out of an error, and the exceptions behind it, whose texts may hold them."""
    error.message = redactor.text(error.message)
    error.cure = None if error.cure is None else redactor.text(error.cure)
    error.args = (error.message,)
    if "partial_text" in error.details:
        error.details["partial_text"] = redactor.beginning(error.details["partial_text"])
    error.details = redactor.tree(error.details)
    bound(error)
    error.__cause__ = error.__context__ = None


def _observation(
    request: HttpRequest, connection: Connection | None, outgoing: Outgoing, attempt: int
) -> CallObservation:
    return CallObservation(
        method=outgoing.shown.method,
        host=outgoing.redactor.text(outgoing.wire.url.netloc),
        path=_path(request, outgoing.shown, connection),
        connection=request.connection,
        attempt=attempt,
    )


def _path(request: HttpRequest, prepared: PreparedRequest, connection: Connection | None) -> str:
    """The whole path as the definition has it, behind that of the base URL; a URL of a next page has both itself."""
    asked, template = urlsplit(prepared.uri).path or "/", request.path_template
    if template is None:
        return asked
    base = urlsplit(((connection and connection.base_url) or "").replace("$secrets.", "$")).path.rstrip("/")
    complete = request.url.lower().startswith(("http://", "https://"))
    if complete and (template.startswith(f"{base}/") or not asked.startswith(f"{base}/")):
        return template
    return base + template
