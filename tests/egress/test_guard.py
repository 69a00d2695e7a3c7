"""No connection to a forbidden address: however it is spelt, whatever a name server answers."""

import random
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from dnslib import QTYPE, RR, A, DNSRecord
from dnslib.server import DNSServer

from httptask.egress.address import parse_networks, refusal
from httptask.egress.guard import Guard
from httptask.http.errors import AddressForbidden, ConnectFailed, RequestInvalid
from httptask.http.models import HttpRequest
from support.addresses import FORBIDDEN
from support.network import PUBLIC, Connections, observe_connections


@pytest.fixture
async def connections(monkeypatch: pytest.MonkeyPatch) -> Connections:
    return observe_connections(monkeypatch)


def get(url: str) -> HttpRequest:
    return HttpRequest(method="GET", url=url)


def in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


@pytest.mark.parametrize("host", FORBIDDEN)
async def test_hosts_in_urls(make_edge: Any, connections: Connections, host: str) -> None:
    with pytest.raises((AddressForbidden, RequestInvalid)):
        await make_edge(allow_private=()).send(get(f"http://{in_url(host)}:8080/latest/meta-data"))
    assert connections == []


@pytest.mark.parametrize("host", FORBIDDEN)
async def test_answers_of_a_name_server(
    make_edge: Any, connections: Connections, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    address = socket.getaddrinfo(host, 8080, type=socket.SOCK_STREAM)[0]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [address])
    with pytest.raises(AddressForbidden, match=r"metadata\.example is at "):
        await make_edge(allow_private=()).send(get("http://metadata.example:8080/"))
    assert connections == []


class Rebinding:
    """Answers each question anew: with a public address, a forbidden one, or both."""

    def __init__(self) -> None:
        self.answers: list[tuple[str, ...]] = []
        self._random = random.Random(20)

    def resolve(self, request: DNSRecord, _: object) -> DNSRecord:
        answer = self._random.choice(
            [(PUBLIC,), ("127.0.0.1",), (PUBLIC, "127.0.0.1"), ("10.0.0.1", PUBLIC), ("169.254.169.254",)]
        )
        self.answers.append(answer)
        reply = request.reply()
        for address in answer:
            reply.add_answer(RR(request.q.qname, QTYPE.A, rdata=A(address), ttl=0))
        return reply


@pytest.fixture
def name_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Rebinding]:
    """A name server on loopback that the resolver asks for every name."""
    resolver = Rebinding()
    server = DNSServer(resolver, address="127.0.0.1", port=0)
    server.start_thread()
    port = server.server.server_address[1]

    def ask(host: str, port_: int, *_: object, **__: object) -> list[Any]:
        answered = DNSRecord.parse(DNSRecord.question(host).send("127.0.0.1", port, timeout=5))
        return [
            (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (str(record.rdata), port_))
            for record in answered.rr
        ]

    monkeypatch.setattr(socket, "getaddrinfo", ask)
    yield resolver
    server.stop()
    server.server.server_close()


async def test_rebinding_names(make_edge: Any, connections: Connections, name_server: Rebinding) -> None:
    edge = make_edge(allow_private=())
    refused = 0
    while len(name_server.answers) < 200:
        try:
            await edge.send(get("http://rebinding.example:8080/"))
        except AddressForbidden:
            refused += 1
        except ConnectFailed:
            pass  # the public address, which is not really there
    forbidden = [answer for answer in name_server.answers if any(refusal(address) for address in answer)]
    assert len(forbidden) > 100
    assert refused == len(forbidden)
    assert set(connections) == {PUBLIC}
    assert len(connections) == len(name_server.answers) - len(forbidden)


CURE = "if it is meant, write into httptask.toml, under its connection, or [policy] where it has none: "
"""What a refusal says to do."""


def answering(monkeypatch: pytest.MonkeyPatch, *addresses: tuple[Any, ...]) -> None:
    """Have the resolver give these for every name."""
    found = [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", address) for address in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)


async def test_a_name_is_judged_by_each_of_its_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, (PUBLIC, 80), ("10.0.0.1", 80))
    with pytest.raises(AddressForbidden) as caught:
        await Guard(()).resolve("two.example", 80)
    assert (
        caught.value.message
        == f'two.example is at 10.0.0.1, a private address: {CURE}allow_private = ["10.0.0.1"]'
    )
    assert caught.value.details == {"host": "two.example", "address": "10.0.0.1"}
    opened = await Guard(parse_networks(["10.0.0.0/8"])).resolve("two.example", 80)
    assert [address.host for address in opened] == [PUBLIC, "10.0.0.1"]
    assert {(address.family, address.proto) for address in opened} == {(socket.AF_INET6, 6)}


