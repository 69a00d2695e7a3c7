"""The gate: every request that leaves the process passes it, and none leaves that it refuses."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import httptask.http
from httptask.authentication.models import TokenAuthentication
from httptask.authentication.policy import OAuth2Policy
from httptask.fixtures.transport import Fixtures
from httptask.http.errors import AddressForbidden, HttpTaskError, SecretUnavailable
from httptask.http.models import HttpRequest, SecretReference
from httptask.testing import Reply, ScriptedServer, ServedRequest
from httptask.transport.gate import ConnectionTransport
from support.authorization import AuthorizationServer

KEY = "canary/7f3a+9c=0b"
ROOM = Path(httptask.http.__file__).parents[1]
ROOMS = [ROOM, *(ROOM.parents[1] / room / "httptask" for room in ("workflows", "plugin"))]

NETWORK = (
    "aiohttp",
    "asyncio.open_connection",
    "asyncio.start_server",
    "boto3",
    "google.cloud",
    "http.client",
    "httpx",
    "requests",
    "socket",
    "temporalio.contrib.aws",
    "urllib.request",
    "urllib3",
    "websockets",
)
"""What can open a connection."""

KNOWN = {
    "transport/network.py": {
        "aiohttp",
        "httpx",
        "socket",
    },  # the network itself, which the gate alone is given
    "transport/tls.py": {"httpx"},  # makes contexts of TLS
    "transport/errors.py": {"aiohttp"},  # names what went wrong below the gate
    "transport/answer_protocol.py": {"aiohttp"},  # reads answers on the transport's connections
    "egress/guard.py": {"socket"},  # judges the addresses of the transport's sockets
    "plugin/storage/buckets.py": {
        "boto3",
        "google.cloud",
        "temporalio.contrib.aws",
    },  # the operator's own bucket
    "cli/observability/listening.py": {"socket"},  # listens
    "cli/server/process.py": {"socket"},  # listens
    "cli/worker/health.py": {"aiohttp"},  # listens
    "events/webhooks.py": {"aiohttp", "socket"},  # listens
    "designer/serving.py": {"socket"},  # listens
    "testing/server.py": {"asyncio.start_server"},  # listens
}
"""Modules that use it, and what for. Whoever adds one here says why its requests need not pass the gate."""


@cache
def texts() -> tuple[tuple[str, str, frozenset[str]], ...]:
    """The name of each module, its text, and the words in it."""
    return tuple(
        (str(file.relative_to(room)), text, frozenset(re.findall(r"\w+", text)))
        for room in ROOMS
        for file in sorted(room.rglob("*.py"))
        for text in [file.read_text(encoding="utf-8")]
    )


def modules(*names: str) -> Iterator[tuple[str, ast.Module]]:
    """Those that may use one of some names, dotted ones too: to parse all takes seconds."""
    for module, text, words in texts():
        if any(words.issuperset(name.split(".")) for name in names):
            yield module, ast.parse(text)


def used(tree: ast.Module) -> set[str]:
    """The ways to open a connection that a module imports or names."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == "asyncio"
        ):
            names.add(f"asyncio.{node.attr}")
    return {way for way in NETWORK if any(name == way or name.startswith(f"{way}.") for name in names)}


def calls(tree: ast.Module, name: str) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
    ]


def test_nothing_opens_a_connection_but_the_transport() -> None:
    assert {file: found for file, tree in modules(*NETWORK) if (found := used(tree))} == KNOWN


def test_every_transport_stands_behind_the_gate() -> None:
    made = {
        (file, name)
        for name in ("NetworkTransport", "ConnectionTransport", "Gate")
        for file, tree in modules(name)
        if calls(tree, name)
    }
    assert made == {
        ("transport/gate.py", "NetworkTransport"),
        ("transport/gate.py", "ConnectionTransport"),
        ("transport/gate.py", "Gate"),
        ("testing/scripted_network.py", "NetworkTransport"),  # behind it, in the place of fixtures
    }


@pytest.mark.parametrize("fixtures", [None, Fixtures([])])
@pytest.mark.parametrize("name", [None, "local"])
async def test_what_carries_requests_is_gated(
    make_edge: Any, name: str | None, fixtures: Fixtures | None
) -> None:
    edge = make_edge("http://127.0.0.1:1", fixtures=fixtures)
    assert isinstance(edge._pool.transport(edge._connection(name)), ConnectionTransport)


def test_requests_are_sent_by_the_edge_and_for_its_tokens() -> None:
    senders = {file for name in ("exchange", "opened") for file, tree in modules(name) if calls(tree, name)}
    assert senders == {"client/edge.py", "transport/exchange.py", "client/authenticator.py"}


def test_where_secrets_may_go_is_asked_at_the_gate_alone() -> None:
    asked = {
        file
        for file, tree in modules("check_origin")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "check_origin"
    }
    assert asked == {"transport/gate.py"}


def token_request(
    kind: Any,
    authority: str,
    secret: str | None = None,
    *,
    connection: str | None = None,
    url: str = "/",
    **settings: Any,
) -> HttpRequest:
    """A request whose definition says where tokens come from, perhaps with a secret at the end of the authority."""
    policy = {
        "authority": authority,
        "grant": "client_credentials",
        "client": {"id": "shop", "authentication": "none"},
        **settings,
    }
    references = (
        (SecretReference(pointer="/authentication/settings/authority", offset=len(authority), name=secret),)
        if secret
        else ()
    )
    return HttpRequest(
        method="GET",
        url=url,
        connection=connection,
        authentication=TokenAuthentication(kind=kind, settings=OAuth2Policy.model_validate(policy)),
        secrets=references,
    )


@pytest.mark.parametrize("kind", ["oauth2", "oidc"])
async def test_no_secret_leaves_in_the_address_of_an_authority(make_edge: Any, kind: str) -> None:
    async with ScriptedServer(AuthorizationServer()) as evil, ScriptedServer([Reply.of()]) as api:
        edge = make_edge(
            api.url,
            connection={"authentication": {"bearer": {"token": "$secrets.KEY"}}},
            secrets={"KEY": KEY},
            origins=(api.url,),
        )
        request = token_request(kind, f"{evil.url}/", "KEY", connection="local")
        with pytest.raises(
            SecretUnavailable, match=f'the secret KEY may not be sent to {evil.url}: .* add "{evil.url}"'
        ):
            await edge.send(request)
    assert (evil.connections, api.connections) == (0, 0)


async def test_the_secret_may_go_to_its_origin_in_an_authority(make_edge: Any) -> None:
    async with ScriptedServer(AuthorizationServer()) as authority, ScriptedServer([Reply.of()]) as api:
        edge = make_edge(api.url, secrets={"KEY": "realm-0123"}, origins=(authority.url,))
        await edge.send(token_request("oauth2", f"{authority.url}/", "KEY", connection="local"))
    assert [served.target for served in authority.requests] == ["/realm-0123/oauth2/token"]


@pytest.mark.parametrize("kind", ["oauth2", "oidc"])
@pytest.mark.parametrize("connection", [None, "local"])
async def test_run_data_go_to_allowed_hosts_only(make_edge: Any, connection: str | None, kind: str) -> None:
    """`client.id` may come from a response; the server that gets it is one that the operator allowed."""
    async with ScriptedServer(AuthorizationServer()) as evil, ScriptedServer([Reply.of()]) as api:
        url = "/" if connection else api.url
        there = evil.url.replace("127.0.0.1", "localhost")
        edge = make_edge(api.url, allowed_hosts=["127.0.0.1"])
        request = token_request(kind, there, connection=connection, url=url)
        with pytest.raises(AddressForbidden, match="localhost is not among the allowed_hosts"):
            await edge.send(request)
        assert (evil.connections, api.connections) == (0, 0)
        await make_edge(api.url, allowed_hosts=["127.0.0.1", "localhost"]).send(
            token_request("oauth2", there, connection=connection, url=url)
        )
    assert (len(evil.requests), len(api.requests)) == (1, 1)


async def test_the_authority_of_a_connection_is_declared_by_being_there(make_edge: Any) -> None:
    policy = {"grant": "client_credentials", "client": {"id": "shop", "authentication": "none"}}
    async with ScriptedServer(AuthorizationServer()) as authority, ScriptedServer([Reply.of()]) as api:
        for kind in ("oauth2", "oidc"):
            edge = make_edge(
                api.url,
                connection={"authentication": {kind: {**policy, "authority": authority.url}}},
                allowed_hosts=["api.example.com"],
            )
            await edge.send(HttpRequest(method="GET", url="/", connection="local"))
    assert len(api.requests) == 2


