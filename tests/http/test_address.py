import socket

import pytest

from httptask.http.address import parse_networks, refusal


def resolved(host: str) -> list[str]:
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, 80, type=socket.SOCK_STREAM)]


FORBIDDEN = [
    "127.0.0.1",
    "127.0.0.2",
    "127.255.255.254",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "017700000001",
    "①②⑦.0.0.1",
    "0",
    "0.0.0.0",
    "0.1.2.3",
    "localhost",
    "10.0.0.1",
    "10.255.255.255",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "192.168.1.254",
    "0xa000001",
    "167772161",
    "169.254.169.254",
    "169.254.170.2",
    "2852039166",
    "0xa9fea9fe",
    "169.254.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.255",
    "192.0.0.192",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "168.63.129.16",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:7f00:1",
    "64:ff9b::7f00:1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:a00:1::",
    "2002:808:808::",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%1",
    "fec0::1",
    "ff02::1",
    "100::1",
    "4000::1",
]

ALLOWED = [
    "1.1.1.1",
    "8.8.8.8",
    "93.184.215.14",
    "172.15.255.255",
    "172.32.0.1",
    "100.63.255.255",
    "100.128.0.1",
    "192.167.255.255",
    "11.0.0.1",
    "169.253.1.1",
    "223.255.255.255",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2606:4700:4700::1111",
    "2a00:1450:4001:80b::200e",
    "2003::1",
    "2400:cb00::1",
]


def test_the_table_is_as_long_as_the_ways_around_a_guard() -> None:
    assert len(FORBIDDEN) >= 60


@pytest.mark.parametrize("host", FORBIDDEN)
def test_refused(host: str) -> None:
    assert all(refusal(address) for address in resolved(host))


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
