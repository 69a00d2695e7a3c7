"""Tokens of an authorization server: what is asked, what is taken, and what is refused."""

import asyncio
import base64
import json
from typing import Any

import pytest

from httptask.http.errors import HttpTaskError, RequestInvalid, TokenUnavailable
from httptask.http.models import HttpRequest, Limits
from httptask.testing import Reply, ScriptedServer
from support.authorization import AuthorizationServer

SECRETS = {"CLIENT_SECRET": "client-secret-1", "REFRESH": "refresh-token-0", "PASSWORD": "user-password-1"}
CLIENT = {"id": "shop", "secret": "$secrets.CLIENT_SECRET"}
GET = HttpRequest(method="GET", url="/", connection="local")
FORM = "application/x-www-form-urlencoded"
REFRESH = {"token": "$secrets.REFRESH", "type": "urn:ietf:params:oauth:token-type:refresh_token"}
JWT = {"token": "subject-token-1", "type": "urn:ietf:params:oauth:token-type:jwt"}
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"


def oauth2(server: ScriptedServer, **settings: Any) -> dict[str, Any]:
    policy = {"authority": server.url, "grant": "client_credentials", "client": CLIENT, **settings}
    return {"authentication": {"oauth2": policy}}


def issued(authority: ScriptedServer) -> AuthorizationServer:
    assert isinstance(authority.script, AuthorizationServer)
    return authority.script


def jwt(**claims: Any) -> str:
    parts = ({"alg": "none"}, claims)
    return (
        ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
        + "."
    )


@pytest.mark.parametrize(
    ("settings", "asked"),
    [
        ({}, {"grant_type": "client_credentials", "client_id": "shop", "client_secret": "client-secret-1"}),
        (
            {"scopes": ["read", "write"], "audiences": ["a b", "c"]},
            {
                "grant_type": "client_credentials",
                "scope": "read write",
                "audience": ["a b", "c"],
                "client_id": "shop",
                "client_secret": "client-secret-1",
            },
        ),
        (
            {"client": {**CLIENT, "authentication": "client_secret_basic"}},
            {
                "grant_type": "client_credentials",
                "authorization": "Basic " + base64.b64encode(b"shop:client-secret-1").decode(),
            },
        ),
        (
            {"client": {"id": "shop", "authentication": "none"}},
            {"grant_type": "client_credentials", "client_id": "shop"},
        ),
        (
            {"client": {"id": "shop", "assertion": "signed.j.wt", "authentication": "private_key_jwt"}},
            {
                "grant_type": "client_credentials",
                "client_id": "shop",
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "client_assertion": "signed.j.wt",
            },
        ),
        (
            {"grant": "password", "username": "ann", "password": "$secrets.PASSWORD"},
            {
                "grant_type": "password",
                "username": "ann",
                "password": "user-password-1",
                "client_id": "shop",
                "client_secret": "client-secret-1",
            },
        ),
        (
            {
                "grant": "refresh_token",
                "subject": REFRESH,
                "client": {"id": "shop", "authentication": "none"},
            },
            {"grant_type": "refresh_token", "refresh_token": "refresh-token-0", "client_id": "shop"},
        ),
        (
            {"grant": EXCHANGE, "subject": JWT, "actor": JWT, "client": {"authentication": "none"}},
            {
                "grant_type": EXCHANGE,
                "subject_token": JWT["token"],
                "subject_token_type": JWT["type"],
                "actor_token": JWT["token"],
                "actor_token_type": JWT["type"],
            },
        ),
    ],
)
@pytest.mark.parametrize("encoding", [FORM, "application/json"])
async def test_the_token_request(
    make_edge: Any,
    authority: ScriptedServer,
    api: ScriptedServer,
    settings: dict[str, Any],
    asked: dict[str, Any],
    encoding: str,
) -> None:
    connection = oauth2(authority, **settings, request={"encoding": encoding})
    response = await make_edge(api.url, connection=connection, secrets=SECRETS).send(GET)
    assert issued(authority).asked == [asked]
    assert authority.requests[0].target == "/oauth2/token"
    assert authority.requests[0].headers["accept"] == "application/json"
    assert api.requests[0].headers["authorization"] == "Bearer access-token-1"
    assert response.request.headers["Authorization"] == f"Bearer <token from {authority.url}>"


async def test_a_client_proves_itself_by_a_jwt(
    make_edge: Any, authority: ScriptedServer, api: ScriptedServer
) -> None:
    connection = oauth2(authority, client={**CLIENT, "authentication": "client_secret_jwt"})
    await make_edge(api.url, connection=connection, secrets={"CLIENT_SECRET": "s" * 40}).send(GET)
    claims = issued(authority).asked[0]["client_assertion"].split(".")[1]
    told = json.loads(base64.urlsafe_b64decode(claims + "=="))
    assert (told["iss"], told["sub"], told["aud"]) == ("shop", "shop", f"{authority.url}/oauth2/token")


