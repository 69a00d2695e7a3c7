"""The connection of a prepared task: one that is there, or what to write, with credentials by the names of secrets."""

from typing import Any

import pytest

from catalog.prepare.test_preparing import config, prepared
from httptask.catalog.errors import CatalogError
from httptask.config.file import ConfigFile
from support.network import resolve_names

OAUTH = {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "https://id.example.com/oauth/token", "scopes": {"w": ""}}}}  # fmt: skip
BROWSER = {"type": "oauth2", "flows": {"authorizationCode": {"authorizationUrl": "https://id.example.com/a", "tokenUrl": "https://id.example.com/t", "scopes": {}}}}  # fmt: skip


def settings(schemes: dict[str, Any], *requirements: Any, **options: Any) -> dict[str, Any]:
    """Of the new connection, which a configuration takes."""
    security = list(requirements) or [{name: [] for name in schemes}]
    found = prepared({"security": security}, schemes=schemes, **options)
    ConfigFile.model_validate(found.tables)
    assert sorted(found.tables.get("secrets", {})) == sorted(one.name for one in found.secrets)
    connection: dict[str, Any] = found.tables["connections"][found.connection]
    assert connection.pop("base_url") == "https://shop.example.com/v1"
    return connection


def key(location: str, name: str) -> dict[str, str]:
    return {"type": "apiKey", "in": location, "name": name}


@pytest.mark.parametrize(
    ("schemes", "connection"),
    [
        pytest.param({"k": key("header", "X-Key")}, {"authentication": {"api_key": {"in": "header", "name": "X-Key", "value": "$secrets.SHOP_API_KEY"}}}, id="a key"),
        pytest.param({"b": {"type": "http", "scheme": "Bearer"}}, {"authentication": {"bearer": {"token": "$secrets.SHOP_TOKEN"}}}, id="bearer"),
        pytest.param({"b": {"type": "http", "scheme": "basic"}}, {"authentication": {"basic": {"username": "$secrets.SHOP_USERNAME", "password": "$secrets.SHOP_PASSWORD"}}}, id="basic"),
        pytest.param({"b": {"type": "http", "scheme": "DSN"}}, {"headers": {"Authorization": "DSN $secrets.SHOP_CREDENTIAL"}}, id="another scheme"),
        pytest.param({"o": OAUTH}, {"authentication": {"oauth2": {"authority": "https://id.example.com", "endpoints": {"token": "/oauth/token"}, "grant": "client_credentials", "client": {"id": "$secrets.SHOP_CLIENT_ID", "secret": "$secrets.SHOP_CLIENT_SECRET"}}}}, id="client credentials"),
        pytest.param({"o": BROWSER}, {"authentication": {"bearer": {"token": "$secrets.SHOP_TOKEN"}}}, id="a person at a browser"),
        pytest.param({"o": {"type": "openIdConnect", "openIdConnectUrl": "https://id.example.com/r/.well-known/openid-configuration"}}, {"authentication": {"oidc": {"authority": "https://id.example.com/r", "grant": "client_credentials", "client": {"id": "$secrets.SHOP_CLIENT_ID", "secret": "$secrets.SHOP_CLIENT_SECRET"}}}}, id="OpenID Connect"),
        pytest.param({"shopId": key("header", "A"), "secret": key("header", "B"), "c": key("cookie", "C")}, {"authentication": {"api_key": {"in": "header", "name": "A", "value": "$secrets.SHOP_ID"}}, "headers": {"B": "$secrets.SHOP_SECRET", "Cookie": "C=$secrets.SHOP_C"}}, id="several together"),
        pytest.param({"m": {"type": "mutualTLS"}}, {}, id="a client certificate"),
    ],
)  # fmt: skip
def test_credentials(schemes: dict[str, Any], connection: dict[str, Any]) -> None:
    assert settings(schemes) == connection


def test_a_second_key_of_the_query_stands_in_the_task() -> None:
    schemes = {"a": key("query", "a"), "b": key("query", "b")}
    found = prepared({"security": [{"a": [], "b": []}]}, schemes=schemes)
    assert found.task["with"]["query"] == {"b": "${ $secrets.SHOP_B }"}
    assert found.declared_secrets == ["SHOP_B"]
    assert found.tables["secrets"]["SHOP_B"] == {
        "environment": "SHOP_B",
        "origins": ["https://shop.example.com"],
    }


def test_a_credential_among_the_parameters_is_a_secret() -> None:
    operation = {
        "parameters": [{"name": "token", "in": "header", "required": True, "schema": {"type": "string"}}]
    }
    found = prepared(
        {**operation, "security": [{"b": []}]}, schemes={"b": {"type": "http", "scheme": "basic"}}
    )
    assert found.task["with"]["headers"] == {"token": "${ $secrets.SHOP_TOKEN }"}
    assert (found.declared_secrets, "SHOP_TOKEN" in found.tables["secrets"]) == (["SHOP_TOKEN"], True)
    assert prepared(operation, values={"token": "${ .mine }"}).declared_secrets == []


