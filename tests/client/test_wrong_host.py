"""A credential is seen at the origin that it belongs to and nowhere else, wherever a server sends the client.

Servers on two ports are two origins. `SETTINGS` are those of a connection under which every row must hold.
"""

import base64
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import product
from typing import Any
from urllib.parse import quote

import pytest

from httptask.http.errors import HttpStatusError, HttpTaskError
from httptask.http.models import HttpRequest
from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.authorization import AuthorizationServer

CANARY = "canary/7f3a+9c=0b"
TOKEN = "access-token-"
FORMS = (CANARY, quote(CANARY, safe=""), base64.b64encode(CANARY.encode()).decode()[:-4], TOKEN)
CREDENTIAL_HEADERS = {"authorization", "cookie", "x-key"}
SETTINGS: list[dict[str, Any]] = [{}, {"redirects": 3}, {"redirects": 3, "redirects_elsewhere": True}]
CODES = (301, 302, 303, 307, 308)
METHODS = ("GET", "POST")

CLIENT = {"id": "shop", "secret": "$secrets.KEY"}
KINDS: dict[str, Callable[[str], dict[str, Any]]] = {
    "basic": lambda _: {"authentication": {"basic": {"username": "ann", "password": "$secrets.KEY"}}},
    "bearer": lambda _: {"authentication": {"bearer": {"token": "$secrets.KEY"}}},
    "digest": lambda _: {"authentication": {"digest": {"username": "ann", "password": "$secrets.KEY"}}},
    "oauth2": lambda authority: {
        "authentication": {
            "oauth2": {"authority": authority, "grant": "client_credentials", "client": CLIENT}
        }
    },
    "oidc": lambda authority: {
        "authentication": {"oidc": {"authority": authority, "grant": "client_credentials", "client": CLIENT}}
    },
    "api_key-header": lambda _: api_key("header", "X-Key"),
    "api_key-query": lambda _: api_key("query", "key"),
    "api_key-cookie": lambda _: api_key("cookie", "key"),
    "header": lambda _: {"headers": {"X-Key": "$secrets.KEY"}},
}
CHALLENGE = {"WWW-Authenticate": 'Digest realm="r", qop="auth", algorithm=SHA-256, nonce="n"'}


def api_key(place: str, name: str) -> dict[str, Any]:
    return {"authentication": {"api_key": {"in": place, "name": name, "value": "$secrets.KEY"}}}


@dataclass
class Servers:
    """Three origins."""

    home: ScriptedServer
    other: ScriptedServer
    authority: ScriptedServer
    location: str = ""

    def forget(self) -> None:
        """What they were asked before."""
        for server in (self.home, self.other, self.authority):
            server.requests.clear()

    def answer(self, served: ServedRequest) -> Reply:
        """At home: a challenge, then the redirect."""
        if served.target.startswith("/done"):
            return Reply.json({})
        if "digest" in self.location and "authorization" not in served.headers:
            return Reply.of(status=401, headers=CHALLENGE)
        code, _, target = self.location.partition(" ")
        return Reply.of(status=int(code), headers={"Location": target})


@asynccontextmanager
async def serving() -> AsyncGenerator[Servers]:
    """The other origin asks for every kind of credential."""
    servers: Servers

    def at_home(served: ServedRequest) -> Reply:
        return servers.answer(served)

    async with (
        ScriptedServer(at_home) as home,
        ScriptedServer([Reply.of(status=401, headers=CHALLENGE)]) as other,
        ScriptedServer(AuthorizationServer(prefix=TOKEN)) as authority,
    ):
        servers = Servers(home, other, authority)
        yield servers


def seen(server: ScriptedServer) -> str:
    return "\n".join(f"{served.target} {served.headers} {served.body.decode()}" for served in server.requests)


