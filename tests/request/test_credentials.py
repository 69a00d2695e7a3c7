"""Each kind of authentication of a connection: what is sent, what is shown, and what comes first."""

import base64
import json
from typing import Any

import pytest

from httptask.authentication.models import BearerAuthentication, CertificateAuthentication
from httptask.connections.connection import Connection
from httptask.http.errors import RequestInvalid, SecretUnavailable
from httptask.http.models import HttpRequest, SecretReference
from httptask.request.curl import curl_command
from httptask.request.draft import draft
from httptask.request.preview import prepare
from httptask.request.wire import WireRequest, wire_request
from httptask.secrets.store import SecretSource, SecretStore
from support.connections import secret_store

VALUES = {"KEY": "k/1 +2==", "USER": json.dumps({"username": "ann", "password": "pa:ss"}), "ID": "tenant-1"}
STORE = secret_store(VALUES)
TOKEN_SETTINGS = {"authority": "https://id.example/realm", "grant": "client_credentials"}
CLIENT = {"id": "a", "secret": "$secrets.KEY"}


def connection(authentication: dict[str, Any], **fields: Any) -> Connection:
    settings = {"name": "c", "base_url": "https://h", "authentication": authentication, **fields}
    return Connection.model_validate(settings)


def key(place: str, name: str = "x-key", value: str = "$secrets.KEY") -> dict[str, Any]:
    return {"api_key": {"in": place, "name": name, "value": value}}


def headers(wire: WireRequest) -> dict[str, str]:
    return {name.lower(): value for name, value in wire.headers}


def sent(authentication: dict[str, Any], **fields: Any) -> WireRequest:
    request = HttpRequest(**{"method": "GET", "url": "/p", "connection": "c", **fields})
    return wire_request(draft(request, connection(authentication)), STORE).wire


def basic(user: str) -> str:
    return "Basic " + base64.b64encode(user.encode()).decode()


@pytest.mark.parametrize(
    ("authentication", "header", "value"),
    [
        ({"basic": {"username": "ann", "password": "$secrets.KEY"}}, "authorization", basic("ann:k/1 +2==")),
        ({"basic": {"use": "USER"}}, "authorization", basic("ann:pa:ss")),
        ({"bearer": {"token": "v1.$secrets.KEY"}}, "authorization", "Bearer v1.k/1 +2=="),
        ({"bearer": {"token": "$secrets.USER.username"}}, "authorization", "Bearer ann"),
        (key("header"), "x-key", "k/1 +2=="),
        (key("header", value="Key $secrets.KEY!"), "x-key", "Key k/1 +2==!"),
        (key("cookie", value="a=$secrets.ID"), "cookie", "x-key=a=tenant-1"),
    ],
)
def test_what_is_sent(authentication: dict[str, Any], header: str, value: str) -> None:
    assert headers(sent(authentication))[header] == value


@pytest.mark.parametrize(
    ("query", "target"),
    [
        ({}, "/p?k%20y=k%2F1%20%2B2%3D%3D"),
        ({"a": 1}, "/p?a=1&k%20y=k%2F1%20%2B2%3D%3D"),
        ({"k y": "own"}, "/p?k%20y=own"),
    ],
)
def test_a_key_in_the_query(query: dict[str, Any], target: str) -> None:
    assert sent(key("query", "k y"), query=query).url.target == target


def test_a_key_in_a_cookie_beside_others() -> None:
    wire = sent(key("cookie", value="$secrets.ID"), headers={"cookie": "a=b"})
    assert headers(wire)["cookie"] == "a=b; x-key=tenant-1"


def test_only_what_is_encoded_may_hold_any_character() -> None:
    values = {"KEY": "schlüssel"}
    store = SecretStore({"KEY": SecretSource(name="KEY", environment="KEY")}, values)
    request = HttpRequest(method="GET", url="/p", connection="c")
    wire = wire_request(draft(request, connection(key("query"))), store).wire
    assert wire.url.target == "/p?x-key=schl%C3%BCssel"
    digest = {"digest": {"username": "$secrets.KEY", "password": "p"}}
    for authentication in (key("header"), key("cookie"), digest):
        with pytest.raises(RequestInvalid, match=r"outside ASCII|which no cookie can hold"):
            wire_request(draft(request, connection(authentication)), store)


