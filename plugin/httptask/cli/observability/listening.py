"""Addresses at which a worker listens for whoever watches over it."""

from ipaddress import ip_address
from typing import Final, Literal

from httptask.cli.terminal.errors import CliError

__all__ = ["Watched", "not_served", "require_address"]

Watched = Literal["health", "metrics"]
"""What is told there."""

_EXAMPLES: Final[dict[Watched, str]] = {"health": "127.0.0.1:8080", "metrics": "127.0.0.1:9464"}
_LAST_PORT = 65_535


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
    if not (colon and is_port and (what == "health" or _is_ip(host))):
        raise not_served(what, address)


def not_served(what: Watched, address: str) -> CliError:
    """The error for an address where nothing can listen."""
    return CliError(
        f"{what} can't be served at {address}", f"give a free HOST:PORT, such as {_EXAMPLES[what]}"
    )


def _is_ip(host: str) -> bool:
    in_brackets = host.startswith("[") and host.endswith("]")
    try:
        return ip_address(host[1:-1] if in_brackets else host).version == (6 if in_brackets else 4)
    except ValueError:
        return False
