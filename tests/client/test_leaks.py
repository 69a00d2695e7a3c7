"""A sentinel key is in none of the outputs, whatever goes wrong."""

import base64
import json
import logging
from typing import Any
from urllib.parse import quote

import pytest

from httptask.authentication.models import BasicAuthentication
from httptask.http.errors import SecretUnavailable
from httptask.http.models import HttpRequest, JsonBody, Limits, SecretReference
from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.outputs import outputs_of

KEY = "sk-sentinel/7f3a+9c=0b"
FORMS = (KEY, quote(KEY, safe=""), base64.b64encode(KEY.encode()).decode()[:-4], KEY[3:15])
BEARER = {"authentication": {"bearer": {"token": "$secrets.KEY"}}}


def everywhere() -> HttpRequest:
    return HttpRequest(
        method="POST",
        url="/orders?k=",
        connection="local",
        headers={"Api-Key": ""},
        query={"key": ""},
        body=JsonBody(value={"key": ""}),
        authentication=BasicAuthentication(username="u", password=""),
        secrets=tuple(
            SecretReference(pointer=pointer, offset=offset, name="KEY")
            for pointer, offset in (
                ("/url", 10),
                ("/headers/Api-Key", 0),
                ("/query/key", 0),
                ("/body/value/key", 0),
                ("/authentication/password", 0),
            )
        ),
        limits=Limits(total=0.5),
    )


def simple() -> HttpRequest:
    return HttpRequest(method="POST", url="/orders", connection="local", limits=Limits(total=0.5))


def echo(status: int) -> Any:
    """Sends back all that came, in each encoding that servers use, and in the headers."""

    def reply(served: ServedRequest) -> Reply:
        received = [served.target, *served.headers.values(), served.body.decode()]
        body = json.dumps(
            {"error": {"message": f"bad key {KEY}", "seen": received}, KEY: json.dumps(received)}
        )
        headers = {"Content-Type": "application/json", "X-Request-Id": KEY, "Location": served.target}
        return Reply.of(body.encode(), status=status, headers=headers)

    return reply


@pytest.mark.parametrize("request_", [everywhere(), simple()], ids=["everywhere", "bearer"])
@pytest.mark.parametrize(
    "script",
    [
        echo(200),
        echo(401),
        echo(429),
        echo(302),
        [Reply.hang_up()],
        [Reply.silence()],
        [Reply(b"not HTTP: " + KEY.encode() + b"\r\n\r\n")],
        [Reply.of(KEY.encode(), headers={"Content-Type": "text/plain"})],
        [Reply.of(b"\xff" + KEY.encode(), headers={"Content-Type": "image/png"})],
        [Reply.of(b'{"' + KEY.encode(), headers={"Content-Type": "application/json"})],
        [Reply.of(b"x", headers={"Content-Encoding": KEY})],
        [Reply.of(b"\xff", headers={"Content-Type": f"text/plain; charset={KEY}"})],
    ],
)
async def test_whatever_the_server_does(
    make_edge: Any, script: Any, request_: HttpRequest, capsys: Any, caplog: Any
) -> None:
    async with ScriptedServer(script) as server:
        edge = make_edge(server.url, secrets={"KEY": KEY}, connection=BEARER)
        outputs = await outputs_of(edge, request_, capsys, caplog)
        assert len(server.requests) == 1
    assert [form for form in FORMS if form in outputs] == []
    assert "$KEY" in outputs


@pytest.mark.parametrize("password", ["pw1", "a-password-written-out"])
async def test_basic_credentials_written_into_the_request(
    make_edge: Any, password: str, capsys: Any, caplog: Any
) -> None:
    authentication = BasicAuthentication(username="someone", password=password)
    request = HttpRequest(method="GET", url="/", connection="local", authentication=authentication)

    def quote_them(served: ServedRequest) -> Reply:
        return Reply.json({"detail": f"someone:{password} {served.headers['authorization']}"}, status=401)

    async with ScriptedServer(quote_them) as server:
        outputs = await outputs_of(make_edge(server.url), request, capsys, caplog)
        assert len(server.requests) == 1
    assert password not in outputs
    assert base64.b64encode(f"someone:{password}".encode()).decode()[:-4] not in outputs


@pytest.mark.parametrize("reply", [Reply.hang_up(), Reply.silence(), Reply.of(status=500), Reply.of()])
async def test_a_host_that_is_secret(make_edge: Any, reply: Reply, capsys: Any, caplog: Any) -> None:
    async with ScriptedServer([reply]) as server:
        host = f"127.0.0.1:{server.port}"
        request = HttpRequest(
            method="GET",
            url="http:///orders",
            secrets=(SecretReference(pointer="/url", offset=7, name="HOST"),),
            limits=Limits(total=0.3),
        )
        outputs = await outputs_of(make_edge(secrets={"HOST": host}), request, capsys, caplog)
        assert len(server.requests) == 1
    assert host not in outputs


