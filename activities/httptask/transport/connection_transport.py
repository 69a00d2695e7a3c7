"""The network as one connection reaches it."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from httptask.connections.connection import Connection
from httptask.connections.route import Route
from httptask.egress.address import Network
from httptask.http.models import SecretReference
from httptask.request.wire import WireRequest
from httptask.secrets.store import SecretStore
from httptask.transport.deadlines import Progress
from httptask.transport.exchange import WireResponse
from httptask.transport.network import NetworkTransport

__all__ = ["ConnectionTransport", "route_of"]


@dataclass(eq=False)
class _Way:
    """A transport for one state of the route."""

    route: Route
    transport: NetworkTransport
    users: int = 0


class ConnectionTransport:
    """Goes the connection's way as it is now: a new certificate or proxy password counts from the next call on.

    Args:
        allowed: private networks it may reach.
        route: gives the way; asked at each call.
    """

    simulated = False

    def __init__(self, allowed: Sequence[Network], route: Callable[[], Route]) -> None:
        self._allowed = allowed
        self._route = route
        self._current: _Way | None = None

    @asynccontextmanager
    async def open(self, request: WireRequest, progress: Progress) -> AsyncGenerator[WireResponse]:
        """Sends a request; see `Transport.open`."""
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
        way, self._current = self._current, None
        if way is not None:
            await way.transport.aclose()

    async def _way(self) -> _Way:
        route, before = self._route(), self._current
        if before is not None and before.route == route:
            return before
        self._current = _Way(route, NetworkTransport(self._allowed, route))
        if before is not None:
            await self._close_if_left(before)
        return self._current

    async def _close_if_left(self, way: _Way) -> None:
        if way is not self._current and not way.users:
            await way.transport.aclose()


def route_of(connection: Connection, secrets: SecretStore) -> Route:
    """The way of a connection as it is now.

    Raises:
        ConnectFailed: a certificate can't be read.
        SecretUnavailable: a password has no value.
    """

    def value(reference: SecretReference) -> str:
        return secrets.resolve(reference.name, reference.field)

    return Route(
        proxy=None if connection.proxy is None else connection.proxy.address(value),
        tls=None if connection.tls is None else connection.tls.files(value),
    )
