"""No connection to a forbidden address: however it is spelt, whatever a name server answers."""

import random
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from dnslib import QTYPE, RR, A, DNSRecord
from dnslib.server import DNSServer

from httptask.egress.address import refusal
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