def canaries(server: ScriptedServer) -> list[str]:
    found = [form for form in FORMS if form in seen(server)]
    headers = {name for served in server.requests for name in served.headers}
    return [*found, *(CREDENTIAL_HEADERS & headers)]


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("kind", KINDS)
async def test_a_redirect_takes_no_credential_along(
    make_edge: Any, kind: str, settings: dict[str, Any]
) -> None:
    async with serving() as servers:
        for method, code, where in product(METHODS, CODES, ("same", "other")):
            servers.forget()
            target = servers.home.url if where == "same" else servers.other.url
            servers.location = f"{code} {target}/done?{kind}"
            edge = make_edge(
                servers.home.url,
                connection={**KINDS[kind](servers.authority.url), **settings},
                secrets={"KEY": CANARY},
            )
            request = HttpRequest(method=method, url="/start", connection="local")
            if settings and where == "same":
                await edge.send(request)
            else:
                with pytest.raises(HttpStatusError):
                    await edge.send(request)
            await edge.aclose()
            assert canaries(servers.other) == [], (method, code)
            assert canaries(servers.home) != [], (method, code, where)
            if kind in ("oauth2", "oidc"):
                assert CANARY not in seen(servers.home)
                assert quote(CANARY, safe="") not in seen(servers.home)
                assert TOKEN not in seen(servers.authority)
            else:
                assert servers.authority.requests == []


@pytest.mark.parametrize("kind", ["oauth2", "oidc"])
@pytest.mark.parametrize("code", CODES)
async def test_an_authority_that_redirects_is_not_followed(make_edge: Any, code: int, kind: str) -> None:
    async with serving() as servers:
        redirect = [Reply.of(status=code, headers={"Location": f"{servers.other.url}/oauth2/token"})]
        async with ScriptedServer(redirect) as authority:
            edge = make_edge(servers.home.url, connection=KINDS[kind](authority.url), secrets={"KEY": CANARY})
            with pytest.raises(HttpTaskError) as raised:
                await edge.send(HttpRequest(method="GET", url="/start", connection="local"))
    assert raised.value.type == "TokenUnavailable"
    assert (servers.other.connections, servers.home.connections) == (0, 0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("url", ["{other}/x", "{other}", "{home}@{other}/x", "HTTP://LOCALHOST:{port}/x"])
async def test_an_absolute_address_elsewhere_is_refused(make_edge: Any, url: str, kind: str) -> None:
    async with serving() as servers:
        edge = make_edge(
            servers.home.url, connection=KINDS[kind](servers.authority.url), secrets={"KEY": CANARY}
        )
        target = url.format(home=servers.home.url, other=servers.other.url, port=servers.home.port)
        with pytest.raises(HttpTaskError) as raised:
            await edge.send(HttpRequest(method="GET", url=target, connection="local"))
    assert raised.value.type == "RequestInvalid"
    assert [server.connections for server in (servers.home, servers.other, servers.authority)] == [0, 0, 0]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_secret_of_another_origin_is_refused(make_edge: Any, kind: str) -> None:
    """A connection that names a secret which belongs elsewhere: nobody sees it, not even the authority."""
    async with serving() as servers:
        edge = make_edge(
            servers.home.url,
            connection=KINDS[kind](servers.authority.url),
            secrets={"KEY": CANARY},
            origins=(servers.other.url,),
        )
        with pytest.raises(HttpTaskError) as raised:
            await edge.send(HttpRequest(method="GET", url="/start", connection="local"))
    assert raised.value.type == "SecretUnavailable"
    assert [canaries(server) for server in (servers.home, servers.other, servers.authority)] == [[], [], []]


@pytest.mark.parametrize("kind", ["digest", "oauth2"])
async def test_a_request_to_another_origin_passes_without_a_credential(make_edge: Any, kind: str) -> None:
    """What follows a redirect uses the same transport, which must know where it belongs."""
    from httptask.http.limits import HTTP_DEFAULTS, bounds
    from httptask.http.url import Url
    from httptask.request.draft import draft
    from httptask.request.wire import WireRequest, wire_request
    from httptask.secrets.redaction import Redactor
    from httptask.transport.exchange import exchange

    async with serving() as servers:
        edge = make_edge(
            servers.home.url, connection=KINDS[kind](servers.authority.url), secrets={"KEY": CANARY}
        )
        connection = edge._connection("local")
        outgoing = wire_request(
            draft(HttpRequest(method="GET", url="/", connection="local"), connection), edge._secrets
        )
        inner = edge._pool.transport(connection)
        transport = edge._authenticator.transport(outgoing, "local", inner)
        elsewhere = WireRequest("GET", Url.parse(f"{servers.other.url}/x"), [], b"")
        answer = await exchange(transport, elsewhere, bounds(HTTP_DEFAULTS), ("2xx",), Redactor({}))
    assert answer.status == 401
    assert len(servers.other.requests) == 1
    assert canaries(servers.other) == []