def test_alternatives_are_chosen() -> None:
    schemes = {"m": {"type": "mutualTLS"}, "k": key("header", "K"), "b": {"type": "http", "scheme": "bearer"}}
    alternatives: list[dict[str, Any]] = [{"m": []}, {"k": []}, {"b": []}, {}]
    assert settings(schemes, *alternatives)["authentication"]["api_key"]["name"] == "K"
    assert "bearer" in settings(schemes, *alternatives, authentication="b")["authentication"]
    assert settings(schemes, *alternatives, authentication="none") == {}
    found = prepared({"security": alternatives}, schemes=schemes)
    assert found.notes == (
        "authenticated by k; --auth chooses m or b instead",
        "it can be called without a credential, too: --auth none",
    )
    with pytest.raises(CatalogError) as refused:
        settings(schemes, *alternatives, authentication="x")
    assert refused.value.hint is not None
    assert refused.value.hint.startswith("write m, k, b, or none, bearer, basic")
    for wanted in ("header:Bad Name", "cookie:a;b"):
        with pytest.raises(CatalogError, match=r"--auth: `.+` can't be the name of a"):
            settings(schemes, *alternatives, authentication=wanted)
    assert settings(schemes, *alternatives, authentication="query:a b")["authentication"]


def test_what_a_document_leaves_out_is_asked_for_or_told() -> None:
    assert prepared({}).asks_authentication
    found = prepared({}, told="header:X-Key")
    assert not found.asks_authentication
    assert found.tables["connections"]["shop"]["authentication"]["api_key"]["name"] == "X-Key"
    assert not prepared({}, authentication="none").asks_authentication


REGIONS = [{"url": "https://{region}.example.com", "variables": {"region": {"default": "eu", "enum": ["eu", "us"]}}}]  # fmt: skip


def test_servers() -> None:
    def base_url(**options: Any) -> Any:
        found = prepared({}, **options)
        return found.tables["connections"][found.connection]["base_url"]

    assert base_url(servers=REGIONS) == "https://eu.example.com"
    assert base_url(servers=REGIONS, values={"server.region": "us"}) == "https://us.example.com"
    with pytest.raises(CatalogError, match=r"server\.region: `cn` is none of eu, us"):
        base_url(servers=REGIONS, values={"server.region": "cn"})
    found = prepared({}, servers=[{"url": "https://{yourDomain}/api"}])
    assert found.tables["connections"]["shop"]["base_url"] == "https://yourdomain.example.com/api"
    assert found.fill_in == ("server.yourDomain",)
    with pytest.raises(CatalogError) as refused:
        base_url(servers=[{"url": "/v1"}])
    assert refused.value.hint == "name it: --server https://HOST"
    with pytest.raises(CatalogError, match=r"--server: `https://a\.example` is no URL"):
        base_url(servers=REGIONS, server="https://ann:geheim@a.example")


def test_only_who_names_a_private_server_opens_it() -> None:
    local = "http://localhost:8080"
    closed = prepared({}, servers=[{"url": local}])
    assert "allow_private" not in closed.tables["connections"]["shop"]
    [told] = closed.notes
    assert told.startswith("the document's server http://localhost:8080 is at a loopback address")
    cure = 'if it is meant, write into httptask.toml, under [connections.shop]: allow_private = ["loopback"]'
    assert told.endswith(cure)
    assert '["10.1.2.3"]' in prepared({}, servers=[{"url": "http://10.1.2.3"}]).notes[0]
    assert not prepared({}, servers=[{"url": "http://9.9.9.9"}]).notes
    assert not prepared({}, server=local).notes
    assert prepared({}, server=local).tables["connections"]["shop"]["allow_private"] == ["loopback"]
    metadata = prepared({}, server="http://169.254.169.254")
    assert "allow_private" not in metadata.tables["connections"]["shop"]


