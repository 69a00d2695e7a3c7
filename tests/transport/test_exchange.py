"""How often an attempt tries again by itself."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from httptask.http.errors import ConnectFailed
from httptask.http.limits import HTTP_DEFAULTS, bounds
from httptask.http.models import Limits
from httptask.http.url import Url
from httptask.request.wire import WireRequest
from httptask.secrets.redaction import Redactor
from httptask.transport import exchange
from httptask.transport.deadlines import Progress
from httptask.transport.exchange import WireResponse, opened

REQUEST = WireRequest("GET", Url.parse("http://example.com/"), [], b"")
BOUNDS = bounds(Limits(), Limits(), HTTP_DEFAULTS)


class NoConnection:
    """A network without a way to the server."""

    def __init__(self, *, simulated: bool = False, retryable: bool = True, sent: bool = False) -> None:
        self.simulated = simulated
        self.tries = 0
        self._retryable = retryable
        self._sent = sent

    @asynccontextmanager
    async def open(self, request: WireRequest, progress: Progress) -> AsyncGenerator[WireResponse]:
        self.tries += 1
        raise ConnectFailed("no connection", details={"sent": self._sent}, retryable=self._retryable)
        yield

    async def aclose(self) -> None:
        """Nothing to close."""


async def tries(network: NoConnection) -> int:
    with pytest.raises(ConnectFailed, match="no connection"):
        async with opened(network, REQUEST, BOUNDS, Redactor({})):
            pass
    return network.tries


async def test_three_times_if_nothing_was_sent() -> None:
    assert await tries(NoConnection()) == 3


async def test_once_where_another_try_cures_nothing_or_does_harm() -> None:
    assert await tries(NoConnection(retryable=False)) == 1
    assert await tries(NoConnection(sent=True)) == 1
    assert await tries(NoConnection(simulated=True)) == 1


async def test_once_where_the_first_try_took_the_time_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "_TRIES_WITHIN", 0.05)  # less than the pause before the second
    assert await tries(NoConnection()) == 1
