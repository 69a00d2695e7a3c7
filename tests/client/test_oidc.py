"""OpenID Connect: the token endpoint is where the provider says, and nothing goes elsewhere unasked."""

from typing import Any

import pytest

from httptask.http.errors import HttpTaskError, SecretUnavailable, TokenUnavailable
from httptask.http.models import HttpRequest
from httptask.secrets.store import SecretStore
from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.authorization import AuthorizationServer

GET = HttpRequest(method="GET", url="/", connection="local")
SECRETS = {"CLIENT_SECRET": "client-secret-1"}
CLIENT = {"id": "shop", "secret": "$secrets.CLIENT_SECRET"}


def oidc(authority: str, **settings: Any) -> dict[str, Any]:
    policy = {"authority": authority, "grant": "client_credentials", "client": CLIENT, **settings}
    return {"authentication": {"oidc": policy}}


@pytest.mark.parametrize("suffix", ["", "/", "/.well-known/openid-configuration"])
async def test_the_token_endpoint_is_discovered(make_edge: Any, suffix: str) -> None:
    async with ScriptedServer(AuthorizationServer()) as authority, ScriptedServer([Reply.json({})]) as api:
        edge = make_edge(api.url, connection=oidc(authority.url + suffix), secrets=SECRETS)
        await edge.send(GET)
        await edge.send(GET)
    assert [served.target for served in authority.requests] == ["/.well-known/openid-configuration", "/token"]
    assert "authorization" not in authority.requests[0].headers
    assert [served.headers["authorization"] for served in api.requests] == ["Bearer access-token-1"] * 2


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, "is no discovery document"),
        ({"error": "not_found", "error_description": "No such realm."}, "discovery document: No such realm."),
        ({"issuer": "https://evil.example", "token_endpoint": "{url}/token"}, "another issuer"),
        ({"issuer": "{url}"}, "names no token endpoint"),
        ({"issuer": "{url}", "token_endpoint": "/token"}, "names no token endpoint"),
        ({"issuer": "{url}", "token_endpoint": ["x"]}, "names no token endpoint"),
    ],
)
async def test_a_document_that_does_not_say(make_edge: Any, document: dict[str, Any], message: str) -> None:
    def reply(served: ServedRequest) -> Reply:
        url = f"http://{served.headers['host']}"
        filled = {
            key: value.format(url=url) if isinstance(value, str) else value for key, value in document.items()
        }
        return Reply.json(filled)

    async with ScriptedServer(reply) as authority, ScriptedServer([Reply.json({})]) as api:
        edge = make_edge(api.url, connection=oidc(authority.url), secrets=SECRETS)
        with pytest.raises(TokenUnavailable, match=message) as raised:
            await edge.send(GET)
    assert not raised.value.retryable
    assert len(authority.requests) == 1
    assert api.requests == []


async def test_another_issuer_may_be_allowed(make_edge: Any) -> None:
    def reply(served: ServedRequest) -> Reply:
        url = f"http://{served.headers['host']}"
        return Reply.json(
            {"issuer": "https://id", "token_endpoint": f"{url}/token", "access_token": "opaque"}
        )

    async with ScriptedServer(reply) as authority, ScriptedServer([Reply.json({})]) as api:
        edge = make_edge(api.url, connection=oidc(authority.url, issuers=["https://id"]), secrets=SECRETS)
        with pytest.raises(TokenUnavailable, match="not by one of the `issuers`"):
            await edge.send(GET)
    assert [served.method for served in authority.requests] == ["GET", "POST"]


async def test_the_clients_secret_goes_to_its_own_origins_only(make_edge: Any) -> None:
    """A provider may name a token endpoint elsewhere; whether the secret may go there, its origins decide."""
    tokens = AuthorizationServer()
    async with ScriptedServer(tokens) as elsewhere, ScriptedServer([Reply.json({})]) as api:

        def reply(served: ServedRequest) -> Reply:
            url = f"http://{served.headers['host']}"
            return Reply.json({"issuer": url, "token_endpoint": f"{elsewhere.url}/token"})

        async with ScriptedServer(reply) as authority:
            for origins, refused in (((authority.url,), True), ((authority.url, elsewhere.url), False)):
                edge = make_edge(api.url, connection=oidc(authority.url), secrets=SECRETS, origins=origins)
                if refused:
                    with pytest.raises(SecretUnavailable, match=f'add "{elsewhere.url}" to `origins`'):
                        await edge.send(GET)
                    assert (elsewhere.connections, api.connections) == (0, 0)
                else:
                    await edge.send(GET)
    assert len(tokens.asked) == 1


async def test_a_token_endpoint_is_no_less_secure_than_its_provider(
    make_edge: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from httptask.authentication.models import TokenAuthentication
    from httptask.authentication.policy import OAuth2Policy
    from httptask.client import oauth2
    from httptask.request.token_source import token_source
    from httptask.request.wire import WireRequest
    from httptask.secrets.placeholders import ResolvedValues

    async def send(request: WireRequest) -> bytes:
        assert request.method == "GET"
        return b'{"issuer": "https://id.example", "token_endpoint": "http://id.example/token"}'

    settings = OAuth2Policy.model_validate(
        {
            "authority": "https://id.example",
            "grant": "client_credentials",
            "client": {"authentication": "none"},
        }
    )
    authentication = TokenAuthentication(kind="oidc", settings=settings)
    store = SecretStore({}, {})
    source = token_source(authentication, ResolvedValues((), store), store, declared=True)
    with pytest.raises(HttpTaskError, match="is not https"):
        await oauth2.fetch_token(source, None, send)
