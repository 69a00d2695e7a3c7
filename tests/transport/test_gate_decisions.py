"""What the gate decides of a request by itself, before any socket is asked for."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from httptask.connections.connection import Connection
from httptask.http.errors import AddressForbidden, SecretUnavailable
from httptask.http.url import Url
from httptask.request.wire import WireRequest
from httptask.secrets.store import SecretSource, SecretStore
from httptask.transport.deadlines import Progress
from httptask.transport.gate import ConnectionTransport, Gate


def wire(url: str, **fields: Any) -> WireRequest:
    return WireRequest("GET", Url.parse(url), (), b"", **fields)


def gate(*allowed_hosts: str, **origins: str) -> Gate:
    """A gate for those hosts, and for secrets that belong to one origin each."""
    sources = {name: SecretSource(name=name, origins=(origin,)) for name, origin in origins.items()}
    return Gate(SecretStore(sources, {}), allowed_hosts)


def test_a_host_that_nobody_declared_is_named_with_the_cure() -> None:
    with pytest.raises(AddressForbidden) as caught:
        gate("api.example.com").check(wire("https://evil.example:8443/"), None)
    assert caught.value.message == (
        "evil.example is not among the allowed_hosts of httptask.toml: add it there, or declare a connection"
    )
    assert caught.value.details == {"host": "evil.example"}


@pytest.mark.parametrize(
    ("allowed_hosts", "fields", "leaves"),
    [
        ([], {}, True),
        ([], {"found": True}, False),
        ([], {"found": True, "declared": True}, True),
        (["h.example"], {}, True),
        (["h.example"], {"found": True}, True),
        (["*.example"], {"found": True}, True),
        (["i.example"], {}, False),
        (["i.example"], {"found": True}, False),
        (["i.example"], {"declared": True}, True),
    ],
    ids=[
        *("any host", "any host, found", "any host, found and declared", "allowed", "allowed and found"),
        *("allowed below a domain", "another host", "another host, found", "another host, declared"),
    ],
)
def test_which_hosts_a_request_may_go_to(
    allowed_hosts: list[str], fields: dict[str, bool], *, leaves: bool
) -> None:
    request = wire("https://h.example/", **fields)
    if leaves:
        gate(*allowed_hosts).check(request, None)
    else:
        with pytest.raises(AddressForbidden, match=r"^h\.example is not among"):
            gate(*allowed_hosts).check(request, None)


def test_of_several_secrets_the_first_by_name_is_told() -> None:
    bound = gate(A="https://h.example", C="https://i.example", B="https://j.example")
    bound.check(wire("https://h.example/", secrets=frozenset({"A"})), None)
    for _ in range(5):
        with pytest.raises(SecretUnavailable, match=r"the secret B may not be sent to https://h\.example:"):
            bound.check(wire("https://h.example/", secrets=frozenset({"C", "B", "A"}), declared=True), None)


def test_the_password_of_a_proxy_is_judged_by_where_the_proxy_is() -> None:
    proxy = {"url": "http://proxy.example:3128", "username": "ann", "password": "$secrets.KEY"}
    connection = Connection.model_validate({"name": "c", "base_url": "https://h.example", "proxy": proxy})
    request = wire("https://h.example/", declared=True)
    gate(KEY="http://proxy.example:3128").check(request, connection)
    with pytest.raises(
        SecretUnavailable, match=r"the secret KEY may not be sent to http://proxy\.example:3128:"
    ):
        gate(KEY="https://h.example").check(request, connection)


def test_a_gate_for_what_is_no_host() -> None:
    with pytest.raises(ValueError, match=r'^"https://h.example" is neither a host'):
        gate("https://h.example")


class Opened:
    """A way that notes what goes through it."""

    def __init__(self, *, simulated: bool) -> None:
        self.simulated = simulated
        self.noted: list[object] = []

    @asynccontextmanager
    async def open(self, request: WireRequest, progress: Progress) -> AsyncGenerator[Any]:
        self.noted += (str(request.url), progress)
        yield self
        self.noted.append("closed")

    async def aclose(self) -> None:
        self.noted.append("all closed")


@pytest.mark.parametrize("simulated", [True, False], ids=["simulated", "real"])
async def test_nothing_opens_behind_a_gate_that_is_shut(*, simulated: bool) -> None:
    inner = Opened(simulated=simulated)
    way: Any = ConnectionTransport(None, gate("h.example"), SecretStore({}, {}), (), inner)
    assert way.simulated is simulated
    progress: Any = object()
    with pytest.raises(AddressForbidden):
        async with way.open(wire("https://evil.example/"), progress):
            pass
    assert inner.noted == []
    async with way.open(wire("https://h.example/p"), progress) as response:
        assert response is inner
    await way.aclose()
    assert inner.noted == ["https://h.example/p", progress, "closed", "all closed"]
