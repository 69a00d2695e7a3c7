"""All settings of an authorization server in one secret."""

import json
from typing import Any

import pytest

from httptask.http.errors import RequestInvalid, SecretUnavailable
from httptask.http.models import HttpRequest
from httptask.testing import ScriptedServer
from support.authorization import AuthorizationServer

GET = HttpRequest(method="GET", url="/", connection="local")


async def test_settings_in_a_secret(make_edge: Any, authority: ScriptedServer, api: ScriptedServer) -> None:
    policy = {
        "authority": authority.url,
        "grant": "client_credentials",
        "client": {"id": "a", "secret": "stored-1"},
    }
    connection = {"authentication": {"oauth2": {"use": "STORED"}}}
    edge = make_edge(api.url, connection=connection, secrets={"STORED": json.dumps(policy)})
    response = await edge.send(GET)
    assert isinstance(authority.script, AuthorizationServer)
    assert authority.script.asked[0]["client_secret"] == "stored-1"
    assert response.request.headers["Authorization"] == "Bearer <token from $STORED>"


@pytest.mark.parametrize(
    ("stored", "message"),
    [
        ("no JSON", "as JSON"),
        ('{"authority": 7777777}', "authority: must be text"),
        ('{"authority": "https://x"}', "`oauth2` has no `grant`"),
        (
            '{"authority": "x:sentinel", "grant": "client_credentials", "client": {"authentication": "none"}}',
            "authority",
        ),
    ],
    ids=["no JSON", "number", "no grant", "no URL"],
)
async def test_settings_in_a_secret_that_are_none(
    make_edge: Any, api: ScriptedServer, stored: str, message: str
) -> None:
    connection = {"authentication": {"oauth2": {"use": "STORED"}}}
    edge = make_edge(api.url, connection=connection, secrets={"STORED": stored})
    with pytest.raises((SecretUnavailable, RequestInvalid), match=message) as raised:
        await edge.send(GET)
    assert "sentinel" not in raised.value.message
    assert api.requests == []
