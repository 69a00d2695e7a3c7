"""The address guard: which resolved addresses a request may be sent to.

Only resolved socket addresses are judged: `127.1`, `0x7f000001` and circled digits all reach loopback
through the resolver, and no parser of host names knows all such forms.
"""

from collections.abc import Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

__all__ = [
    "Network",
    "embedded_address",
    "fixed_address",
    "network_of",
    "parse_networks",
    "permission",
    "refusal",
]

Network = IPv4Network | IPv6Network

_LOOPBACK: tuple[Network, ...] = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))

# Python's tables differ between releases and call some of these global, so they are spelt out.
_SPECIAL_PURPOSE: tuple[Network, ...] = (
    IPv4Network("100.64.0.0/10"),  # carrier-grade NAT (RFC 6598); holds the metadata service of one cloud
    IPv4Network("168.63.129.16/32"),  # the platform service of one cloud, on a public address
    IPv4Network("192.0.0.0/24"),  # IETF protocol assignments (RFC 6890); metadata service of one cloud
    IPv4Network("192.88.99.0/24"),  # 6to4 relays (RFC 7526)
    IPv6Network("2001::/23"),  # IETF protocol assignments, Teredo among them
    IPv6Network("2002::/16"),  # 6to4 (RFC 7526): holds any IPv4 address
    IPv6Network("2001:db8::/32"),  # documentation
    IPv6Network("3fff::/20"),  # documentation (RFC 9637)
)
_THIS_MACHINE, _METADATA = "127.0.0.1", "169.254.169.254"
_ALWAYS_AT = {
    **dict.fromkeys(("localhost", "localhost.localdomain", "localhost4", "localhost6"), _THIS_MACHINE),
    **dict.fromkeys(("ip6-localhost", "ip6-loopback"), _THIS_MACHINE),
    **dict.fromkeys(("metadata.google.internal", "metadata.goog", "metadata"), _METADATA),
    **dict.fromkeys(("instance-data.ec2.internal", "instance-data"), _METADATA),
    "metadata.tencentyun.com": "169.254.0.23",
}
"""Names of this machine and of the metadata services of clouds, which lead to the same place in every network."""
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052


def parse_networks(names: Sequence[str]) -> tuple[Network, ...]:
    """Reads a connection's `allow_private`.

    Args:
        names: networks in CIDR notation, single addresses, or `loopback`.

    Raises:
        ValueError: one of them is neither.
    """
    networks: list[Network] = []
    for name in names:
        networks.extend(_LOOPBACK if name == "loopback" else (ip_network(name, strict=False),))
    return tuple(networks)


def network_of(address: str) -> str:
    """What a connection's `allow_private` needs so that an address may be reached: `loopback`, or the address.

    Args:
        address: numeric, with or without an IPv6 zone.

    Raises:
        ValueError: it is none.
    """
    ip = embedded_address(address)
    return "loopback" if ip.is_loopback else str(ip)


def permission(address: str, place: str) -> str:
    """What opens an address, in the words that stand wherever one is refused.

    Args:
        address: numeric.
        place: the table of `httptask.toml` that it is written under.
    """
    try:
        network = network_of(address)
    except ValueError:
        network = address
    return f'if it is meant, write into httptask.toml, under {place}: allow_private = ["{network}"]'


def fixed_address(host: str) -> str | None:
    """The address that a host is, or that its name has in every network; None where only a resolver tells."""
    name = host.rstrip(".")
    known = _THIS_MACHINE if name.endswith(".localhost") else _ALWAYS_AT.get(name)
    return host if known is None and _is_address(host) else known


def refusal(address: str, allowed: Sequence[Network] = ()) -> str | None:
    """Says why an address may not be reached, or None if it may.

    Args:
        address: numeric address as a resolver returns it, with or without an IPv6 zone.
        allowed: networks that are open in spite of being private.
    """
    ip = embedded_address(address)
    if any(ip in network for network in allowed):
        return None
    if ip.is_loopback:
        return "a loopback address"
    if ip.is_link_local:
        return "a link-local address"
    if ip.is_multicast:
        return "a multicast address"
    if ip.is_private:
        return "a private address"
    if not ip.is_global or ip.is_reserved or any(ip in network for network in _SPECIAL_PURPOSE):
        return "a special-purpose address"
    if isinstance(ip, IPv6Address) and ip not in _GLOBAL_UNICAST:
        return "a special-purpose address"
    return None


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def embedded_address(address: str) -> IPv4Address | IPv6Address:
    """An address without its zone; of a mapped or NAT64 one the IPv4 address, which is where the packets go.

    Raises:
        ValueError: it is none.
    """
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv4Address):
        return ip
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip
