import os
import subprocess
from typing import Any

import pytest

from httptask.authentication.models import BasicAuthentication, BearerAuthentication
from httptask.connections.connection import Connection
from httptask.http.errors import RequestInvalid
from httptask.http.models import (
    HttpRequest,
    JsonBody,
    SecretReference,
    TextBody,
)
from httptask.request.curl import curl_command
from httptask.request.draft import draft
from httptask.request.preview import prepare
from httptask.request.wire import WireRequest, wire_request
from support.connections import secret_store
from support.requests import at

VALUES = {
    "KEY": "k/1 ü"[:4] + "&x",
    "HOOK": "https://hooks.example.com/services/T/B",
    "TOKEN": "12:ab/c",
    "DB": '{"user": "u"}',
}
STORE = secret_store(VALUES)
API = Connection(
    name="api",
    base_url="https://api.example.com/v1",
    authentication={"bearer": {"token": "$secrets.TOKEN"}},
    headers={"X-Team": "a"},
)


def both(connection: Connection | None = None, **fields: Any) -> tuple[str, WireRequest]:
    """The URL as it is shown, and the request as it is sent."""
    request = HttpRequest(**{"method": "GET", "url": "https://h/", **fields})
    return prepare(draft(request, connection)).uri, wire_request(draft(request, connection), STORE)[0]


URLS = {
    "space": ("https://h/a b", {}, [], "https://h/a%20b", "https://h/a%20b"),
    "escapes": (
        "https://h/%7E?x=1",
        {"y": "é&"},
        [],
        "https://h/%7E?x=1&y=%C3%A9%26",
        "https://h/%7E?x=1&y=%C3%A9%26",
    ),
    "empty query": ("https://h/?", {"y": 1}, [], "https://h/?y=1", "https://h/?y=1"),
    "fragment": ("https://h#top", {"y": 1.5}, [], "https://h?y=1.5", "https://h/?y=1.5"),
    "list": (
        "https://h/",
        {"y": ["a", 2, True]},
        [],
        "https://h/?y=a&y=2&y=true",
        "https://h/?y=a&y=2&y=true",
    ),
    "empty list": ("https://h/", {"y": []}, [], "https://h/", "https://h/"),
    "secret": ("", {}, [at("/url", "HOOK")], "$HOOK", VALUES["HOOK"]),
    "secret and path": ("/x", {}, [at("/url", "HOOK")], "$HOOK/x", VALUES["HOOK"] + "/x"),
    "secret in a path": (
        "https://h/bot/send",
        {},
        [at("/url", "TOKEN", offset=13)],
        "https://h/bot$TOKEN/send",
        "https://h/bot12:ab%2Fc/send",
    ),
    "secrets in a query": (
        "https://h/?k=",
        {"k": ["a", "-b"]},
        [at("/url", "KEY", offset=13), at("/query/k/1", "TOKEN"), at("/query/k/1", "KEY", offset=2)],
        "https://h/?k=$KEY&k=a&k=$TOKEN-b$KEY",
        "https://h/?k=k%2F1%20%26x&k=a&k=12%3Aab%2Fc-bk%2F1%20%26x",
    ),
}


@pytest.mark.parametrize(("url", "query", "secrets", "shown", "sent"), URLS.values(), ids=URLS)
def test_url(url: str, query: dict[str, Any], secrets: list[SecretReference], shown: str, sent: str) -> None:
    uri, wire = both(url=url, query=query, secrets=tuple(secrets))
    assert (uri, str(wire.url)) == (shown, sent)


def test_lists_that_are_one_parameter() -> None:
    query = {"a c": ["x,y", 2, "-"], "empty": [], "text": "u,v", "bars": ["x|y", "z"], "spaces": ["x", "y z"]}
    uri, wire = both(
        query=query,
        separators={"a c": ",", "empty": ",", "text": ",", "bars": "|", "spaces": " "},
        secrets=(at("/query/a c/2", "TOKEN"),),
    )
    behind = "text=u%2Cv&bars=x%7Cy%7Cz&spaces=x%20y%20z"
    assert uri == f"https://h/?a%20c=x%2Cy,2,$TOKEN-&{behind}"
    assert str(wire.url) == f"https://h/?a%20c=x%2Cy,2,12%3Aab%2Fc-&{behind}"