def test_a_token_that_has_its_scheme_in_its_secret_is_not_sent_with_two() -> None:
    store = SecretStore({"KEY": SecretSource(name="KEY", environment="KEY")}, {"KEY": "bearer 0123456789"})
    request = HttpRequest(method="GET", url="/", connection="c")
    with pytest.raises(RequestInvalid, match="begins with `Bearer`, which is put before it: keep it alone"):
        wire_request(draft(request, connection({"bearer": {"token": "$secrets.KEY"}})), store)


def test_a_key_that_no_cookie_can_hold() -> None:
    with pytest.raises(RequestInvalid, match="the key in the cookie x-key has a space"):
        sent(key("cookie"))


@pytest.mark.parametrize(
    ("authentication", "own", "header", "value"),
    [
        (key("header"), {"X-Key": "mine"}, "x-key", "mine"),
        ({"bearer": {"token": "$secrets.KEY"}}, {"authorization": "mine"}, "authorization", "mine"),
        ({"digest": {"username": "a", "password": "b"}}, {"authorization": "mine"}, "authorization", "mine"),
        (
            {"oauth2": {**TOKEN_SETTINGS, "client": CLIENT}},
            {"authorization": "mine"},
            "authorization",
            "mine",
        ),
    ],
)
def test_a_requests_own_header_comes_first(
    authentication: dict[str, Any], own: dict[str, str], header: str, value: str
) -> None:
    request = HttpRequest(method="GET", url="/", connection="c", headers=own)
    outgoing = wire_request(draft(request, connection(authentication)), STORE)
    assert headers(outgoing.wire)[header] == value
    assert outgoing.later is None


@pytest.mark.parametrize("authentication", [key("header"), key("query"), {"digest": {"use": "USER"}}])
def test_a_requests_own_authentication_replaces_the_connections(authentication: dict[str, Any]) -> None:
    request = HttpRequest(
        method="GET", url="/", connection="c", authentication=BearerAuthentication(token="own")
    )
    outgoing = wire_request(draft(request, connection(authentication)), STORE)
    assert headers(outgoing.wire)["authorization"] == "Bearer own"
    assert "x-key" not in headers(outgoing.wire)
    assert (outgoing.wire.url.target, outgoing.later) == ("/", None)


SHOWN = {
    "basic": (
        {"basic": {"username": "ann", "password": "$secrets.KEY"}},
        {"Authorization": "Basic base64(ann:$KEY)"},
        '--user "ann:$KEY"',
    ),
    "basic from a secret": (
        {"basic": {"use": "USER"}},
        {"Authorization": "Basic base64($USER.username:$USER.password)"},
        """--user "$(printf %s "$USER" | jq -r '."username"'):""",
    ),
    "bearer": (
        {"bearer": {"token": "$secrets.KEY"}},
        {"Authorization": "Bearer $KEY"},
        "Authorization: Bearer $KEY",
    ),
    "digest": (
        {"digest": {"username": "ann", "password": "$secrets.KEY"}},
        {"Authorization": "Digest response(ann:$KEY)"},
        '--digest --user "ann:$KEY"',
    ),
    "digest written out": (
        {"digest": {"username": "ann", "password": "written out"}},
        {"Authorization": "Digest response(ann:[redacted])"},
        "--digest --user 'ann:[redacted]'",
    ),
    "oauth2": (
        {"oauth2": {**TOKEN_SETTINGS, "client": CLIENT}},
        {"Authorization": "Bearer <token from https://id.example>"},
        "--header 'Authorization: Bearer <token from https://id.example>'",
    ),
    "oidc": (
        {"oidc": {**TOKEN_SETTINGS, "authority": "https://$secrets.ID/x", "client": CLIENT}},
        {"Authorization": "Bearer <token from https://$ID/x>"},
        '--header "Authorization: Bearer <token from https://$ID/x>"',
    ),
    "oauth2 from a secret": (
        {"oauth2": {"use": "USER"}},
        {"Authorization": "Bearer <token from $USER>"},
        "<token from $USER>",
    ),
    "key": (key("header"), {"x-key": "$KEY"}, '--header "x-key: $KEY"'),
    "key written out": (
        key("header", value="written out"),
        {"x-key": "[redacted]"},
        "--header 'x-key: [redacted]'",
    ),
    "cookie": (key("cookie"), {"Cookie": "x-key=$KEY"}, '--header "Cookie: x-key=$KEY"'),
}


