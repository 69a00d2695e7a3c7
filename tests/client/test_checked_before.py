"""What is known of a request before it is sent: nothing goes out for it."""

from typing import Any

import pytest

from httptask.client.edge import Edge
from httptask.connections.connection import Connection
from httptask.fixtures.transport import Fixtures
from httptask.http.errors import HttpTaskError
from httptask.http.models import HttpRequest, SecretReference
from httptask.testing import Reply, ScriptedServer
from support.connections import secret_store

TOKEN = SecretReference(pointer="/headers/X-Token", offset=0, name="TOKEN")
LOCAL = {"base_url": "http://127.0.0.1:{port}", "allow_private": ("loopback",)}
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], str | None]] = {
    "allowed": (LOCAL, {}, None),
    "an address": ({"base_url": "http://127.0.0.1:{port}"}, {}, "AddressForbidden"),
    "a name": ({"base_url": "http://localhost:{port}"}, {}, "AddressForbidden"),
    "a secret": (LOCAL, {"TOKEN": ""}, "SecretUnavailable"),
    "a name without an address": ({"base_url": f"http://{'x' * 64}.test"}, {}, "ConnectFailed"),
    "a secret, and a name without an address": (
        {"base_url": f"http://{'x' * 64}.test"},
        {"TOKEN": ""},
        "SecretUnavailable",
    ),
    "an address, and a secret": ({"base_url": "http://127.0.0.1:1"}, {"TOKEN": ""}, "AddressForbidden"),
    "behind a proxy": ({**LOCAL, "proxy": {"url": "http://127.0.0.1:1"}}, {}, None),
    "a proxy": (
        {"base_url": "http://shop.invalid", "proxy": {"url": "http://127.0.0.1:1"}},
        {},
        "AddressForbidden",
    ),
}


@pytest.mark.parametrize("name", CASES)
async def test_what_would_be_refused(name: str) -> None:
    settings, secrets, expected = CASES[name]
    async with ScriptedServer([Reply.json({})]) as server:
        filled: dict[str, Any] = {
            key: value.replace("{port}", str(server.port)) if isinstance(value, str) else value
            for key, value in settings.items()
        }
        error = await refusal(
            Edge(
                {"shop": Connection(name="shop", **filled)},
                secret_store({"TOKEN": "tok-0123456789", **secrets}),
            )
        )
    assert error == expected
    assert server.connections == 0


async def test_recorded_answers_need_no_address() -> None:
    shop = Connection(name="shop", base_url="http://127.0.0.1:1")
    assert (
        await refusal(Edge({"shop": shop}, secret_store({"TOKEN": "t" * 20}), fixtures=Fixtures([]))) is None
    )


async def refusal(edge: Edge) -> str | None:
    request = HttpRequest(method="GET", url="/", connection="shop", headers={"X-Token": ""}, secrets=(TOKEN,))
    try:
        await edge.check(request)
    except HttpTaskError as error:
        return error.type
    else:
        return None
    finally:
        await edge.aclose()
