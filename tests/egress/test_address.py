import socket

import pytest

from httptask.egress.address import parse_networks, refusal
from support.addresses import FORBIDDEN


def resolved(host: str) -> list[str]:
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, 80, type=socket.SOCK_STREAM)]


ALLOWED = [
    "1.1.1.1",
    "8.8.8.8",
    "93.184.215.14",
    "172.15.255.255",
    "172.32.0.1",
    "100.63.255.255",
    "100.128.0.1",
    "168.63.129.15",
    "168.63.129.17",
    "192.88.98.255",
    "192.88.100.0",
    "192.167.255.255",
    "11.0.0.1",
    "169.253.1.1",
    "223.255.255.255",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2606:4700:4700::1111",
    "2a00:1450:4001:80b::200e",
    "2001:200::1",
    "2003::1",
    "3ffe:ffff::1",
    "2400:cb00::1",
]


def test_the_table_is_as_long_as_the_ways_around_a_guard() -> None:
    assert len(FORBIDDEN) >= 60


@pytest.mark.parametrize("host", FORBIDDEN)
def test_refused(host: str) -> None:
    assert all(refusal(address) for address in resolved(host))


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("127.255.255.254", "a loopback address"),
        ("::1", "a loopback address"),
        ("::ffff:127.0.0.1", "a loopback address"),
        ("64:ff9b::127.0.0.1", "a loopback address"),
        ("169.254.0.1", "a link-local address"),
        ("fe80::1%eth0", "a link-local address"),
        ("224.0.0.1", "a multicast address"),
        ("ff02::1", "a multicast address"),
        ("10.255.255.255", "a private address"),
        ("fd00::1", "a private address"),
        ("64:ff9b::10.0.0.1", "a private address"),
        ("100.64.0.1", "a special-purpose address"),
        ("168.63.129.16", "a special-purpose address"),
        ("192.88.99.1", "a special-purpose address"),
        ("4000::1", "a special-purpose address"),
        ("fec0::1", "a special-purpose address"),
    ],
)
def test_a_refusal_says_what_kind_of_address_it_is(address: str, reason: str) -> None:
    assert refusal(address) == reason


@pytest.mark.parametrize("host", ALLOWED)
def test_allowed(host: str) -> None:
    assert [refusal(address) for address in resolved(host)] == [None]


@pytest.mark.parametrize(
    ("networks", "address", "open_"),
    [
        (["loopback"], "127.0.0.1", True),
        (["loopback"], "127.8.8.8", True),
        (["loopback"], "::1", True),
        (["loopback"], "::ffff:127.0.0.1", True),
        (["loopback"], "10.0.0.1", False),
        (["10.1.0.0/16"], "10.1.2.3", True),
        (["10.1.0.0/16"], "10.2.0.1", False),
        (["10.1.2.3"], "10.1.2.3", True),
        (["fd00::/8"], "fd12::1", True),
        (["192.168.1.7/24"], "192.168.1.200", True),
        ([], "127.0.0.1", False),
    ],
)
def test_a_connection_opens_named_networks(networks: list[str], address: str, open_: bool) -> None:
    assert (refusal(address, parse_networks(networks)) is None) == open_


@pytest.mark.parametrize("name", ["lopback", "10.0.0.0/40", "model.internal", ""])
def test_what_is_no_network_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="does not appear to be"):
        parse_networks([name])
