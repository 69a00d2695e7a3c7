"""Redirects: what is followed, what is refused, and that no credential ever reaches another server."""

import socket
from typing import Any

import pytest

from httptask.authentication.models import BasicAuthentication, BearerAuthentication
from httptask.http.errors import AddressForbidden, ConnectFailed, HttpStatusError
from httptask.http.models import JsonBody, SecretReference, TextBody
from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.authorization import AuthorizationServer
from support.requests import request

CODES = (301, 302, 303, 307, 308)
CANARY = "canary-0123456789"


def secret(pointer: str, offset: int = 0) -> tuple[SecretReference, ...]:
    return (SecretReference(pointer=pointer, offset=offset, name="KEY"),)


def to(location: str, status: int = 302) -> Reply:
    return Reply.of(status=status, headers={"Location": location})


def server_that(location: str, status: int = 302) -> ScriptedServer:
    """Redirects /start, and answers everything else."""
    return ScriptedServer(
        lambda served: to(location, status) if served.target.startswith("/start") else Reply.of()
    )


CREDENTIALS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "bearer of the connection": ({}, {"authentication": {"bearer": {"token": "$secrets.KEY"}}}),
    "digest of the connection": (
        {},
        {"authentication": {"digest": {"username": "ann", "password": "$secrets.KEY"}}},
    ),
    "key in the query": (
        {},
        {"authentication": {"api_key": {"in": "query", "name": "k", "value": "$secrets.KEY"}}},
    ),
    "key in a cookie": (
        {},
        {"authentication": {"api_key": {"in": "cookie", "name": "k", "value": "$secrets.KEY"}}},
    ),
    "bearer of the request": (
        {
            "authentication": BearerAuthentication(token=""),
            "secrets": secret("/authentication/token"),
        },
        {},
    ),
    "basic": (
        {
            "authentication": BasicAuthentication(username="ann", password=""),
            "secrets": secret("/authentication/password"),
        },
        {},
    ),
    "secret header": ({"headers": {"X-Team": ""}, "secrets": secret("/headers/X-Team")}, {}),
    "header of the connection": ({}, {"headers": {"X-Team": CANARY}}),
    "secret in the query": ({"query": {"q": ""}, "secrets": secret("/query/q")}, {}),
    "secret in the body": (
        {"method": "POST", "body": JsonBody(value={"k": ""}), "secrets": secret("/body/value/k")},
        {},
    ),
    "Cookie": ({"headers": {"Cookie": f"session={CANARY}"}}, {}),
    "key header written out": ({"headers": {"X-Api-Key": CANARY}}, {}),
}


@pytest.mark.parametrize("kind", CREDENTIALS)
@pytest.mark.parametrize("code", CODES)
async def test_no_credential_at_another_origin(make_edge: Any, code: int, kind: str) -> None:
    fields, connection = CREDENTIALS[kind]
    async with ScriptedServer([Reply.of()]) as other, server_that(f"{other.url}/stolen", code) as server:
        edge = make_edge(server.url, connection={"redirects": 3, **connection}, secrets={"KEY": CANARY})
        with pytest.raises(HttpStatusError) as caught:
            await edge.send(request("/start", **fields))
    assert f"it redirects to 127.0.0.1:{other.port}, and the request carries" in caught.value.message
    assert "set redirects_elsewhere = true for its connection" in caught.value.message
    assert caught.value.details["status"] == code
    assert not caught.value.retryable
    assert other.connections == 0
    assert len(server.requests) == 1


@pytest.mark.parametrize("kind", CREDENTIALS)
async def test_the_author_may_leave_the_credential_behind(make_edge: Any, kind: str) -> None:
    """As browsers and curl do it; a signed URL brings its own authorization."""
    fields, connection = CREDENTIALS[kind]
    async with (
        ScriptedServer([Reply.of(b"PK")]) as other,
        server_that(f"{other.url}/a.zip?X-Signature=abc", 303) as server,
    ):
        settings = {"redirects": 3, "redirects_elsewhere": True, **connection}
        edge = make_edge(server.url, connection=settings, secrets={"KEY": CANARY})
        response = await edge.send(request("/start", **fields))
    [served] = other.requests
    assert (served.method, served.target, served.body) == ("GET", "/a.zip?X-Signature=abc", b"")
    assert {"authorization", "cookie", "x-team", "x-api-key", "content-type"}.isdisjoint(served.headers)
    assert CANARY not in f"{served.target} {served.headers}"
    assert response.redirected_to == f"127.0.0.1:{other.port}/a.zip"


