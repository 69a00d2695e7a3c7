"""Every way a request can be sent, to every address that none may reach: 0 connections."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pydantic import ValidationError
from temporalio.testing import WorkflowEnvironment

from httptask.calls.next_url import next_url
from httptask.calls.problem import TaskFault
from httptask.chat.complete import complete
from httptask.chat.models import ChatRequest
from httptask.client.edge import Edge
from httptask.connections.connection import Connection
from httptask.dsl.compile import compile_definition
from httptask.http.errors import HttpTaskError
from httptask.http.models import HttpRequest
from httptask.http.url import Url
from httptask.secrets.store import SecretStore
from httptask.testing import Reply, ScriptedServer, ServedRequest
from httptask.testrequest import Sample, plan_request, send_once
from httptask.testrequest.connection_check import check_connection
from support.addresses import FORBIDDEN_URLS, METADATA_NAMES
from support.connections import secret_store
from support.definitions import parse
from support.network import PUBLIC, PUBLIC_NAME, Connections, observe_connections, resolve_names
from support.runs import running

GET = HttpRequest(method="GET", url="/", connection="local")
SECRETS = {"CLIENT_SECRET": "client-secret-1"}
CHAT = ChatRequest(connection="local", body={"model": "m", "messages": [{"role": "user", "content": "?"}]})
REFUSALS = {"AddressForbidden", "RequestInvalid", "SecretUnavailable", "TokenUnavailable"}
NOT_FOLLOWED = {"HttpStatusError", "ResponseInvalid"}
SOME = FORBIDDEN_URLS[::12]
"""For the ways that go through Temporal."""


@pytest.fixture
async def connections(monkeypatch: pytest.MonkeyPatch) -> Connections:
    resolve_names(monkeypatch, "169.254.169.254")
    return observe_connections(monkeypatch, public_is_here=True)


class Site:
    """The public server: redirects to the URL at hand, or names it as token endpoint."""

    def __init__(self) -> None:
        self.target = ""

    def __call__(self, served: ServedRequest) -> Reply:
        origin = f"http://{served.headers['host']}"
        if "well-known" in served.target:
            return Reply.json({"issuer": origin, "token_endpoint": self.target})
        head = f"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: {self.target}\r\n\r\n"
        return Reply(head.encode())


@pytest.fixture
async def site() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer(Site()) as server:
        yield server


@asynccontextmanager
async def connected(
    url: str | None, secrets: Mapping[str, str] = SECRETS, **fields: Any
) -> AsyncGenerator[Edge]:
    """An edge whose connection `local` may reach no private network."""
    edge = Edge({"local": Connection(name="local", base_url=url, **fields)}, secret_store(secrets))
    try:
        yield edge
    finally:
        await edge.aclose()


async def send(url: str, **fields: Any) -> None:
    async with connected(url, **fields) as edge:
        await edge.send(GET)


def token_from(authority: str, policy: str = "oauth2") -> dict[str, Any]:
    client = {"id": "shop", "secret": "$secrets.CLIENT_SECRET"}
    settings = {"authority": authority, "grant": "client_credentials", "client": client}
    return {"authentication": {policy: settings}}


async def no_connection(url: str, _: str) -> None:
    async with connected(None) as edge:
        await edge.send(HttpRequest(method="GET", url=url))


async def base_url(url: str, _: str) -> None:
    await send(url)


async def secret_url(url: str, _: str) -> None:
    await send("$secrets.URL", secrets={"URL": url})


async def redirect(_: str, public: str) -> None:
    await send(public, redirects=3)


async def token_endpoint(url: str, public: str) -> None:
    await send(public, **token_from(url))


async def discovery(url: str, public: str) -> None:
    await send(public, **token_from(url, "oidc"))


async def discovered_endpoint(_: str, public: str) -> None:
    await send(public, **token_from(public, "oidc"))


async def proxy(url: str, public: str) -> None:
    address = url.removesuffix("/latest") if url.startswith("http://") else url
    await send(public, proxy={"url": address})


async def behind_a_proxy(url: str, public: str) -> None:
    await send(url, proxy={"url": public})


async def stream(url: str, _: str) -> None:
    async with connected(url) as edge, edge.stream(GET):
        pass


async def chat_completion(url: str, _: str) -> None:
    async with connected(url) as edge:
        await complete(edge, CHAT)


async def streamed_chat_completion(url: str, _: str) -> None:
    body = {**CHAT.body, "stream": True}
    async with connected(url) as edge:
        await complete(edge, CHAT.model_copy(update={"body": body}))


async def connections_check(url: str, _: str) -> None:
    connection = Connection(name="local", base_url=url)
    last = (await check_connection(connection, SecretStore({}, {}), ""))[-1]
    assert last.fault is not None
    assert last.name in ("request", "address"), last
    raise _Refused


async def next_page(url: str, public: str) -> None:
    page = f"{public}/items"
    assert Url.parse(next_url(url, page, frozenset())).origin == Url.parse(page).origin
    raise _Refused


class _Refused(Exception):
    """A refusal that is no exception where it is made."""


Way = Callable[[str, str], Awaitable[None]]
WAYS: list[Way] = [
    no_connection,
    base_url,
    secret_url,
    redirect,
    token_endpoint,
    discovery,
    discovered_endpoint,
    proxy,
    behind_a_proxy,
    stream,
    chat_completion,
    streamed_chat_completion,
    connections_check,
    next_page,
]
FROM_THE_SITE = (redirect, discovered_endpoint)


async def refusal(way: Way, url: str, public: str) -> str | None:
    """How a way refuses a URL, or None."""
    try:
        await way(url, public)
    except HttpTaskError as error:
        return error.type
    except (TaskFault, ValidationError, _Refused):
        return "RequestInvalid"
    return None


@pytest.mark.parametrize("way", WAYS, ids=[way.__name__ for way in WAYS])
async def test_every_way(connections: Connections, site: ScriptedServer, way: Way) -> None:
    public = f"http://{PUBLIC_NAME}:{site.port}"
    accepted: dict[str, str | None] = {}
    for url in FORBIDDEN_URLS:
        assert isinstance(site.script, Site)
        site.script.target = url
        found = await refusal(way, url, public)
        if found not in (REFUSALS | NOT_FOLLOWED if way is redirect else REFUSALS):
            accepted[url] = found
    assert accepted == {}
    assert set(connections) == ({PUBLIC} if way in FROM_THE_SITE else set())


PAGES = """
do:
  - list:
      call: httpRequest
      with: { method: get, connection: local, path: /items, paginate: { next: "${ .next }", items: "${ .data }" } }
"""


async def test_pages_of_a_run(temporal: WorkflowEnvironment, connections: Connections) -> None:
    replies = [Reply.json({"data": [1], "next": url}) for url in SOME]
    async with ScriptedServer(replies) as server:
        local = Connection(name="local", base_url=f"http://{PUBLIC_NAME}:{server.port}")
        async with running(temporal, connections={"local": local}) as runner:
            problems = [(await runner.run(PAGES)).problem for _ in SOME]
    assert {problem["error"] for problem in problems} <= {"NextPageForbidden", "NextPageInvalid"}
    assert len(server.requests) == len(SOME)
    assert set(connections) == {PUBLIC}


REQUEST = """
do:
  - one:
      call: http
      with: { method: get, endpoint: "${ $workflow.input.url }" }
"""


async def test_test_requests_and_runs(temporal: WorkflowEnvironment, connections: Connections) -> None:
    program = compile_definition(parse(REQUEST)).program
    assert program is not None
    async with running(temporal) as runner:
        for url in SOME:
            ran = await runner.run(REQUEST, {"url": url})
            assert ran.problem["error"] in REFUSALS, ran
            sample = Sample(input={"url": url}, task_input={"url": url})
            tested = await send_once(runner.client, runner.task_queue, plan_request(program, "one", sample))
            assert tested.problem is not None
            assert tested.problem.error in REFUSALS, tested
    assert connections == []


@pytest.mark.parametrize("name", METADATA_NAMES)
async def test_who_means_a_metadata_service_opens_its_address(name: str) -> None:
    allowed = ("169.254.0.0/16",)
    async with ScriptedServer([Reply.of()]) as server:
        proxied = {"proxy": {"url": server.url}, "allow_private": (*allowed, "loopback")}
        await send(f"http://{name}", **proxied)
    assert server.requests[0].target == f"http://{name}/"
