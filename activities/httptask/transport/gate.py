"""The one gate through which requests leave the process, whatever they are for: whether, when, and which way.

A call, a redirect of it, a token, the document that tells where tokens are given: each of them is a `WireRequest`,
and each passes here before any byte of it is sent and before a name is resolved. The address that the name has is
judged by the `Guard`, where the socket is made.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    nullcontext,
)
from dataclasses import dataclass

from httptask.connections.connection import Connection
from httptask.connections.route import Route
from httptask.egress.address import Network, parse_networks
from httptask.egress.guard import Guard
from httptask.egress.hosts import check_host_patterns, is_allowed
from httptask.http.errors import AddressForbidden
from httptask.http.secret_reference import SecretReference
from httptask.http.url import Url
from httptask.request.wire import Outgoing, WireRequest
from httptask.resilience.circuit_breaker import CircuitBreaker
from httptask.resilience.connection_limits import ConcurrencyLimit, Pace
from httptask.resilience.retry import Retry
from httptask.resilience.shared_state import SharedState
from httptask.secrets.store import SecretStore
from httptask.transport.deadlines import Progress
from httptask.transport.exchange import Transport, WireResponse

__all__ = ["ConnectionTransport", "Gate", "TransportPool"]

_MOST_ORIGINS = 1000
"""How many servers are remembered for failing; beyond it the first ones are forgotten."""
_DIRECT = Route()
_RETRY = Retry()


class Gate:
    """Decides which requests leave.

    Args:
        secrets: know where each secret may be sent.
        allowed_hosts: hosts that requests may go to whose server the configuration does not name itself; empty for
            any, but for none where data chose the server.

    Raises:
        ValueError: a host is not written as it has to be.
    """

    def __init__(self, secrets: SecretStore, allowed_hosts: Sequence[str]) -> None:
        check_host_patterns(allowed_hosts)
        self._secrets = secrets
        self._allowed_hosts = tuple(allowed_hosts)

    def check(self, request: WireRequest, connection: Connection | None) -> None:
        """Refuses a request that may not leave.

        Args:
            request: with the names of the secrets in it.
            connection: whose way it goes, which may lead through a proxy with a password of its own.

        Raises:
            SecretUnavailable: a secret in it may not be sent to that origin.
            AddressForbidden: nobody declared its host.
        """
        for name in sorted(request.secrets):
            self._secrets.check_origin(name, request.url.origin)
        if connection is not None and connection.proxy is not None:
            for name in connection.proxy.secrets:
                self._secrets.check_origin(name, Url.parse(connection.proxy.url).origin)
        if not request.declared and not self._is_allowed(request):
            raise AddressForbidden(
                f"{request.url.host} is not among the allowed_hosts of httptask.toml",
                cure="add it there, or declare a connection",
                details={"host": request.url.host},
            )

    def _is_allowed(self, request: WireRequest) -> bool:
        anywhere = not self._allowed_hosts and not request.found
        return anywhere or is_allowed(request.url.host, self._allowed_hosts)


class ConnectionTransport:
    """Carries the requests of one connection: each passes the gate, then goes the connection's way as it is now.

    A new certificate or proxy password counts from the next call on.

    Args:
        connection: whose requests; None for those without one.
        gate: judges each of them.
        secrets: hold the passwords on its way.
        allowed: private networks it may reach.
        instead: carries them in place of the network.
    """

    def __init__(
        self,
        connection: Connection | None,
        gate: Gate,
        secrets: SecretStore,
        allowed: Sequence[Network],
        instead: Transport | None,
    ) -> None:
        self.simulated = instead is not None and instead.simulated
        self._concurrency: ConcurrencyLimit | None = None
        self._pace: Pace | None = None
        if connection is not None and connection.concurrency is not None:
            shared = SharedState.current
            self._concurrency = ConcurrencyLimit(
                connection.name, connection.concurrency, shared.places(connection.name) if shared else None
            )
        if connection is not None and connection.requests_per_minute is not None:
            self._pace = Pace(connection.name, connection.requests_per_minute)
        self._connection = connection
        self._gate = gate
        self._secrets = secrets
        self._allowed = allowed
        self._instead = None if instead is None else _Way(_DIRECT, instead)
        self._current = self._instead

    def in_turn(self) -> AbstractAsyncContextManager[None]:
        """Surrounds a call with the limits of its connection.

        Raises:
            Postponed: it must not be made now.
        """
        return nullcontext() if self._concurrency is None and self._pace is None else self._within_limits()

    @asynccontextmanager
    async def _within_limits(self) -> AsyncGenerator[None]:
        async with nullcontext() if self._concurrency is None else self._concurrency.held():
            if self._pace is not None and not self.simulated:
                await self._pace.turn()
            yield

    def check(self, request: WireRequest) -> None:
        """Refuses a request that would not pass the gate; see `Gate.check`."""
        self._gate.check(request, self._connection)

    async def look_up(self, request: WireRequest) -> None:
        """Refuses a request that would not pass the gate, or whose server may not be reached where its name leads.

        Raises:
            AddressForbidden: see `Gate.check` and `Guard`.
            ConnectFailed: the name has no address.
            SecretUnavailable: a password on its way has no value.
        """
        self.check(request)
        if self.simulated:
            return
        guard, proxy, target = Guard(self._allowed), self._route().proxy, request.url
        if proxy is not None:
            guard.judge_name(request.url.host)
            target = Url.parse(proxy.url)
        await guard.resolve(target.host, target.port)

    @asynccontextmanager
    async def open(self, request: WireRequest, progress: Progress) -> AsyncGenerator[WireResponse]:
        """Sends a request; see `Transport.open`.

        Raises:
            SecretUnavailable: a password on its way has no value.
        """
        self.check(request)
        way = await self._way()
        way.users += 1
        try:
            async with way.transport.open(request, progress) as response:
                yield response
        finally:
            way.users -= 1
            await self._close_if_left(way)

    async def aclose(self) -> None:
        """Closes all connections."""
        way, self._current = self._current, self._instead
        if way is not None:
            await way.transport.aclose()

    async def _way(self) -> "_Way":
        route, before = self._route(), self._current
        if before is not None and before.route == route:
            return before
        # Loads the client library, for which only those wait who send something.
        from httptask.transport.network import NetworkTransport

        self._current = _Way(route, NetworkTransport(self._allowed, route))
        if before is not None:
            await self._close_if_left(before)
        return self._current

    def _route(self) -> Route:
        connection = self._connection
        if self.simulated or connection is None or (connection.proxy is None and connection.tls is None):
            return _DIRECT
        return Route(
            proxy=None if connection.proxy is None else connection.proxy.address(self._value),
            tls=None if connection.tls is None else connection.tls.files(self._value),
        )

    def _value(self, reference: SecretReference) -> str:
        return self._secrets.resolve(reference.name, reference.field)

    async def _close_if_left(self, way: "_Way") -> None:
        if way is not self._current and not way.users:
            await way.transport.aclose()


@dataclass(eq=False)
class _Way:
    """The way of a connection at one moment."""

    route: Route
    transport: Transport
    users: int = 0


class TransportPool:
    """A transport for each connection, made when it is first used. Belongs to one event loop.

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
        self._transports: dict[str | None, ConnectionTransport] = {}
        self._circuit_breakers: dict[str, CircuitBreaker] = {}

    def transport(self, connection: Connection | None) -> ConnectionTransport:
        """What carries the requests of a connection, or those without one."""
        name = None if connection is None else connection.name
        if name not in self._transports:
            allowed = self._allow_private if connection is None else parse_networks(connection.allow_private)
            self._transports[name] = ConnectionTransport(
                connection, self._gate, self._secrets, allowed, self._instead
            )
        return self._transports[name]

    def watched(self, outgoing: Outgoing, connection: Connection | None) -> AbstractContextManager[None]:
        """Surrounds a call, and puts it off while its server fails.

        Raises:
            Postponed: it must not be made now.
            HttpTaskError: the server's last failure, when it has failed for longer than calls may be put off.
        """
        if self.transport(connection).simulated:
            return nullcontext()
        policy = connection.retry if connection else _RETRY
        return self._circuit_breaker(outgoing).call(policy.longest_retry_after)

    async def aclose(self) -> None:
        """Closes all connections."""
        transports, self._transports = self._transports, {}
        for transport in transports.values():
            await transport.aclose()

    def _circuit_breaker(self, outgoing: Outgoing) -> CircuitBreaker:
        origin = outgoing.wire.url.origin
        if origin not in self._circuit_breakers:
            if len(self._circuit_breakers) >= _MOST_ORIGINS:
                self._circuit_breakers.pop(next(iter(self._circuit_breakers)))
            shared = SharedState.current
            self._circuit_breakers[origin] = CircuitBreaker(
                outgoing.redactor.text(origin), state=shared.outage_state(origin) if shared else None
            )
        return self._circuit_breakers[origin]
