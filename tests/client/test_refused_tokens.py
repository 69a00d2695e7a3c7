"""A token that a server refuses is dropped once; what may have effects is not sent again within the attempt."""

import asyncio
from typing import Any

import pytest

from httptask.http.errors import Unauthorized
from httptask.http.models import HttpRequest
from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.authorization import AuthorizationServer


class Api:
    """Refuses the tokens that are revoked."""

    def __init__(self) -> None:
        self.revoked: set[str] = set()
        self.done: list[ServedRequest] = []

    def __call__(self, served: ServedRequest) -> Reply:
        token = served.headers["authorization"].removeprefix("Bearer ")
        if token in self.revoked or "all" in self.revoked:
            return Reply.of(b"" if served.method == "HEAD" else f"{token} is refused".encode(), status=401)
        self.done.append(served)
        return Reply.of()


def connection(authority: ScriptedServer) -> dict[str, Any]:
    client = {"id": "shop", "authentication": "none"}
    policy = {"authority": authority.url, "grant": "client_credentials", "client": client}
    return {"authentication": {"oauth2": policy}}


def request(method: str) -> HttpRequest:
    return HttpRequest(method=method, url="/", connection="local", idempotency_key="same")


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
async def test_what_has_no_effects_is_sent_again_with_a_new_token(make_edge: Any, method: str) -> None:
    api = Api()
    async with ScriptedServer(AuthorizationServer()) as authority, ScriptedServer(api) as server:
        edge = make_edge(server.url, connection=connection(authority))
        await edge.send(request(method))
        api.revoked = {"access-token-1"}
        await asyncio.gather(*(edge.send(request(method)) for _ in range(5)))
    assert len(authority.requests) == 2
    assert len(api.done) == 6


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
async def test_what_may_have_effects_gets_a_new_token_with_the_next_attempt(
    make_edge: Any, method: str
) -> None:
    api = Api()
    async with ScriptedServer(AuthorizationServer()) as authority, ScriptedServer(api) as server:
        edge = make_edge(server.url, connection=connection(authority))
        await edge.send(request(method))
        api.revoked = {"access-token-1"}
        with pytest.raises(Unauthorized, match="its token was good before and is dropped") as raised:
            await edge.send(request(method))
        assert raised.value.retryable
        assert "access-token-1" not in raised.value.message
        assert len(server.requests) == 2
        await edge.send(request(method), attempt=2)
    assert len(authority.requests) == 2
    assert len(api.done) == 2


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_token_that_was_never_good_ends_the_call(make_edge: Any, method: str) -> None:
    api = Api()
    api.revoked = {"all"}
    async with ScriptedServer(AuthorizationServer()) as authority, ScriptedServer(api) as server:
        edge = make_edge(server.url, connection=connection(authority))
        with pytest.raises(Unauthorized) as raised:
            await edge.send(request(method))
    assert not raised.value.retryable
    assert (len(authority.requests), len(server.requests)) == (1, 1)


@pytest.mark.parametrize(("method", "sent"), [("GET", 2), ("POST", 1)])
async def test_a_new_token_that_is_refused_as_well_ends_the_call(
    make_edge: Any, method: str, sent: int
) -> None:
    api = Api()
    async with ScriptedServer(AuthorizationServer()) as authority, ScriptedServer(api) as server:
        edge = make_edge(server.url, connection=connection(authority))
        await edge.send(request(method))
        api.revoked = {"all"}
        attempts = 0
        retryable = True
        while retryable:
            attempts += 1
            with pytest.raises(Unauthorized) as raised:
                await edge.send(request(method), attempt=attempts)
            retryable = raised.value.retryable
        assert len(server.requests) - 1 == 2
    assert (attempts, len(authority.requests)) == (3 - sent, 2)


async def test_a_write_is_attempted_once_more_only(make_edge: Any) -> None:
    """Though another call has made the next token a good one meanwhile."""
    api = Api()
    async with ScriptedServer(AuthorizationServer()) as authority, ScriptedServer(api) as server:
        edge = make_edge(server.url, connection=connection(authority))
        for attempt in (1, 2):
            api.revoked = set()
            await edge.send(request("GET"))
            api.revoked = {"all"}
            with pytest.raises(Unauthorized) as raised:
                await edge.send(request("POST"), attempt=attempt)
            assert raised.value.retryable is (attempt == 1)
