"""Which networks have to be opened so that a server can be reached, and which of them somebody may mean."""

import socket
from threading import Event
from time import monotonic

import pytest

from httptask.egress import guard
from httptask.egress.closed import closed_networks
from httptask.egress.guard import addresses_of


@pytest.mark.parametrize(
    ("host", "addresses", "network"),
    [
        ("127.0.0.1", (), "127.0.0.1"),
        ("::ffff:10.0.0.7", (), "10.0.0.7"),
        ("localhost", (), "loopback"),
        ("model.localhost", (), "loopback"),
        ("helpdesk.internal", ("10.3.2.1",), "10.0.0.0/8"),
        ("ollama", ("172.18.0.5",), "172.16.0.0/12"),
        ("nas.lan", ("fd12:3456:789a::7",), "fd12:3456:789a::/48"),
        ("127.1", ("127.0.0.1",), "loopback"),
    ],
)
def test_one_of_ones_own(host: str, addresses: tuple[str, ...], network: str) -> None:
    [found] = closed_networks(host, resolve=lambda _: addresses)
    assert (found.network, found.is_own) == (network, True)
    assert closed_networks(host, [network], lambda _: addresses) == []


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("169.254.169.254", "169.254.169.254"),
        ("metadata.google.internal", "169.254.169.254"),
        ("metadata.of.somebody", "169.254.169.254"),
        ("metadata.of.somebody", "fd00:ec2::254"),
        ("metadata.of.somebody", "100.100.100.200"),
        ("metadata.of.somebody", "192.0.0.192"),
        ("metadata.of.somebody", "168.63.129.16"),
    ],
)
def test_a_metadata_service_is_never_ones_own(host: str, address: str) -> None:
    [found] = closed_networks(host, resolve=lambda _: [address])
    assert (found.network, found.is_own) == (address if "ec2" not in address else "fd00:ec2::/48", False)


def test_a_public_server_needs_nothing_and_each_closed_address_of_a_name_is_told() -> None:
    assert closed_networks("api.example.com", resolve=lambda _: ["93.184.215.14"]) == []
    assert closed_networks("nowhere.example") == []
    both = closed_networks("two", resolve=lambda _: ["10.0.0.1", "10.0.0.2", "169.254.0.9"])
    assert [(one.network, one.is_own) for one in both] == [("10.0.0.0/8", True), ("169.254.0.9", False)]


def test_a_resolver_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    assert addresses_of("nowhere.example") == []
    never = Event()
    monkeypatch.setattr(guard, "PATIENCE_SECONDS", 0.05)

    def wait(*_: object, **__: object) -> list[object]:
        never.wait(5)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", wait)
    began = monotonic()
    assert addresses_of("slow.example") == []
    assert monotonic() - began < 4
    never.set()