@pytest.mark.parametrize(("authentication", "shown", "curl"), SHOWN.values(), ids=SHOWN)
def test_what_is_shown(authentication: dict[str, Any], shown: dict[str, str], curl: str) -> None:
    prepared = prepare(draft(HttpRequest(method="GET", url="/p", connection="c"), connection(authentication)))
    assert {name: prepared.headers.get(name) for name in shown} == shown
    assert curl in prepared.export(curl_command)
    assert "written out" not in prepared.export(curl_command)


@pytest.mark.parametrize(("value", "shown"), [("$secrets.KEY", "$KEY"), ("written out", "[redacted]")])
def test_a_key_in_the_query_is_not_shown(value: str, shown: str) -> None:
    prepared = prepare(
        draft(HttpRequest(method="GET", url="/p?a=1", connection="c"), connection(key("query", value=value)))
    )
    assert prepared.uri.replace("%5B", "[").replace("%5D", "]") == f"https://h/p?a=1&x-key={shown}"


def test_headers_and_base_url_hold_secrets() -> None:
    written = Connection(
        name="c", base_url="https://$secrets.ID.example/x/$secrets.KEY/", headers={"X-T": "t-$secrets.KEY"}
    )
    with pytest.raises(SecretUnavailable, match="under 'example'"):
        wire_request(draft(HttpRequest(method="GET", url="/p", connection="c"), written), STORE)
    written = Connection(
        name="c", base_url="https://$secrets.ID/x/$secrets.KEY/", headers={"X-T": "t-$secrets.KEY"}
    )
    wire = wire_request(draft(HttpRequest(method="GET", url="/p", connection="c"), written), STORE).wire
    assert str(wire.url) == "https://tenant-1/x/k%2F1%20+2==/p"
    assert headers(wire)["x-t"] == "t-k/1 +2=="
    prepared = prepare(draft(HttpRequest(method="GET", url="/p", connection="c"), written))
    assert (prepared.uri, prepared.headers["X-T"]) == ("https://$ID/x/$KEY/p", "t-$KEY")


def test_a_secret_of_a_header_that_is_not_sent_is_not_needed() -> None:
    written = Connection(name="c", base_url="https://h", headers={"X-T": "$secrets.MISSING"})
    wire = wire_request(
        draft(HttpRequest(method="GET", url="/", connection="c", headers={"x-t": "own"}), written), STORE
    ).wire
    assert headers(wire)["x-t"] == "own"


@pytest.mark.parametrize("from_connection", [True, False])
def test_a_client_certificate_says_what_is_missing(from_connection: bool) -> None:
    at = connection({"certificate": {"use": "c"}} if from_connection else {"bearer": {"token": "x"}})
    authentication = None if from_connection else CertificateAuthentication()
    request = HttpRequest(method="GET", url="/", connection="c", authentication=authentication)
    for check in (lambda: prepare(draft(request, at)), lambda: wire_request(draft(request, at), STORE)):
        with pytest.raises(RequestInvalid, match="needs a connection with a client certificate"):
            check()


def test_a_reference_to_no_text_of_the_policy_is_refused() -> None:
    reference = SecretReference(pointer="/authentication/password", name="KEY")
    request = HttpRequest(
        method="GET", url="https://h/", authentication=BearerAuthentication(token=""), secrets=(reference,)
    )
    with pytest.raises(RequestInvalid, match="no text of the request"):
        prepare(draft(request, None))
