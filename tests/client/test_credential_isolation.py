"""No credential of one connection, policy or run is in the requests of another."""

import asyncio
from typing import Any

from httptask.authentication.models import TokenAuthentication
from httptask.authentication.policy import OAuth2Policy
from httptask.client.edge import Edge
from httptask.connections.connection import Connection
from httptask.http.models import HttpRequest, SecretReference
from httptask.secrets.store import SecretSource, SecretStore
from httptask.testing import Reply, ScriptedServer
from support.authorization import AuthorizationServer


def policy(authority: str, **settings: Any) -> dict[str, Any]:
    client = {"id": "shop", "secret": "$secrets.KEY"}
    return {"authority": authority, "grant": "client_credentials", "client": client, **settings}


def store(**values: str) -> SecretStore:
    return SecretStore({name: SecretSource(name=name, environment=name) for name in values}, values)


def connection(name: str, base_url: str, **fields: Any) -> Connection:
    return Connection.model_validate(
        {"name": name, "base_url": base_url, "allow_private": ["loopback"], **fields}
    )


async def test_connections_with_equal_settings_have_tokens_of_their_own() -> None:
    async with ScriptedServer(AuthorizationServer()) as authority, ScriptedServer([Reply.json({})]) as server:
        connections = {
            name: connection(name, server.url, authentication={"oauth2": policy(authority.url)})
            for name in ("a", "b")
        }
        connections["bare"] = connection("bare", server.url)
        edge = Edge(connections, store(KEY="client-secret-1"))
        names = ["a", "b", "bare"] * 20
        await asyncio.gather(
            *(edge.send(HttpRequest(method="GET", url=f"/{name}", connection=name)) for name in names)
        )
        await edge.aclose()
    assert len(authority.requests) == 2
    seen = {(served.target, served.headers.get("authorization")) for served in server.requests}
    assert len(seen) == 3
    assert ("/bare", None) in seen
    assert len({token for _, token in seen}) == 3


async def test_whatever_decides_a_token_makes_it_another() -> None:
    """Runs that differ in a secret, a scope or a server never share one, on the same worker."""
    async with (
        ScriptedServer(AuthorizationServer()) as authority,
        ScriptedServer([Reply.json({})]) as one,
        ScriptedServer([Reply.json({})]) as two,
    ):
        settings: list[tuple[str, dict[str, Any], str]] = [
            (one.url, {}, "KEY"),
            (one.url, {}, "OTHER"),
            (one.url, {"scopes": ["a"]}, "KEY"),
            (one.url, {"scopes": ["a", "b"]}, "KEY"),
            (one.url, {"scopes": ["a b"]}, "KEY"),
            (one.url, {"audiences": ["a"]}, "KEY"),
            (one.url, {"endpoints": {"token": "/other"}}, "KEY"),
            (two.url, {}, "KEY"),
        ]
        edge = Edge({}, store(KEY="client-secret-1", OTHER="client-secret-2"), allow_private=("loopback",))
        for _ in range(2):
            for url, more, secret in settings:
                written = policy(authority.url, client={"id": "shop", "secret": ""}, **more)
                authentication = TokenAuthentication(
                    kind="oauth2", settings=OAuth2Policy.model_validate(written)
                )
                reference = SecretReference(pointer="/authentication/settings/client/secret", name=secret)
                request = HttpRequest(
                    method="GET", url=f"{url}/", authentication=authentication, secrets=(reference,)
                )
                await edge.send(request)
        await edge.aclose()
    tokens = [served.headers["authorization"] for served in (*one.requests, *two.requests)]
    assert (len(authority.requests), len(set(tokens)), len(tokens)) == (8, 8, 16)


async def test_no_cookie_comes_back() -> None:
    def sets_cookies(_: Any) -> Reply:
        return Reply.of(headers={"Set-Cookie": "session=s3ntinel; Path=/"})

    async with ScriptedServer(sets_cookies) as server:
        kinds: dict[str, dict[str, Any]] = {
            "bare": {},
            "digest": {"digest": {"username": "a", "password": "b"}},
            "key": {"api_key": {"in": "cookie", "name": "key", "value": "k"}},
        }
        connections = {
            name: connection(name, server.url, **({"authentication": kind} if kind else {}))
            for name, kind in kinds.items()
        }
        edge = Edge(connections, store())
        for name in [*kinds, *kinds]:
            await edge.send(HttpRequest(method="GET", url=f"/{name}", connection=name))
        await edge.aclose()
    cookies = {served.target: served.headers.get("cookie") for served in server.requests}
    assert cookies == {"/bare": None, "/digest": None, "/key": "key=k"}