async def test_an_address_keeps_the_zone_that_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, ("fe80::1", 80, 0, 3), ("2606:4700::1", 80, 7, 0))
    opened = await Guard(parse_networks(["fe80::/10"])).resolve("zoned.example")
    assert [address.host for address in opened] == ["fe80::1%3", "2606:4700::1"]


async def test_the_resolver_is_asked_for_streams_of_the_family(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def ask(*arguments: Any) -> list[Any]:
        asked.append(arguments)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", ask)
    assert await Guard(()).resolve("a.example") == []
    assert await Guard(()).resolve("a.example", 443, socket.AF_INET6) == []
    assert asked == [
        ("a.example", 0, socket.AF_UNSPEC, socket.SOCK_STREAM, 0, 0),
        ("a.example", 443, socket.AF_INET6, socket.SOCK_STREAM, 0, 0),
    ]


@pytest.mark.parametrize(
    "error", [socket.gaierror("value-0123456789"), UnicodeError("value-0123456789")], ids=type
)
async def test_a_name_without_an_address(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(ConnectFailed) as caught:
        await Guard(()).resolve("none.example")
    assert caught.value.message == "the name none.example can't be resolved"
    assert caught.value.details == {"host": "none.example"}


def test_a_socket_is_judged_by_its_address() -> None:
    address = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", 80))
    with pytest.raises(AddressForbidden) as caught:
        Guard(()).socket(address)
    assert (
        caught.value.message
        == f'the host is 127.0.0.1, a loopback address: {CURE}allow_private = ["loopback"]'
    )
    assert caught.value.details == {"host": "127.0.0.1", "address": "127.0.0.1"}
    with Guard(parse_networks(["loopback"])).socket(address) as made:
        assert (made.family, made.type, made.proto) == address[:3]
        assert made.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        for option in ("TCP_KEEPIDLE", "TCP_KEEPINTVL"):
            if hasattr(socket, option):
                assert made.getsockopt(socket.IPPROTO_TCP, getattr(socket, option)) == 30


ELSEWHERE = {
    "localhost": "127.0.0.1",
    "localhost.": "127.0.0.1",
    "localhost.localdomain": "127.0.0.1",
    "localhost4": "127.0.0.1",
    "localhost6": "127.0.0.1",
    "any.localhost": "127.0.0.1",
    "any.localhost.": "127.0.0.1",
    "ip6-localhost": "127.0.0.1",
    "ip6-loopback": "127.0.0.1",
    "metadata": "169.254.169.254",
    "metadata.goog": "169.254.169.254",
    "metadata.google.internal": "169.254.169.254",
    "metadata.google.internal.": "169.254.169.254",
    "instance-data": "169.254.169.254",
    "instance-data.ec2.internal": "169.254.169.254",
    "metadata.tencentyun.com": "169.254.0.23",
}


@pytest.mark.parametrize("host", ELSEWHERE)
def test_a_name_that_is_the_same_everywhere_is_judged_for_a_proxy(host: str) -> None:
    address = ELSEWHERE[host]
    with pytest.raises(AddressForbidden) as caught:
        Guard(()).judge_name(host)
    assert caught.value.message.startswith(f"{host} is at {address}, a l")
    assert caught.value.details == {"host": host, "address": address}
    assert refused_at(Guard(parse_networks([address])), host) is None


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_an_address_is_told_once(host: str) -> None:
    with pytest.raises(AddressForbidden) as caught:
        await Guard(()).resolve(host, 80)
    assert caught.value.message.startswith(f"the host is {host}, a loopback address: ")


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.1", "::1", "fd00::1"])
def test_an_address_is_judged_for_a_proxy(host: str) -> None:
    with pytest.raises(AddressForbidden) as caught:
        Guard(()).judge_name(host)
    assert caught.value.message.startswith(f"the host is {host}, a ")
    assert refused_at(Guard(parse_networks([host])), host) is None


@pytest.mark.parametrize("host", ["api.example.com", "notlocalhost", "localhost.example.com", PUBLIC])
def test_a_proxy_is_told_all_other_names(host: str) -> None:
    assert refused_at(Guard(()), host) is None


def refused_at(guard: Guard, host: str) -> str | None:
    """The address for which a proxy is not told a host; None where it is."""
    try:
        guard.judge_name(host)
    except AddressForbidden as refused:
        return str(refused.details["address"])
    return None