async def test_a_server_that_led_elsewhere_and_back_gets_no_credential(make_edge: Any) -> None:
    """Whoever is asked in between would choose what is done in the name of the credential."""
    back: list[str] = []
    policy = {"grant": "client_credentials", "client": {"id": "shop", "secret": "$secrets.KEY"}}
    async with (
        ScriptedServer(AuthorizationServer()) as authority,
        ScriptedServer(lambda _: to(f"{back[0]}/delete-all", 307)) as other,
        server_that(other.url, 307) as server,
    ):
        back.append(server.url)
        edge = make_edge(
            server.url,
            connection={
                "redirects": 3,
                "redirects_elsewhere": True,
                "authentication": {"oauth2": {**policy, "authority": authority.url}},
            },
            secrets={"KEY": CANARY},
        )
        await edge.send(request("/start"))
    first, last = server.requests
    assert (last.target, "authorization" in first.headers, "authorization" in last.headers) == (
        "/delete-all",
        True,
        False,
    )


@pytest.mark.parametrize(
    "location", ["{other}/x?key={secret}", "{other}/{secret}/x", "{other}/x?key={escaped}"]
)
async def test_a_secret_that_a_server_put_into_an_address_goes_nowhere(make_edge: Any, location: str) -> None:
    """A server that redirects all of a path and query to another one would send a key in it along."""
    async with ScriptedServer([Reply.of()]) as other:
        escaped = "".join(f"%{ord(character):02x}" for character in CANARY)
        async with server_that(location.format(other=other.url, secret=CANARY, escaped=escaped)) as server:
            edge = make_edge(
                server.url,
                connection={
                    "redirects": 3,
                    "redirects_elsewhere": True,
                    "authentication": {"api_key": {"in": "query", "name": "key", "value": "$secrets.KEY"}},
                },
                secrets={"KEY": CANARY},
            )
            with pytest.raises(HttpStatusError, match="to another server, with a secret in its address"):
                await edge.send(request("/start"))
    assert other.connections == 0


@pytest.mark.parametrize("scheme", ["canary", "canary-0123456789"])
async def test_no_part_of_a_secret_is_told_of_a_location(make_edge: Any, scheme: str) -> None:
    value = f"{scheme}:{'x' * 230}"
    async with server_that(value) as server:
        edge = make_edge(
            server.url,
            connection={"redirects": 1, "headers": {"X-Team": "$secrets.KEY"}},
            secrets={"KEY": value},
        )
        with pytest.raises(HttpStatusError) as caught:
            await edge.send(request("/start"))
    assert "canary" not in f"{caught.value.message} {caught.value.details}"


@pytest.mark.parametrize("kind", CREDENTIALS)
@pytest.mark.parametrize("code", CODES)
async def test_credentials_stay_at_their_origin(make_edge: Any, code: int, kind: str) -> None:
    fields, connection = CREDENTIALS[kind]
    async with server_that("/end", code) as server:
        edge = make_edge(server.url, connection={"redirects": 3, **connection}, secrets={"KEY": CANARY})
        response = await edge.send(request("/start", **fields))
    first, second = server.requests
    assert response.redirected_to == f"127.0.0.1:{server.port}/end"
    for name in ("authorization", "cookie", "x-team", "x-api-key"):
        assert second.headers.get(name) == first.headers.get(name)


@pytest.mark.parametrize("kind", ["POST", "PUT", "GET", "HEAD", "DELETE"])
@pytest.mark.parametrize("code", CODES)
async def test_methods_and_bodies(make_edge: Any, code: int, kind: str) -> None:
    async with server_that("/end", code) as server:
        await make_edge(server.url, connection={"redirects": 1}).send(
            request("/start", method=kind, body=TextBody(text="hi"), idempotency_key="k")
        )
    _, second = server.requests
    becomes_get = (code == 303 and kind not in ("GET", "HEAD")) or (code in (301, 302) and kind == "POST")
    assert second.method == ("GET" if becomes_get else kind)
    assert second.body == (b"" if becomes_get else b"hi")
    assert ("content-type" in second.headers) is not becomes_get
    if becomes_get:
        assert "idempotency-key" not in second.headers


async def test_a_request_without_credentials_may_leave_with_nothing_of_its_own(make_edge: Any) -> None:
    async with ScriptedServer([Reply.of(b"file")]) as other, server_that(f"{other.url}/f?token=t") as server:
        response = await make_edge(server.url, connection={"redirects": 1}).send(
            request("/start", headers={"X-Own": "1", "Accept": "text/plain"})
        )
    [served] = other.requests
    assert (served.target, served.headers["accept"]) == ("/f?token=t", "text/plain")
    assert {"x-own", "authorization", "cookie", "referer"}.isdisjoint(served.headers)
    assert response.content == "file"
    assert response.redirected_to == f"127.0.0.1:{other.port}/f"


