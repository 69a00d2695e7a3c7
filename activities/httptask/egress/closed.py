"""Servers that no request may go to unless that is allowed: what `allow_private` would have to hold for one."""

from collections.abc import Callable, Collection, Sequence
from ipaddress import ip_network
from typing import Final, NamedTuple

from httptask.egress.address import embedded_address, fixed_address, network_of, parse_networks, refusal

__all__ = ["ClosedNetwork", "closed_networks"]

_PRIVATE: Final = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")  # RFC 1918
_UNIQUE_LOCAL: Final = "fc00::/7"  # RFC 4193
_SITE_BITS: Final = 48
"""Of a unique local address: whoever has the site made them up."""
_OF_ONES_OWN: Final = parse_networks(("loopback", *_PRIVATE, _UNIQUE_LOCAL))
_METADATA: Final = parse_networks(("fd00:ec2::/32",))
"""Of a cloud, in one of those networks; all others are in none."""


class ClosedNetwork(NamedTuple):
    """What has to be open for one address of a server."""

    network: str
    """As `allow_private` has it: an address that was written out, and the network of one that a name leads to, which
    may have another one tomorrow (a container's is new with each start)."""
    address: str
    why: str
    """What it is, such as `a private address`."""
    is_own: bool
    """Whether it is one of this machine or of a private network. Any other, above all that of a metadata service,
    whoever names it rarely means."""


def closed_networks(
    host: str,
    opened: Collection[str] = (),
    resolve: Callable[[str], Sequence[str]] | None = None,
) -> list[ClosedNetwork]:
    """What has to be open besides so that requests may go to a host; nothing for one that they may go to.

    Args:
        host: a name or an address, without brackets.
        opened: what is open already, as `allow_private` has it.
        resolve: asked for the addresses of a name that does not have the same in every network; by default nobody is.
    """
    fixed = fixed_address(host)
    allowed = parse_networks(tuple(opened))
    found: dict[str, ClosedNetwork] = {}
    known = (fixed,) if fixed is not None else () if resolve is None else resolve(host)
    for address in known:
        why = refusal(address, allowed)
        if why is not None:
            is_own = refusal(address, _OF_ONES_OWN) is None and refusal(address, _METADATA) is not None
            network = _network(address, is_written=address == host)
            found.setdefault(network, ClosedNetwork(network, address, why, is_own))
    return list(found.values())


def _network(address: str, *, is_written: bool) -> str:
    ip = embedded_address(address)
    if is_written:
        return str(ip)
    for private in _PRIVATE:
        if ip in ip_network(private):
            return private
    if ip in ip_network(_UNIQUE_LOCAL):
        return str(ip_network(f"{ip}/{_SITE_BITS}", strict=False))
    return network_of(address)