@pytest.mark.parametrize(
    ("path", "endpoints", "target"),
    [
        ("/realms/shop", {}, "/realms/shop/oauth2/token"),
        ("/realms/shop/", {"token": "protocol/token"}, "/realms/shop/protocol/token"),
        ("", {"token": "/as/token?tenant=1"}, "/as/token?tenant=1"),
    ],
)
async def test_the_token_endpoint(
    make_edge: Any,
    authority: ScriptedServer,
    api: ScriptedServer,
    path: str,
    endpoints: dict[str, str],
    target: str,
) -> None:
    connection = oauth2(authority, authority=authority.url + path, endpoints=endpoints)
    await make_edge(api.url, connection=connection, secrets=SECRETS).send(GET)
    assert authority.requests[0].target == target


async def test_a_token_is_used_until_shortly_before_its_end(
    make_edge: Any, authority: ScriptedServer, api: ScriptedServer
) -> None:
    edge = make_edge(api.url, connection=oauth2(authority), secrets=SECRETS)
    await asyncio.gather(*(edge.send(GET) for _ in range(20)))
    assert len(authority.requests) == 1
    issued(authority).answer["expires_in"] = 0
    [token] = edge._authenticator._tokens._kept.values()
    token.lifetime = 0
    await edge.send(GET)
    await edge.send(GET)
    assert len(authority.requests) == 3


async def test_a_refresh_token_renews_and_is_replaced(
    make_edge: Any, authority: ScriptedServer, api: ScriptedServer
) -> None:
    server = issued(authority)
    server.answer |= {"expires_in": "0", "refresh_token": "refresh-token-1"}
    settings = {"grant": "password", "username": "ann", "password": "$secrets.PASSWORD"}
    edge = make_edge(api.url, connection=oauth2(authority, **settings), secrets=SECRETS)
    await edge.send(GET)
    server.answer["refresh_token"] = "refresh-token-2"
    await edge.send(GET)
    del server.answer["refresh_token"]
    await edge.send(GET)
    await edge.send(GET)
    server.replies = [Reply.json({"error": "invalid_grant"}, status=400)]
    await edge.send(GET)
    assert [asked.get("refresh_token", asked["grant_type"]) for asked in server.asked] == [
        "password",
        "refresh-token-1",
        "refresh-token-2",
        "refresh-token-2",
        "refresh-token-2",
        "password",
    ]


REFUSALS = {
    "wrong client": (
        Reply.json({"error": "invalid_client", "error_description": "who are you?"}, status=401),
        "no token: 401 from {host}: who are you? (invalid_client)",
        False,
    ),
    "wrong scope": (
        Reply.json({"error": "invalid_scope"}, status=400),
        "no token: 400 from {host}: invalid_scope",
        False,
    ),
    "unavailable": (
        Reply.json({"error": "temporarily_unavailable"}, status=400),
        "no token: 400 from {host}",
        True,
    ),
    "503": (Reply.of(status=503), "no token: 503 from {host}", True),
    "429": (Reply.of(status=429, headers={"Retry-After": "7"}), "no token: 429 from {host}", True),
    "redirect": (
        Reply.of(status=302, headers={"Location": "http://127.0.0.1:1/"}),
        "no token: 302 from {host}",
        False,
    ),
    "hang-up": (Reply.hang_up(), "no token: {host} closed the connection before it answered", True),
    "web page": (Reply.of(b"<html>"), "no token: the answer of {host} is a web page", False),
    "empty": (Reply.of(b""), "no token: the answer of {host} is empty", False),
    "error object": (
        Reply.json({"error": {"code": "invalid_client", "message": "Bad secret"}}),
        "{host} refuses: Bad secret (invalid_client)",
        False,
    ),
    "error summary": (
        Reply.json({"errorSummary": "Bad secret"}),
        "has no usable access_token: Bad secret",
        False,
    ),
    "list": (Reply.json([]), "no token: the answer of {host} is not a JSON object", False),
    "too large": (
        Reply.of(b" " * 300_000),
        "no token: the answer of {host} has more than the 262144 bytes that one may have",
        False,
    ),
    "no token": (
        Reply.json({"token_type": "Bearer"}),
        "no token: the answer of {host} has no usable access_token",
        False,
    ),
    "code and message": (
        Reply.json({"code": 40013, "msg": "invalid app id"}),
        "has no usable access_token: invalid app id",
        False,
    ),
    "token elsewhere": (
        Reply.json({"data": {"access_token": "a"}, "code": 0}),
        "has no usable access_token, and has the keys data, code",
        False,
    ),
    "line break": (
        Reply.json({"access_token": "a\r\nX: y"}),
        "no token: the answer of {host} has no usable",
        False,
    ),
    "other type": (
        Reply.json({"access_token": "a", "token_type": "DPoP"}),
        "gives tokens of the type 'DPoP', and not Bearer",
        False,
    ),
    "described error": (
        Reply.json({"error": "bad_client", "error_description": "The secret is wrong."}),
        "no token: {host} refuses: The secret is wrong. (bad_client)",
        False,
    ),
    "not ok": (
        Reply.json({"ok": False, "error": "invalid_client_id"}),
        "no token: {host} refuses: invalid_client_id",
        False,
    ),
    "form": (
        Reply.of(b"error=slow_down&error_description=Not+now"),
        "no token: {host} refuses: Not now (slow_down)",
        True,
    ),
}


