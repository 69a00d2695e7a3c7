"""A token and what it was got by are in none of the outputs, whatever goes wrong."""

import base64
import importlib
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import authlib.oauth2.rfc7523  # noqa: F401 - the first call would spend its half second on it
import pytest

from httptask.fixtures.recording import Recorder
from httptask.fixtures.transport import Fixtures
from httptask.http.models import HttpRequest, Limits
from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.authorization import AuthorizationServer
from support.outputs import outputs_of

SECRET, TOKEN, REFRESH = "client/s3ntinel+9c=", "t0ken/s3ntinel+7f-", "refresh/s3ntinel+1a-"
FORMS = tuple(
    form
    for value in (SECRET, TOKEN, REFRESH)
    for form in (value, quote(value, safe=""), base64.b64encode(value.encode()).decode()[:-4])
)
importlib.import_module(
    "authlib.oauth2.rfc6749"
)  # which the first token request would do within its one second
REQUEST = HttpRequest(method="POST", url="/orders", connection="local", limits=Limits(total=1))


def connection(authority: ScriptedServer, **client: str) -> dict[str, Any]:
    policy = {
        "authority": authority.url,
        "grant": "client_credentials",
        "client": {"id": "shop", "secret": "$secrets.KEY", **client},
    }
    return {"authentication": {"oauth2": policy}}


def echo(status: int, token: str = f"{TOKEN}1") -> Any:
    """Sends back all that came, and the credentials in each of the places where servers quote them."""

    def reply(served: ServedRequest) -> Reply:
        received = [served.target, *served.headers.values(), served.body.decode(), SECRET, token]
        body = {"error": f"bad {token}", "error_description": f"bad {SECRET}", "seen": received}
        headers = {"Content-Type": "application/json", "X-Request-Id": token, "Location": f"/{token}"}
        return Reply.of(json.dumps(body).encode(), status=status, headers=headers)

    return reply


def authority_script() -> AuthorizationServer:
    return AuthorizationServer(answer={"expires_in": 3600, "refresh_token": REFRESH}, prefix=TOKEN)


@pytest.mark.parametrize("authentication", ["client_secret_post", "client_secret_basic"])
@pytest.mark.parametrize(
    "script",
    [
        echo(200),
        echo(401),
        echo(403),
        echo(500),
        [Reply.hang_up()],
        [Reply.silence()],
        [Reply(b"not HTTP: " + TOKEN.encode() + b"1\r\n\r\n")],
    ],
)
async def test_whatever_the_server_does(
    make_edge: Any, script: Any, authentication: str, capsys: Any, caplog: Any
) -> None:
    async with ScriptedServer(authority_script()) as authority, ScriptedServer(script) as server:
        settings = connection(authority, authentication=authentication)
        edge = make_edge(server.url, secrets={"KEY": SECRET}, connection=settings)
        outputs = await outputs_of(edge, REQUEST, capsys, caplog)
        assert len(server.requests) == 1
    assert [form for form in FORMS if form in outputs] == []


@pytest.mark.parametrize("authentication", ["client_secret_post", "client_secret_basic"])
@pytest.mark.parametrize(
    "script",
    [
        echo(200, SECRET),
        echo(400, SECRET),
        echo(401, SECRET),
        echo(503, SECRET),
        [Reply.hang_up()],
        [Reply.silence()],
        [Reply.of(SECRET.encode(), headers={"Content-Type": "text/plain"})],
        [Reply.json({"access_token": SECRET + "\n"})],
        [Reply.json({"access_token": TOKEN, "refresh_token": REFRESH}, status=500)],
        [Reply.json({"access_token": TOKEN, "refresh_token": REFRESH, "token_type": "mac"})],
        [Reply(b"not HTTP: " + SECRET.encode() + b"\r\n\r\n")],
    ],
)
async def test_whatever_the_authority_does(
    make_edge: Any, script: Any, authentication: str, capsys: Any, caplog: Any
) -> None:
    async with ScriptedServer(script) as authority, ScriptedServer([Reply.json({})]) as server:
        settings = connection(authority, authentication=authentication)
        edge = make_edge(server.url, secrets={"KEY": SECRET}, connection=settings)
        outputs = await outputs_of(edge, REQUEST, capsys, caplog)
        assert server.requests == []
    assert [form for form in FORMS if form in outputs] == []


async def test_a_recording_holds_no_token_and_plays_back_without_the_authority(
    make_edge: Any, tmp_path: Path
) -> None:
    async with ScriptedServer(authority_script()) as authority, ScriptedServer(echo(200)) as server:
        settings = connection(authority)
        edge = make_edge(
            server.url, secrets={"KEY": SECRET}, connection=settings, recorder=Recorder(tmp_path)
        )
        live = await edge.send(REQUEST)
    [file] = tmp_path.iterdir()  # noqa: ASYNC240 - a test may wait for a disk
    recorded = file.read_text()
    assert [form for form in FORMS if form in recorded] == []
    edge = make_edge(server.url, placeholder=True, connection=settings, fixtures=Fixtures.load(tmp_path))
    played = await edge.send(REQUEST)
    assert (played.content, played.simulated) == (live.content, True)


async def test_a_fixture_may_answer_the_token_endpoint(make_edge: Any, tmp_path: Path) -> None:
    (tmp_path / "token.yaml").write_text(
        "request: { method: POST, url: https://id.example/oauth2/token }\n"
        "responses: [{ status: 401, body: { error: invalid_client } }]\n"
    )
    policy = {
        "authority": "https://id.example",
        "grant": "client_credentials",
        "client": {"authentication": "none"},
    }
    edge = make_edge(
        "https://h", connection={"authentication": {"oauth2": policy}}, fixtures=Fixtures.load(tmp_path)
    )
    with pytest.raises(Exception, match=r"no token: 401 from id\.example: invalid_client"):
        await edge.send(REQUEST)