@pytest.mark.parametrize("code", [307, 308])
async def test_a_body_stays_at_its_origin(make_edge: Any, code: int) -> None:
    async with ScriptedServer([Reply.of()]) as other, server_that(other.url, code) as server:
        with pytest.raises(HttpStatusError, match="and a body goes to its own server alone"):
            await make_edge(server.url, connection={"redirects": 1}).send(
                request("/start", method="POST", body=JsonBody(value={"private": 1}))
            )
    assert other.connections == 0


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("file:///etc/passwd", "it redirects to a file: URL"),
        ("gopher://127.0.0.1/", "it redirects to a gopher: URL"),
        ("javascript:alert(1)", "it redirects to a javascript: URL"),
        ("http://user:pw@127.0.0.1/", "its Location can't be read as a URL"),
        ("http://2130706433/", "its Location can't be read as a URL"),
        ("http://[::1/", "its Location can't be read as a URL"),
        ("http://x:99999/", "its Location can't be read as a URL"),
        ("/start", "it redirects in a circle"),
    ],
    ids=["file", "gopher", "javascript", "user", "number as a host", "half a bracket", "port", "circle"],
)
async def test_refused_targets(make_edge: Any, location: str, reason: str) -> None:
    async with server_that(location) as server:
        with pytest.raises(HttpStatusError) as caught:
            await make_edge(server.url, connection={"redirects": 3}).send(request("/start"))
    assert caught.value.message == f"302 from 127.0.0.1:{server.port}: {reason}"
    assert len(server.requests) == 1


@pytest.mark.parametrize("headers", [b"", b"Location: /a\r\nLocation: /b\r\n"])
async def test_one_location_is_needed(make_edge: Any, headers: bytes) -> None:
    reply = Reply(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n" + headers + b"\r\n")
    async with ScriptedServer([reply]) as server:
        with pytest.raises(HttpStatusError, match="Location headers"):
            await make_edge(server.url, connection={"redirects": 3}).send(request("/start"))


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/é?q=ü x", "/%C3%A9?q=%C3%BC%20x"),
        ("next", "/a/next"),
        ("next\r\nLocation: next", "/a/next"),
        ("/\\evil.example", "/%5Cevil.example"),
        ("?q=1", "/a/start?q=1"),
    ],
)
async def test_relative_locations(make_edge: Any, location: str, target: str) -> None:
    head = f"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: {location}\r\n\r\n"
    async with ScriptedServer([Reply(head.encode()), Reply.of()]) as server:
        await make_edge(server.url, connection={"redirects": 1}).send(request("/a/start"))
    assert server.requests[1].target == target


async def test_each_hop_is_judged_by_its_address(make_edge: Any) -> None:
    async with server_that("http://127.0.0.2:1/") as server:
        edge = make_edge(server.url, connection={"redirects": 1, "allow_private": ("127.0.0.1",)})
        with pytest.raises(AddressForbidden, match=r"the host is 127.0.0.2, a loopback address"):
            await edge.send(request("/start"))


async def test_leaving_needs_an_allowed_host(make_edge: Any) -> None:
    async with ScriptedServer([Reply.of()]) as other, server_that(other.url) as server:
        edge = make_edge(server.url, connection={"redirects": 1}, allowed_hosts=["*.example.com"])
        with pytest.raises(AddressForbidden) as caught:
            await edge.send(request("/start"))
    assert caught.value.message.startswith(
        f"302 from 127.0.0.1:{server.port} leads to a server that may not be asked: 127.0.0.1 is not among the allowed_hosts"
    )
    assert other.connections == 0


async def test_hops_are_counted(make_edge: Any) -> None:
    def onward(served: ServedRequest) -> Reply:
        number = int(served.target.removeprefix("/"))
        return to(f"/{number - 1}") if number else Reply.of(b"end")

    async with ScriptedServer(onward) as server:
        edge = make_edge(server.url, connection={"redirects": 3})
        assert (await edge.send(request("/3"))).redirected_to == f"127.0.0.1:{server.port}/0"
        assert (await edge.send(request("/0"))).redirected_to is None
        with pytest.raises(HttpStatusError, match="more than 3 redirects"):
            await edge.send(request("/4"))


async def test_a_redirect_that_is_a_result_is_not_followed(make_edge: Any) -> None:
    async with server_that("/end") as server:
        response = await make_edge(server.url, connection={"redirects": 3}).send(
            request("/start", success=("3xx",))
        )
    assert (response.status, len(server.requests)) == (302, 1)


async def test_nothing_is_resent_when_a_later_hop_fails(make_edge: Any) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        closed = listener.getsockname()[1]
    async with server_that(f"http://127.0.0.1:{closed}/") as server:
        with pytest.raises(ConnectFailed) as caught:
            await make_edge(server.url, connection={"redirects": 3}).send(request("/start", method="POST"))
    assert caught.value.details["sent"]
    assert len(server.requests) == 1


async def test_a_secret_in_the_target_is_not_told(make_edge: Any) -> None:
    async with server_that(f"/end/{CANARY}") as server:
        edge = make_edge(
            server.url,
            connection={"redirects": 1, "headers": {"X-Team": "$secrets.KEY"}},
            secrets={"KEY": CANARY},
        )
        response = await edge.send(request("/start"))
    assert response.redirected_to == f"127.0.0.1:{server.port}/end/[redacted:KEY]"