@pytest.mark.parametrize(("reply", "message", "retryable"), REFUSALS.values(), ids=REFUSALS)
async def test_no_token(
    make_edge: Any,
    authority: ScriptedServer,
    api: ScriptedServer,
    reply: Reply,
    message: str,
    retryable: bool,
) -> None:
    issued(authority).replies = [reply]
    edge = make_edge(api.url, connection=oauth2(authority), secrets=SECRETS)
    with pytest.raises(TokenUnavailable) as raised:
        await edge.send(GET)
    assert message.format(host=f"127.0.0.1:{authority.port}") in raised.value.message
    assert raised.value.retryable is retryable
    assert raised.value.retry_after is None or 7 <= raised.value.retry_after < 9
    assert len(authority.requests) == 1
    assert api.requests == []


@pytest.mark.parametrize("kind", ["BearerToken", "bearer", "jwt-bearer", "Bearer ", "N_A", "", None])
async def test_types_of_tokens_that_are_sent_as_bearer(
    make_edge: Any, authority: ScriptedServer, api: ScriptedServer, kind: str | None
) -> None:
    issued(authority).answer["token_type"] = kind
    await make_edge(api.url, connection=oauth2(authority), secrets=SECRETS).send(GET)
    assert api.requests[0].headers["authorization"] == "Bearer access-token-1"


@pytest.mark.parametrize(
    "body", [b'\xef\xbb\xbf{"access_token": "other-token"}', b"access_token=other-token&token_type=bearer"]
)
async def test_forms_of_a_tokens_answer(
    make_edge: Any, authority: ScriptedServer, api: ScriptedServer, body: bytes
) -> None:
    issued(authority).replies = [Reply.of(body)]
    await make_edge(api.url, connection=oauth2(authority), secrets=SECRETS).send(GET)
    assert api.requests[0].headers["authorization"] == "Bearer other-token"


async def test_a_refresh_token_refused_under_200_is_replaced(
    make_edge: Any, authority: ScriptedServer, api: ScriptedServer
) -> None:
    issued(authority).answer.update(refresh_token="refresh-1", expires_in=0)
    edge = make_edge(api.url, connection=oauth2(authority), secrets=SECRETS)
    await edge.send(GET)
    issued(authority).replies = [Reply.json({"error": "bad_refresh_token"})]
    await edge.send(GET)
    grants = [asked["grant_type"] for asked in issued(authority).asked]
    assert grants == ["client_credentials", "refresh_token", "client_credentials"]


async def test_nobody_answers_at_the_authority(make_edge: Any, api: ScriptedServer) -> None:
    async with ScriptedServer([]) as gone:
        pass
    with pytest.raises(TokenUnavailable, match="no token: no connection to 127") as raised:
        await make_edge(api.url, connection=oauth2(gone), secrets=SECRETS).send(GET)
    assert raised.value.retryable
    assert raised.value.details["cause"] == "ConnectFailed"


async def test_a_silent_authority_ends_at_the_total_of_the_attempt(
    make_edge: Any, api: ScriptedServer
) -> None:
    async with ScriptedServer([Reply.silence()]) as silent:
        edge = make_edge(api.url, connection=oauth2(silent), secrets=SECRETS)
        with pytest.raises(HttpTaskError, match=r"no token for 127\.0\.0\.1:\d+ within 0\.3 s") as raised:
            await edge.send(GET.model_copy(update={"limits": Limits(connect=0.1, total=0.3)}))
    assert raised.value.retryable
    assert api.requests == []


async def test_the_address_guard_holds_for_the_authority(make_edge: Any, api: ScriptedServer) -> None:
    async with ScriptedServer(AuthorizationServer()) as authority:
        connection = {**oauth2(authority), "base_url": "https://93.184.216.34", "allow_private": ()}
        with pytest.raises(HttpTaskError) as raised:
            await make_edge(connection=connection, secrets=SECRETS).send(GET)
    assert raised.value.type == "AddressForbidden"
    assert authority.connections == 0


@pytest.mark.parametrize(
    ("token", "taken"),
    [(jwt(iss="https://id"), True), (jwt(iss="https://other"), False), ("opaque", False), ("a.b.c", False)],
)
async def test_issuers(
    make_edge: Any, authority: ScriptedServer, api: ScriptedServer, token: str, taken: bool
) -> None:
    issued(authority).answer["access_token"] = token
    edge = make_edge(api.url, connection=oauth2(authority, issuers=["https://id"]), secrets=SECRETS)
    if taken:
        await edge.send(GET)
    else:
        with pytest.raises(TokenUnavailable, match="not by one of the `issuers`"):
            await edge.send(GET)


async def test_an_endpoint_is_no_url(make_edge: Any, authority: ScriptedServer, api: ScriptedServer) -> None:
    connection = oauth2(authority, endpoints={"token": "https://evil.example/token"})
    with pytest.raises(RequestInvalid, match="path below the authority"):
        await make_edge(api.url, connection=connection, secrets=SECRETS).send(GET)
