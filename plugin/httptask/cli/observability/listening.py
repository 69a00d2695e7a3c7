"""Addresses at which a worker listens for whoever watches over it."""

import socket
from contextlib import ExitStack
from ipaddress import ip_address
from typing import Final, Literal

from httptask.cli.terminal.errors import CliError

__all__ = ["Sockets", "Watched", "address_of_process", "listening_at", "not_served", "require_address"]

Sockets = list[socket.socket]
"""Where a worker listens, one for each address of its host; the processes of a worker share them."""

Watched = Literal["health", "metrics", "webhooks"]
"""What is told there."""

_EXAMPLES: Final[dict[Watched, str]] = {
    "health": "127.0.0.1:8080",
    "metrics": "127.0.0.1:9464",
    "webhooks": "127.0.0.1:8081",
}
_LAST_PORT = 65_535
_WAITING_PROBES = 100


def require_address(what: Watched, address: str | None) -> None:
    """Refuse what is no address, before anything is started.

    Args:
        what: is told there; Temporal's core takes no names of hosts for metrics.
        address: `HOST:PORT`, if there is one.

    Raises:
        CliError: nothing could listen there.
    """
    if address is None:
        return
    host, colon, port = address.rpartition(":")
    is_port = port.isascii() and port.isdecimal() and int(port) <= _LAST_PORT
    if not (colon and is_port and (what != "metrics" or _is_ip(host))):
        raise not_served(what, address)


def listening_at(address: str, what: Watched = "health") -> Sockets:
    """Listen at an address.

    Raises:
        CliError: nothing can listen there.
    """
    host, _, port = address.rpartition(":")
    with ExitStack() as opened:
        try:
            found = socket.getaddrinfo(
                host.strip("[]") or None, int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )
            sockets = [opened.enter_context(_listening(family, at)) for family, _, _, _, at in found]
        except (OSError, ValueError, OverflowError):
            raise not_served(what, address) from None
        opened.pop_all()
    return sockets


def address_of_process(address: str, number: int) -> str:
    """Where one of several processes tells what each has to tell for itself: on a port after that of the first.

    Args:
        address: of the first, `HOST:PORT`; port 0 is a free one for each.
        number: of the process, from 1.
    """
    host, _, port = address.rpartition(":")
    return f"{host}:{int(port) + number - 1 if int(port) else 0}"


def not_served(what: Watched, address: str) -> CliError:
    """The error for an address where nothing can listen."""
    return CliError(
        f"{what} can't be served at {address}", f"give a free HOST:PORT, such as {_EXAMPLES[what]}"
    )


def _listening(family: int, address: object) -> socket.socket:
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind(address)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - as it was resolved
        listening.listen(_WAITING_PROBES)
    except OSError:
        listening.close()
        raise
    return listening


def _is_ip(host: str) -> bool:
    in_brackets = host.startswith("[") and host.endswith("]")
    try:
        return ip_address(host[1:-1] if in_brackets else host).version == (6 if in_brackets else 4)
    except ValueError:
        return False