JOINED = {
    "path": ("https://x/v1", "/chat/completions", "https://x/v1/chat/completions"),
    "slash at the end": ("https://x/v1/", "/chat", "https://x/v1/chat"),
    "no slash": ("https://x/v1", "chat", "https://x/v1/chat"),
    "no base path": ("https://x", "/chat", "https://x/chat"),
    "no path": ("https://x/v1", "", "https://x/v1"),
    "query": ("https://x/v1", "?a=1", "https://x/v1?a=1"),
    "query of the base": ("https://x/v1?api-version=2", "/chat", "https://x/v1/chat?api-version=2"),
    "both queries": ("https://x/v1?api-version=2", "/chat?a=1", "https://x/v1/chat?a=1&api-version=2"),
    "other URL": ("https://x/v1", "https://x/other", "https://x/other"),
    "two slashes": ("https://x/v1", "//evil.example/", "https://x/v1//evil.example/"),
    "at sign": ("https://x/v1", "@evil.example/", "https://x/v1/@evil.example/"),
}


@pytest.mark.parametrize(("base", "path", "joined"), JOINED.values(), ids=JOINED)
def test_joining_to_a_connection(base: str, path: str, joined: str) -> None:
    shown, wire = both(Connection(name="c", base_url=base), url=path)
    assert shown == joined == str(wire.url)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/v1",
        "http://api.example.com/v1",
        "https://api.example.com:444/v1",
        "https://api.example.com.evil.example/",
        "https://api.example.com@evil.example/",
        "https://api.example.com\\.evil.example/",
        "https://api.example.com./v1",
        "HTTPS://EVIL.example/",
    ],
)
def test_a_connections_credential_goes_to_its_origin_only(url: str) -> None:
    request = HttpRequest(method="GET", url=url, connection="api")
    with pytest.raises(RequestInvalid):
        prepare(draft(request, API))
    with pytest.raises(RequestInvalid):
        wire_request(draft(request, API), STORE)


def test_a_base_url_that_is_a_secret() -> None:
    connection = Connection(name="c", base_url="$secrets.HOOK")
    shown, wire = both(connection, url="/x")
    assert (shown, str(wire.url)) == ("$HOOK/x", VALUES["HOOK"] + "/x")
    with pytest.raises(RequestInvalid, match="origin of its connection"):
        wire_request(draft(HttpRequest(method="GET", url="https://evil.example/"), connection), STORE)


def test_headers() -> None:
    request = HttpRequest(
        method="post",
        url="/orders",
        headers={"X-Key": "a-b", "x-team": "mine", "Api-Key": "literal"},
        body=JsonBody(value={"é": 1.5}),
        secrets=(at("/headers/X-Key", "KEY", offset=2),),
        idempotency_key="same",
    )
    wire = wire_request(draft(request, API), STORE).wire
    sent = dict(wire.headers)
    assert sent["X-Key"] == f"a-{VALUES['KEY']}b"
    assert sent["x-team"] == "mine"
    assert "X-Team" not in sent
    assert sent["Idempotency-Key"] == "same"
    assert sent["Content-Type"] == "application/json"
    assert sent["Authorization"] == f"Bearer {VALUES['TOKEN']}"
    assert (wire.method, wire.body) == ("POST", '{"é":1.5}'.encode())
    shown = prepare(draft(request, API)).headers
    assert list(shown) == list(sent)
    assert shown["X-Key"] == "a-$KEYb"
    assert shown["Authorization"] == "Bearer $TOKEN"
    assert shown["Api-Key"] == "[redacted]"


@pytest.mark.parametrize(
    ("method", "headers", "key"),
    [
        ("POST", {}, "k"),
        ("PATCH", {}, "k"),
        ("POST", {"idempotency-key": "own"}, "own"),
        ("GET", {}, None),
        ("PUT", {}, None),
    ],
)
def test_idempotency_key(method: str, headers: dict[str, str], key: str | None) -> None:
    _, wire = both(method=method, headers=headers, idempotency_key="k")
    assert {name.lower(): value for name, value in wire.headers}.get("idempotency-key") == key


def test_authentication() -> None:
    basic = BasicAuthentication(username="ann", password="")
    _, wire = both(authentication=basic, secrets=(at("/authentication/password", "KEY"),))
    assert dict(wire.headers)["Authorization"] == "Basic YW5uOmsvMSAmeA=="
    bearer = BearerAuthentication(token="")
    _, wire = both(
        API, url="/", authentication=bearer, secrets=(at("/authentication/token", "DB", field="user"),)
    )
    assert dict(wire.headers)["Authorization"] == "Bearer u"


