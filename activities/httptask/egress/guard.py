"""The address guard at work: no socket is connected to an address that a connection may not reach."""

import asyncio
import socket
from collections.abc import Sequence
from threading import Thread
from typing import Any, Final, NamedTuple

from httptask.egress.address import Network, fixed_address, permission, refusal
from httptask.http.errors import AddressForbidden, ConnectFailed

__all__ = ["PATIENCE_SECONDS", "Guard", "ResolvedAddress", "addresses_of"]

PATIENCE_SECONDS: Final = 2.0
"""Somebody waits for it, and names of private networks are told from near by."""

AddressInfo = tuple[int, int, int, str, tuple[Any, ...]]
"""As `socket.getaddrinfo` gives it."""


class ResolvedAddress(NamedTuple):
    """One address of a name, which may be reached."""

    host: str
    """Numeric, with the zone that a link-local one needs."""
    family: int
    proto: int


class Guard:
    """Resolves a name once and judges every address of it, and again the address of each socket.

    Connectors ask no resolver for hosts that are addresses already, so the socket is where nothing gets past.

    Args:
        allowed: private networks that are open.
    """

    def __init__(self, allowed: Sequence[Network]) -> None:
        self._allowed = allowed

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolvedAddress]:
        """The addresses of a name.

        Raises:
            ConnectFailed: it has none.
            AddressForbidden: one of them may not be reached.
        """
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                host, port, family=family, type=socket.SOCK_STREAM
            )
        except (OSError, UnicodeError):
            raise ConnectFailed(f"the name {host} can't be resolved", details={"host": host}) from None
        for *_, sockaddr in found:
            self._judge(str(sockaddr[0]), host)
        return [
            ResolvedAddress(_numeric(sockaddr), family_, proto) for family_, _, proto, _, sockaddr in found
        ]

    def socket(self, address: AddressInfo) -> socket.socket:
        """A socket for one address.

        Raises:
            AddressForbidden: it may not be reached.
        """
        family, type_, proto, _, sockaddr = address
        self._judge(str(sockaddr[0]), None)
        made = socket.socket(family, type_, proto)
        for level, option, value in _KEEP_ALIVE:
            made.setsockopt(level, option, value)
        return made

    def judge_name(self, host: str) -> None:
        """Judges a host that a proxy resolves, by the address that it is or the name that it always has.

        Raises:
            AddressForbidden: it may not be reached.
        """
        address = fixed_address(host)
        if address is not None:
            self._judge(address, host)

    def _judge(self, address: str, host: str | None) -> None:
        reason, is_name = refusal(address, self._allowed), host not in (None, address)
        if reason is not None:
            raise AddressForbidden(
                f"{f'{host} is at {address}' if is_name else f'the host is {address}'}, {reason}",
                cure=permission(address, "its connection, or [policy] where it has none"),
                details={"host": host or address, "address": address},
            )


def addresses_of(host: str) -> Sequence[str]:
    """The addresses that a resolver has for a host; none where it has none, or takes too long."""
    found: list[str] = []

    def ask() -> None:
        try:
            found.extend(str(one[4][0]) for one in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError):
            return

    asking = Thread(target=ask, daemon=True)  # no resolver can be told to stop
    asking.start()
    asking.join(PATIENCE_SECONDS)
    return list(dict.fromkeys(found))


def _numeric(sockaddr: Sequence[Any]) -> str:
    """The address, with the zone that a link-local one needs."""
    host, _, *more = sockaddr
    scope = more[1] if more else 0
    return f"{host}%{scope}" if scope else str(host)


def _keep_alive() -> tuple[tuple[int, int, int], ...]:
    """Lets the system probe a silent connection: a model may think longer than a NAT remembers."""
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    if hasattr(socket, "TCP_KEEPIDLE"):
        options += [
            (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30),
            (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 30),
        ]
    return tuple(options)


_KEEP_ALIVE = _keep_alive()
