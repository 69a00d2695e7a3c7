"""The way of requests to a scripted server, whatever server they are for."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import cached_property

from httptask.egress.address import parse_networks
from httptask.fixtures.transport import Fixtures
from httptask.http.errors import FixtureMissing
from httptask.http.url import Url
from httptask.request.wire import WireRequest
from httptask.transport.deadlines import Progress
from httptask.transport.exchange import WireResponse
from httptask.transport.network import NetworkTransport

__all__ = ["ScriptedNetwork"]


@dataclass(frozen=True)
class _StandIn(Url):
    """The URL of the scripted server, of which errors tell the name that it stands in for."""

    named: str = ""

    @cached_property
    def netloc(self) -> str:
        return self.named

    @cached_property
    def origin(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}"


class ScriptedNetwork(Fixtures):
    """Takes the place of the network as fixtures do, but has a server on loopback answer.

    Args:
        port: of the scripted server.
        admit: is asked before each request is sent, and may raise `FixtureMissing`.
    """

    def __init__(self, port: int, admit: Callable[[WireRequest], None]) -> None:
        super().__init__([])
        self._port = port
        self._admit = admit
        self._network = NetworkTransport(parse_networks(("loopback",)))

    @asynccontextmanager
    async def open(self, request: WireRequest, progress: Progress) -> AsyncGenerator[WireResponse]:
        """See base class."""
        if request.shown is None:
            raise FixtureMissing("tokens are made up: none is asked for")
        self._admit(request)
        meant = request.url
        url = _StandIn("http", "127.0.0.1", self._port, meant.target, meant.netloc)
        headers = (*request.headers, ("Host", meant.netloc))
        async with self._network.open(replace(request, url=url, headers=headers), progress) as response:
            yield response

    async def aclose(self) -> None:
        """See base class."""
        await self._network.aclose()
