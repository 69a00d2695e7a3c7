"""The network of one edge: a transport for each connection, and when the next call may go."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from functools import partial

from httptask.connections.connection import Connection
from httptask.egress.address import parse_networks
from httptask.http.models import HttpRequest
from httptask.request.wire import Outgoing, WireRequest
from httptask.resilience.circuit_breaker import CircuitBreaker
from httptask.resilience.connection_limits import ConcurrencyLimit, Pace
from httptask.resilience.retry import Retry
from httptask.secrets.redaction import Redactor
from httptask.secrets.store import SecretStore
from httptask.transport.exchange import Transport
from httptask.transport.gate import Gate
from httptask.transport.redirects import RedirectTransport

__all__ = ["TransportPool"]

_MOST_ORIGINS = 1000
"""How many servers are remembered for failing; beyond it the first ones are forgotten."""


class TransportPool:
    """A transport for each connection, opened when it is first used. Belongs to one event loop.

    Args:
        secrets: hold the passwords of proxies and private keys.
        allow_private: private networks that requests without a connection may reach.
        allowed_hosts: hosts that requests without a connection may go to; empty for any.
        instead: carries all requests in place of the network.

    Raises:
        ValueError: a network or host is not written as it has to be.
    """

    def __init__(
        self,
        secrets: SecretStore,
        *,
        allow_private: Sequence[str],
        allowed_hosts: Sequence[str],
        instead: Transport | None = None,
    ) -> None:
        self._secrets = secrets
        self._gate = Gate(secrets, allowed_hosts)
        self._allow_private = parse_networks(allow_private)
        self._instead = instead
        self._transports: dict[str | None, Transport] = {}
        self._concurrency_limits: dict[str, ConcurrencyLimit] = {}
        self._paces: dict[str, Pace] = {}
        self._circuit_breakers: dict[str, CircuitBreaker] = {}

    def check(self, request: WireRequest, connection: Connection | None) -> None:
        """Refuses a request that would not pass the gate; see `Gate.check`."""
        self._gate.check(request, connection)

    def transport(self, connection: Connection | None) -> Transport:
        """What carries the requests of a connection through the gate."""
        name = connection.name if connection else None
        if name not in self._transports:
            self._transports[name] = self._gate.before(self._instead or self._network(connection), connection)
        return self._transports[name]

    def following(
        self,
        transport: Transport,
        request: HttpRequest,
        connection: Connection | None,
        redactor: Redactor,
    ) -> Transport:
        """The transport that also follows redirects, if the connection does."""
        if connection is None or not connection.redirects or transport.simulated:
            return transport
        return RedirectTransport(transport, connection, request.success, redactor)

    @asynccontextmanager
    async def admitted(self, outgoing: Outgoing, connection: Connection | None) -> AsyncGenerator[None]:
        """Surrounds a call with the limits of its connection, and puts it off while its server fails.

        Raises:
            Postponed: it must not be made now.
            HttpTaskError: the server's last failure, when it has failed for longer than calls may be put off.
        """
        if connection is None or connection.concurrency is None:
            concurrency: AbstractAsyncContextManager[None] = nullcontext()
        else:
            concurrency = self._concurrency_limit(connection.name, connection.concurrency).held()
        async with concurrency:
            if self._instead is not None:
                yield
                return
            if connection is not None and connection.requests_per_minute is not None:
                await self._pace(connection.name, connection.requests_per_minute).turn()
            policy = connection.retry if connection else Retry()
            with self._circuit_breaker(outgoing).call(policy.longest_retry_after):
                yield

    async def aclose(self) -> None:
        """Closes all connections."""
        transports, self._transports = self._transports, {}
        for transport in transports.values():
            await transport.aclose()

    def _network(self, connection: Connection | None) -> Transport:
        """Loads the client library, which only those wait for who send something."""
        from httptask.transport.connection_transport import ConnectionTransport, route_of
        from httptask.transport.network import NetworkTransport

        if connection is None:
            return NetworkTransport(self._allow_private)
        return ConnectionTransport(
            parse_networks(connection.allow_private), partial(route_of, connection, self._secrets)
        )

    def _concurrency_limit(self, connection: str, count: int) -> ConcurrencyLimit:
        if connection not in self._concurrency_limits:
            self._concurrency_limits[connection] = ConcurrencyLimit(connection, count)
        return self._concurrency_limits[connection]

    def _pace(self, connection: str, per_minute: float) -> Pace:
        if connection not in self._paces:
            self._paces[connection] = Pace(connection, per_minute)
        return self._paces[connection]

    def _circuit_breaker(self, outgoing: Outgoing) -> CircuitBreaker:
        origin = outgoing.wire.url.origin
        if origin not in self._circuit_breakers:
            if len(self._circuit_breakers) >= _MOST_ORIGINS:
                self._circuit_breakers.pop(next(iter(self._circuit_breakers)))
            self._circuit_breakers[origin] = CircuitBreaker(outgoing.redactor.text(origin))
        return self._circuit_breakers[origin]
