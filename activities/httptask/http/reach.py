"""What an edge may reach, and by which ways."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from functools import partial

from httptask.http.address import parse_networks
from httptask.http.connection_transport import ConnectionTransport, route_of
from httptask.http.connections import Connection
from httptask.http.errors import AddressForbidden
from httptask.http.exchange import Transport
from httptask.http.hosts import check_host_patterns, is_allowed
from httptask.http.models import HttpRequest
from httptask.http.places import Places
from httptask.http.redirects import RedirectTransport
from httptask.http.secrets import SecretStore
from httptask.http.transport import NetworkTransport
from httptask.http.url import Url

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
        check_host_patterns(allowed_hosts)
        self._secrets = secrets
        self._allow_private = parse_networks(allow_private)
        self._allowed_hosts = tuple(allowed_hosts)
        self._transports: dict[str | None, Transport] = {}
        self._places: dict[str, Places] = {}

    def check_host(self, connection: Connection | None, url: Url) -> None:
        """Refuses a host that nobody declared.

        Raises:
            AddressForbidden: the request has no connection, and the host is not among those allowed.
        """
        if connection is None and not self._is_allowed(url):
            raise AddressForbidden(
                f"{url.host} is not among the allowed_hosts of httptask.toml: add it there, or declare a connection",
                details={"host": url.host},
            )

    def transport(self, connection: Connection | None) -> Transport:
        """What carries the requests of a connection."""
        name = connection.name if connection else None
        if name not in self._transports:
            self._transports[name] = (
                ConnectionTransport(
                    parse_networks(connection.allow_private), partial(route_of, connection, self._secrets)
                )
                if connection
                else NetworkTransport(self._allow_private)
            )
        return self._transports[name]

    def following(
        self, transport: Transport, request: HttpRequest, connection: Connection | None
    ) -> Transport:
        """The transport that also follows redirects, if the connection does."""
        if connection is None or not connection.redirects or transport.simulated:
            return transport
        return RedirectTransport(
            transport, connection.redirects, request.success, partial(self._reason_to_stay, connection)
        )

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

    def _reason_to_stay(self, connection: Connection, target: Url) -> str | None:
        """Why a redirect may not lead to another server."""
        if connection.proxy is not None:
            return "whose address can't be checked behind a proxy"
        return None if self._is_allowed(target) else "which is not among the allowed_hosts of httptask.toml"

    def _is_allowed(self, url: Url) -> bool:
        return not self._allowed_hosts or is_allowed(url.host, self._allowed_hosts)