async def test_a_token_endpoint_that_is_only_discovered_is_not_declared(make_edge: Any) -> None:
    async with ScriptedServer(AuthorizationServer()) as elsewhere, ScriptedServer([Reply.of()]) as api:
        other = elsewhere.url.replace("127.0.0.1", "localhost")

        def discovery(served: ServedRequest) -> Reply:
            return Reply.json(
                {"issuer": f"http://{served.headers['host']}", "token_endpoint": f"{other}/token"}
            )

        policy = {"grant": "client_credentials", "client": {"id": "shop", "authentication": "none"}}
        async with ScriptedServer(discovery) as authority:
            edge = make_edge(
                api.url,
                connection={"authentication": {"oidc": {**policy, "authority": authority.url}}},
                allowed_hosts=["127.0.0.1"],
            )
            with pytest.raises(AddressForbidden, match="localhost is not among the allowed_hosts"):
                await edge.send(HttpRequest(method="GET", url="/", connection="local"))
    assert (elsewhere.connections, api.connections) == (0, 0)


async def test_no_token_is_asked_for_in_vain(make_edge: Any) -> None:
    """The call itself would not leave, so the request for its token does not either."""
    async with ScriptedServer(AuthorizationServer()) as authority, ScriptedServer([Reply.of()]) as api:
        edge = make_edge(api.url, allowed_hosts=["127.0.0.1"])
        url = api.url.replace("127.0.0.1", "localhost")
        with pytest.raises(AddressForbidden):
            await edge.send(token_request("oauth2", authority.url, url=url))
    assert (authority.connections, api.connections) == (0, 0)


@pytest.mark.parametrize("place", ["query", "header", "path", "host"])
async def test_a_refusal_tells_no_secret(make_edge: Any, place: str) -> None:
    value = "canary0123456789"
    references = {
        "query": (HttpRequest(method="GET", url="http://h.invalid/", query={"k": ""}), "/query/k", 0),
        "header": (
            HttpRequest(method="GET", url="http://h.invalid/", headers={"X-Key": ""}),
            "/headers/X-Key",
            0,
        ),
        "path": (HttpRequest(method="GET", url="http://h.invalid/"), "/url", 17),
        "host": (HttpRequest(method="GET", url="http://.evil.invalid/"), "/url", 7),
    }
    request, pointer, offset = references[place]
    request = request.model_copy(
        update={"secrets": (SecretReference(pointer=pointer, offset=offset, name="KEY"),)}
    )
    edge = make_edge(secrets={"KEY": value}, origins=("https://api.example.com",))
    with pytest.raises(SecretUnavailable) as caught:
        await edge.send(request)
    assert "the secret KEY may not be sent to http://" in caught.value.message
    assert value not in f"{caught.value.message} {caught.value.details} {caught.value.args}"


async def test_the_password_of_a_proxy_goes_to_its_origin(make_edge: Any) -> None:
    async with ScriptedServer([Reply.of()]) as proxy:
        edge = make_edge(
            "http://api.example.com",
            connection={"proxy": {"url": proxy.url, "username": "ann", "password": "$secrets.KEY"}},
            secrets={"KEY": KEY},
            origins=("http://api.example.com",),
        )
        with pytest.raises(SecretUnavailable, match=f"may not be sent to {proxy.url}"):
            await edge.send(HttpRequest(method="GET", url="/", connection="local"))
    assert proxy.connections == 0


async def test_what_is_refused_is_refused_with_fixtures_too(make_edge: Any) -> None:
    edge = make_edge(allowed_hosts=["api.example.com"], fixtures=Fixtures([]))
    for request in (
        HttpRequest(method="GET", url="https://evil.example/"),
        token_request("oidc", "https://evil.example", url="https://api.example.com/"),
    ):
        with pytest.raises(HttpTaskError, match=r"evil.example is not among the allowed_hosts"):
            await edge.send(request)
