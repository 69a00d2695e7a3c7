"""What an edge may reach, and by which ways."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from functools import partial

from httptask.connections.connection import Connection
from httptask.egress.address import parse_networks
from httptask.http.models import HttpRequest
from httptask.request.wire import WireRequest
from httptask.resilience.concurrency_limit import Places
from httptask.resilience.pace import Pace
from httptask.secrets.redaction import Redactor
from httptask.secrets.store import SecretStore
from httptask.transport.connection_transport import ConnectionTransport, route_of
from httptask.transport.exchange import Transport
from httptask.transport.gate import Gate
from httptask.transport.network import NetworkTransport
from httptask.transport.redirects import RedirectTransport

__all__ = ["Reach"]


class Reach:
    """The network of one edge: a transport for each connection, opened when it is first used.

    Args:
        secrets: hold the passwords of proxies and private keys.
        allow_private: private networks that requests without a connection may reach.
        allowed_hosts: hosts that requests without a connection may go to; empty for any.

    Raises:
        ValueError: a network or host is not written as it has to be.
    """

    def __init__(
        self, secrets: SecretStore, *, allow_private: Sequence[str], allowed_hosts: Sequence[str]
    ) -> None:
        self._secrets = secrets
        self._gate = Gate(secrets, allowed_hosts)
        self._allow_private = parse_networks(allow_private)
        self._transports: dict[str | None, Transport] = {}
        self._places: dict[str, Places] = {}
        self._paces: dict[str, Pace] = {}

    def check(self, request: WireRequest, connection: Connection | None) -> None:
        """Refuses a request that would not pass the gate; see `Gate.check`."""
        self._gate.check(request, connection)

    def transport(self, connection: Connection | None, instead: Transport | None = None) -> Transport:
        """What carries the requests of a connection through the gate.

        Args:
            connection: whose way they go.
            instead: carries them in place of the network.
        """
        if instead is not None:
            return self._gate.before(instead, connection)
        name = connection.name if connection else None
        if name not in self._transports:
            network = (
                ConnectionTransport(
                    parse_networks(connection.allow_private), partial(route_of, connection, self._secrets)
                )
                if connection
                else NetworkTransport(self._allow_private)
            )
            self._transports[name] = self._gate.before(network, connection)
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

    async def turn(self, connection: Connection | None) -> None:
        """Waits until the connection's limit of requests lets the next one go.

        Raises:
            Postponed: that takes too long.
        """
        if connection is None or connection.requests_per_minute is None:
            return
        if connection.name not in self._paces:
            self._paces[connection.name] = Pace(connection.name, connection.requests_per_minute)
        await self._paces[connection.name].turn()

    @asynccontextmanager
    async def place(self, connection: Connection | None) -> AsyncGenerator[None]:
        """Holds one of the connection's places, if they are counted, while the context lasts.

        Raises:
            Postponed: none got free in time.
        """
        if connection is None or connection.concurrency is None:
            yield
            return
        if connection.name not in self._places:
            self._places[connection.name] = Places(connection.name, connection.concurrency)
        async with self._places[connection.name].taken():
            yield

    async def aclose(self) -> None:
        """Closes all connections."""
        transports, self._transports = self._transports, {}
        for transport in transports.values():
            await transport.aclose()