def test_a_private_server_is_opened_by_its_name_too(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_names(monkeypatch, forbidden="10.0.0.7")
    named = prepared({}, server="http://helpdesk.internal")
    assert named.tables["connections"]["shop"]["allow_private"] == ["10.0.0.0/8"]
    of_document = prepared({}, servers=[{"url": "http://helpdesk.internal"}])
    assert "allow_private" not in of_document.tables["connections"]["shop"]


@pytest.mark.parametrize(
    ("source", "server", "opened"),
    [
        ("http://127.0.0.1:8080/openapi.json", "http://127.0.0.1:8081/v1", ["127.0.0.1"]),
        ("http://127.0.0.1:8080/openapi.json", "http://10.1.2.3", None),
        ("https://shop.example.com/openapi.json", "http://127.0.0.1:8081", None),
        ("https://9.9.9.9/openapi.json", "https://9.9.9.9", None),
    ],
    ids=["the same", "another private one", "a public one", "both public"],
)
def test_a_server_is_opened_where_its_document_was_loaded_from(
    source: str, server: str, opened: list[str] | None
) -> None:
    found = prepared({}, source=source, servers=[{"url": server}])
    assert found.tables["connections"]["shop"].get("allow_private") == opened


def test_connections_that_are_there_are_used() -> None:
    keyed = {
        "base_url": "https://shop.example.com/v1/",
        "authentication": {"bearer": {"token": "$secrets.T"}},
    }
    secured: dict[str, Any] = {"security": [{"b": []}]}
    schemes = {"b": {"type": "http", "scheme": "bearer"}}
    found = prepared(secured, schemes=schemes, known=config(mine=keyed))
    assert (found.connection, found.tables, found.secrets) == ("mine", {}, ())
    sandbox = {**keyed, "base_url": "https://sandbox.example.com"}
    found = prepared(secured, schemes=schemes, known=config(shop=sandbox))
    assert (found.tables, found.notes) == (
        {},
        ("calls through the connection shop, whose server is another one: https://sandbox.example.com",),
    )
    found = prepared({}, authentication="none", known=config(shop=keyed))
    assert (found.connection, "authentication" in found.tables["connections"]["shop-2"]) == ("shop-2", False)
    found = prepared({}, known=config(mine=keyed))
    assert (found.connection, found.tables, found.problems) == ("mine", {}, ())
    own = {**secured, "servers": [{"url": "https://upload.example.com"}]}
    assert prepared(own, schemes=schemes).connection == "shop-upload"


@pytest.mark.parametrize(
    ("scheme", "sent", "secret"),
    [
        (key("header", "X-Key"), {"headers": {"X-Key": "${ $secrets.SHOP_API_KEY }"}}, "SHOP_API_KEY"),
        (key("query", "key"), {"query": {"key": "${ $secrets.SHOP_API_KEY }"}}, "SHOP_API_KEY"),
        (
            {"type": "http", "scheme": "bearer"},
            {"headers": {"Authorization": "Bearer ${ $secrets.SHOP_TOKEN }"}},
            "SHOP_TOKEN",
        ),
        ({"type": "http", "scheme": "basic"}, None, None),
    ],
    ids=["a header", "the query", "bearer", "what only a connection sends"],
)
def test_a_connection_that_sends_no_credential_is_used_and_the_task_sends_it(
    scheme: dict[str, str], sent: dict[str, Any] | None, secret: str | None
) -> None:
    bare = config(there={"base_url": "https://SHOP.example.com:443"})
    found = prepared({"security": [{"s": []}]}, schemes={"s": scheme}, known=bare)
    if sent is None or secret is None:
        assert found.connection == "shop"
        return
    arguments = found.task["with"]
    assert (found.connection, arguments.pop("path")) == ("there", "/v1/things")
    assert {name: arguments[name] for name in sent} == sent
    assert found.declared_secrets == [secret]
    origins = ["https://shop.example.com"]
    assert found.tables == {"secrets": {secret: {"environment": secret, "origins": origins}}}


@pytest.mark.parametrize(
    ("base", "path"),
    [
        ("https://shop.example.com", "/v1/things"),
        ("https://shop.example.com/v1", "/things"),
        ("https://shop.example.com/v", None),
        ("https://shop.example.com/v1/eu", None),
        ("https://shop.example.com:8443", None),
        ("http://shop.example.com", None),
    ],
)
def test_a_connection_above_the_server_of_a_document_is_used(base: str, path: str | None) -> None:
    found = prepared({}, known=config(there={"base_url": base}))
    assert (found.connection, found.task["with"]["path"]) == (
        ("there", path) if path else ("shop", "/things")
    )


@pytest.mark.parametrize(
    ("server", "scheme"),
    [
        pytest.param("https://evil.example.com/$secrets.OPENAI_API_KEY", key("header", "K"), id="in a server"),
        pytest.param("https://evil.example.com", key("header", "$secrets.OPENAI_API_KEY"), id="in a header's name"),
        pytest.param("https://evil.example.com", {"type": "http", "scheme": "X $secrets.OPENAI_API_KEY"}, id="in a scheme"),
    ],
)  # fmt: skip
def test_no_document_names_a_secret(server: str, scheme: dict[str, str]) -> None:
    """Seen to be written into the configuration without the check."""
    with pytest.raises(CatalogError, match="which would name a secret"):
        prepared({"security": [{"s": []}]}, schemes={"s": scheme}, servers=[{"url": server}])