async def test_the_number_of_replacements_is_reported(make_edge: Any) -> None:
    async with ScriptedServer([Reply.json([KEY, f"{KEY}{KEY}"])]) as server:
        response = await make_edge(server.url, secrets={"KEY": KEY}, connection=BEARER).send(simple())
    assert response.content == ["[redacted:KEY]", "[redacted:KEY][redacted:KEY]"]
    assert response.redactions == 3


@pytest.mark.parametrize(
    "base_url", ["http://127.0.0.1:9", "http://nowhere.invalid", "http://10.0.0.1", "https://127.0.0.1:9"]
)
async def test_an_unreachable_host(make_edge: Any, base_url: str, capsys: Any, caplog: Any) -> None:
    edge = make_edge(base_url, secrets={"KEY": KEY}, connection=BEARER)
    outputs = await outputs_of(edge, everywhere(), capsys, caplog)
    assert [form for form in FORMS if form in outputs] == []


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r\nX-Evil: 1", "\0", "\x7f", "é", "\udcff", "€"])
@pytest.mark.parametrize("request_", [everywhere(), simple()], ids=["everywhere", "bearer"])
async def test_a_key_that_no_header_can_hold(
    make_edge: Any, ending: str, request_: HttpRequest, capsys: Any, caplog: Any
) -> None:
    async with ScriptedServer([Reply.of()]) as server:
        edge = make_edge(server.url, secrets={"KEY": KEY + ending}, connection=BEARER)
        with pytest.raises(SecretUnavailable, match="the value of the secret KEY can't be sent"):
            await edge.send(request_)
        outputs = await outputs_of(edge, request_, capsys, caplog)
    assert server.connections == 0
    assert [form for form in FORMS if form in outputs] == []


PLACES: dict[str, dict[str, Any]] = {
    "/url": {"url": "/orders?k=", "offset": 10},
    "/query/key": {"query": {"key": ""}},
    "/authentication/password": {"authentication": BasicAuthentication(username="u", password="")},
    "/authentication/username": {"authentication": BasicAuthentication(username="", password="p")},
}


def at(pointer: str) -> HttpRequest:
    fields: dict[str, Any] = {"url": "/orders", **PLACES.get(pointer, {})}
    reference = SecretReference(pointer=pointer, offset=fields.pop("offset", 0), name="KEY")
    return HttpRequest(method="GET", connection="local", secrets=(reference,), **fields)


@pytest.mark.parametrize("pointer", PLACES)
async def test_what_is_encoded_may_hold_any_character(
    make_edge: Any, pointer: str, capsys: Any, caplog: Any
) -> None:
    key = "pässwörd-日本-🔑"
    async with ScriptedServer(echo(200)) as server:
        edge = make_edge(server.url, secrets={"KEY": key})
        outputs = await outputs_of(edge, at(pointer), capsys, caplog)
        [served] = server.requests
    pairs = [f"{key}:p", f"u:{key}"]
    forms = [quote(key), quote(key, safe=""), *(base64.b64encode(pair.encode()).decode() for pair in pairs)]
    received = served.target + served.headers.get("authorization", "")
    assert any(form in received for form in forms)
    escaped = json.dumps(key)[1:-1]
    assert [form for form in (key, escaped, *forms) if form in outputs] == []


@pytest.mark.parametrize("pointer", PLACES)
@pytest.mark.parametrize("ending", ["\n", "\0", "\udcff"])
async def test_what_is_encoded_ends_where_the_secret_does(make_edge: Any, pointer: str, ending: str) -> None:
    edge = make_edge("http://127.0.0.1:9", secrets={"KEY": KEY + ending})
    with pytest.raises(SecretUnavailable, match="the value of the secret KEY can't be sent"):
        await edge.send(at(pointer))


@pytest.mark.parametrize("header", ["Authorization", "api-key", "Cookie"])
async def test_a_credential_written_into_the_request(
    make_edge: Any, header: str, capsys: Any, caplog: Any
) -> None:
    request = HttpRequest(method="GET", url="/", connection="local", headers={header: f"Bearer {KEY}"})
    async with ScriptedServer(echo(401)) as server:
        outputs = await outputs_of(make_edge(server.url), request, capsys, caplog)
    assert f"Bearer {KEY}" not in outputs
    if header == "Authorization":
        assert KEY not in outputs


async def test_what_the_library_logs_for_others_is_left_alone(make_edge: Any, caplog: Any) -> None:
    with caplog.at_level(logging.DEBUG):
        async with ScriptedServer([Reply.of()]) as server:
            await make_edge(server.url).send(simple())
        theirs = ("httpx", "httpcore", "aiohttp")
        assert [record.name for record in caplog.records if record.name.startswith(theirs)] == []
        logging.getLogger("httpx").info("theirs")
    assert "theirs" in caplog.text