@pytest.mark.parametrize(
    ("body", "secrets", "sent"),
    [
        (None, [], b""),
        (TextBody(text="ab"), [at("/body/text", "KEY", offset=1)], b"ak/1 &xb"),
        (JsonBody(value="ab"), [at("/body/value", "KEY", offset=2)], b'"abk/1 &x"'),
        (
            JsonBody(value={"a/b~c": ["", {"x": "y"}], "z": 1}),
            [at("/body/value/a~1b~0c/0", "KEY"), at("/body/value/a~1b~0c/1/x", "DB", field="user")],
            b'{"a/b~c":["k/1 &x",{"x":"uy"}],"z":1}',
        ),
        (JsonBody(value="é"), [at("/body/value", "KEY", offset=1)], '"ék/1 &x"'.encode()),
    ],
)
def test_bodies(body: Any, secrets: list[SecretReference], sent: bytes) -> None:
    request = HttpRequest(method="POST", url="https://h/", body=body, secrets=tuple(secrets))
    before = request.model_dump_json()
    assert wire_request(draft(request, None), STORE)[0].body == sent
    assert request.model_dump_json() == before


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"url": "/relative"}, "URL is relative"),
        ({"method": "GET /"}, "method"),
        ({"headers": {"A": "1", "a": "2"}}, "given twice"),
        ({"headers": {"A": "x\n"}}, "header A has a line break"),
        ({"authentication": BearerAuthentication(token="a\nb")}, "header Authorization has a line break"),
        ({"authentication": BasicAuthentication(username="a:b", password="")}, "no colon"),
        (
            {"authentication": BearerAuthentication(token="t"), "headers": {"authorization": "x"}},
            "either `authentication` or the header",
        ),
        ({"secrets": (at("/headers/Missing", "KEY"),)}, "no text of the request"),
        ({"secrets": (at("url", "KEY"),)}, "not a JSON Pointer"),
        ({"secrets": (at("/url", "KEY", offset=99),)}, "lies outside its text"),
        ({"body": JsonBody(value=[1]), "secrets": (at("/body/value/0", "KEY"),)}, "no text of the request"),
        ({"body": JsonBody(value=["a"]), "secrets": (at("/body/value/9", "KEY"),)}, "no text of the request"),
        ({"query": {"x": "\ud800"}}, "surrogate"),
    ],
)
def test_what_cant_be_sent(fields: dict[str, Any], message: str) -> None:
    request = HttpRequest.model_construct(
        **{**HttpRequest(method="GET", url="https://h/").__dict__, **fields}
    )
    for check in (lambda: prepare(draft(request, None)), lambda: wire_request(draft(request, None), STORE)):
        with pytest.raises(RequestInvalid, match=message):
            check()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800"])
def test_a_body_without_a_form(value: Any) -> None:
    with pytest.raises(RequestInvalid, match="the body has no form"):
        wire_request(
            draft(HttpRequest(method="POST", url="https://h/", body=JsonBody(value=[value])), None), STORE
        )


def test_curl_runs_in_a_shell_and_expands_only_the_secrets() -> None:
    request = HttpRequest(
        method="POST",
        url="https://h/it's?$HOME",
        headers={"X-Literal": '$HOME `id` "q" \\', "X-Mixed": '$HOME `id` "q" \\ '},
        authentication=BasicAuthentication(username="ann", password=""),
        body=JsonBody(value={"text": "$HOME"}),
        secrets=(at("/headers/X-Mixed", "KEY", offset=5), at("/authentication/password", "TOKEN")),
    )
    command = prepare(draft(request, None)).export(curl_command).replace("curl", "printf '%s\\n'", 1)
    words = subprocess.run(
        ["bash", "-c", command], env={**os.environ, **VALUES}, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert words[:3] == ["--request", "POST", "https://h/it's?$HOME"]
    assert 'X-Literal: $HOME `id` "q" \\' in words
    assert f'X-Mixed: $HOME{VALUES["KEY"]} `id` "q" \\' in words
    assert f"ann:{VALUES['TOKEN']}" in words
    assert words[-2:] == ["--data-raw", '{"text":"$HOME"}']


def test_curl_names_secrets_in_double_quotes() -> None:
    request = HttpRequest(method="GET", url="/models", connection="api")
    assert '--header "Authorization: Bearer $TOKEN"' in prepare(draft(request, API)).export(curl_command)
