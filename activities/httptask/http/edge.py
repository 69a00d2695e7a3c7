"""The edge of the network: sends one request and gives its answer or a typed error."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import structlog

from httptask.http.address import parse_networks
from httptask.http.connections import Connection
from httptask.http.errors import ConnectionUnknown, HttpTaskError
from httptask.http.exchange import Answer, Transport, exchange
from httptask.http.fixtures import Fixtures
from httptask.http.limits import HTTP_DEFAULTS, Bounds, bounds
from httptask.http.models import HttpRequest, HttpResponse, Limits, SentRequest
from httptask.http.outcome import content_of, safe_headers, status_error
from httptask.http.prepare import PreparedRequest, prepare
from httptask.http.recording import Recorder
from httptask.http.redaction import Redactor
from httptask.http.secrets import SecretStore
from httptask.http.transport import NetworkTransport
from httptask.http.wire import WireRequest, wire_request

__all__ = ["Edge"]

_log = structlog.get_logger("httptask.http")


@dataclass(frozen=True)
class _Call:
    """One request on its way."""

    request: HttpRequest
    prepared: PreparedRequest
    wire: WireRequest
    redactor: Redactor
    transport: Transport
    bounds: Bounds
    attempt: int


class Edge:
    """Sends requests over connections that it opens when they are first used. Belongs to one event loop.

    Args:
        connections: the known connections by name.
        secrets: resolves what requests and connections refer to.
        fixtures: answers instead of servers, if given: no socket is opened.
        recorder: writes each answer as a fixture, if given.
        allow_private: private networks that requests without a connection may reach.
    """

    def __init__(
        self,
        connections: Mapping[str, Connection],
        secrets: SecretStore,
        *,
        fixtures: Fixtures | None = None,
        recorder: Recorder | None = None,
        allow_private: Sequence[str] = (),
    ) -> None:
        self._connections = connections
        self._secrets = secrets
        self._fixtures = fixtures
        self._recorder = recorder
        self._allow_private = parse_networks(allow_private)
        self._transports: dict[str | None, Transport] = {}

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
        connection = self._connection(request.connection)
        prepared = prepare(request, connection)
        wire, redactor = wire_request(request, connection, self._secrets)
        transport = (
            self._fixtures.transport(prepared) if self._fixtures is not None else self._transport(connection)
        )
        limits = bounds(request.limits, connection.limits if connection else Limits(), defaults)
        call = _Call(request, prepared, wire, redactor, transport, limits, attempt)
        log = _log.bind(**_log_fields(call))
        started = time.perf_counter()
        try:
            answer, response = await self._exchange(call)
        except HttpTaskError as error:
            _clean(error, redactor)
            if self._recorder is not None:
                self._recorder.failure(prepared, error)
            log.warning(
                "http.request.failed", error=error.type, milliseconds=_since(started), **_status(error)
            )
            raise
        except asyncio.CancelledError:
            log.info("http.request.failed", error="Cancelled", milliseconds=_since(started))
            raise
        log.info(
            "http.request.finished", status=answer.status, bytes=answer.received, milliseconds=_since(started)
        )
        return response

    def prepare(self, request: HttpRequest) -> PreparedRequest:
        """Shows what would be sent, secrets as names. Sends nothing and resolves no secret.

        Raises:
            RequestInvalid: it can't be sent as written.
            ConnectionUnknown: no connection of that name on this worker.
        """
        return prepare(request, self._connection(request.connection))

    async def aclose(self) -> None:
        """Closes all connections."""
        transports, self._transports = self._transports, {}
        for transport in transports.values():
            await transport.aclose()

    async def _exchange(self, call: _Call) -> tuple[Answer, HttpResponse]:
        answer = await exchange(call.transport, call.wire, call.bounds, call.request.success)
        content = content_of(answer, call.redactor, raw=call.request.raw)
        headers = safe_headers(answer, call.redactor)
        if self._recorder is not None:
            self._recorder.answer(call.prepared, answer.status, headers, content)
        if not answer.success:
            raise status_error(answer, content, headers, call.prepared.method, call.wire.url.netloc)
        return answer, HttpResponse(
            status=answer.status,
            headers=headers,
            content=content.value,
            content_kind=content.kind,
            size=len(answer.body),
            request=SentRequest(
                method=call.prepared.method, uri=call.prepared.uri, headers=call.prepared.headers
            ),
            timing=answer.timing,
            attempt=call.attempt,
            redactions=call.redactor.count,
            simulated=call.transport.simulated,
        )

    def _connection(self, name: str | None) -> Connection | None:
        if name is None:
            return None
        if name not in self._connections:
            known = ", ".join(sorted(self._connections)) or "none"
            raise ConnectionUnknown(
                f"there is no connection {name} on this worker (known: {known}): add [connections.{name}] "
                "to httptask.toml"
            )
        return self._connections[name]

    def _transport(self, connection: Connection | None) -> Transport:
        name = connection.name if connection else None
        if name not in self._transports:
            allowed = parse_networks(connection.allow_private) if connection else self._allow_private
            self._transports[name] = NetworkTransport(allowed)
        return self._transports[name]


def _clean(error: HttpTaskError, redactor: Redactor) -> None:
    """Takes secrets out of an error, and the exceptions behind it, whose texts may hold them."""
    error.message = redactor.text(error.message)
    error.args = (error.message,)
    error.details = redactor.tree(error.details)
    error.__cause__ = error.__context__ = None


def _log_fields(call: _Call) -> dict[str, str | int | None]:
    shown = urlsplit(call.prepared.uri)
    return {
        "method": call.prepared.method,
        "host": call.redactor.text(call.wire.url.netloc),
        "path": shown.path or "/",
        "attempt": call.attempt,
        "connection": call.request.connection,
    }


def _status(error: HttpTaskError) -> dict[str, int]:
    return {"status": error.details["status"]} if "status" in error.details else {}


def _since(started: float) -> int:
    return round((time.perf_counter() - started) * 1000)
