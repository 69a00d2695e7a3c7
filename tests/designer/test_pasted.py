"""A pasted command: its tasks go by connections of the project, and its credentials are kept, and told by no answer."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from httptask.designer.app import create_app
from support.designer import ADDRESS, TOKEN, asked, dotenv_workspace

KEY = "canary-4711-of-a-command"
TEXT = """\
document: { dsl: 1.0.3, namespace: n, name: d, version: 1.0.0 }
do: [{ a: { set: { x: 1 } } }]
"""
SHOP = """\
# mine
[connections.shop]
base_url = "https://api.shop.example/v1"
authentication = { api_key = { in = "header", name = "X-Api-Key", value = "$secrets.SHOP_KEY" } }

[secrets.SHOP_KEY]
environment = "KEY_OF_SHOP"
"""
PUBLIC = f"curl https://api.shop.example/v1/orders -H 'X-API-Key: {KEY}'"
PRIVATE = f"curl http://127.0.0.1:1/orders -H 'X-Api-Key: {KEY}'"


async def read(client: httpx.AsyncClient, curl: str, **chosen: Any) -> dict[str, Any]:
    answer = await client.post("/api/catalog/import", json=body(curl, **chosen))
    assert answer.status_code == 200, answer.text
    assert KEY not in answer.text + str(answer.headers)
    return dict(answer.json())


async def keep(client: httpx.AsyncClient, curl: str, *names: str, **chosen: Any) -> httpx.Response:
    answer = await client.post("/api/secrets/pasted", json={**body(curl, **chosen), "names": names})
    assert KEY not in answer.text + str(answer.headers)
    return answer


def body(curl: str, **chosen: Any) -> dict[str, Any]:
    return {"curl": curl, "path": "d.yaml", "text": TEXT, **chosen}


def states(told: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["state"] for one in told["secrets"]}


def sent(told: dict[str, Any]) -> dict[str, Any]:
    [task] = told["tasks"]
    return dict(task["task"]["with"])


async def test_a_fresh_project_gets_the_credential_and_the_connection_and_has_them_the_next_time(
    tmp_path: Path,
) -> None:
    async with asked(dotenv_workspace(tmp_path)) as client:
        first = await read(client, PRIVATE)
        assert not (tmp_path / ".env").exists()
        kept = await keep(client, PRIVATE, "LOCALHOST_API_KEY")
        added = await client.post("/api/connections/prepared", json={"configuration": first["configuration"]})
        again = await read(client, PRIVATE)
        nothing = await keep(client, PRIVATE)
    assert sent(first) == sent(again) == {"method": "get", "connection": "localhost", "path": "/orders"}
    assert first["configuration"]["connections"]["localhost"]["allow_private"] == ["127.0.0.1"]
    assert (states(first), states(again)) == ({"LOCALHOST_API_KEY": "kept"}, {"LOCALHOST_API_KEY": "there"})
    assert (kept.status_code, added.status_code, nothing.json()) == (200, 201, [])
    assert (tmp_path / ".env").read_text() == f"LOCALHOST_API_KEY={KEY}\n"
    assert (again["configuration"], first["declared_secrets"]) == ({}, [])
    assert KEY not in (tmp_path / "httptask.toml").read_text()


async def test_a_connection_of_the_server_is_gone_by_and_takes_the_credential_that_it_lacks(
    tmp_path: Path,
) -> None:
    (tmp_path / "httptask.toml").write_text(SHOP)
    async with asked(dotenv_workspace(tmp_path)) as client:
        found = await read(client, PUBLIC)
        own = await read(client, PUBLIC, own=True)
        kept = await keep(client, PUBLIC, "SHOP_KEY")
    assert sent(found) == {"method": "get", "connection": "shop", "path": "/orders"}
    assert (found["connections"], found["configuration"]) == ({"getOrders": "shop"}, {})
    assert states(found) == {"SHOP_KEY": "kept"}
    assert sent(own)["headers"] == {"X-API-Key": "${ $secrets.SHOP_API_KEY }"}
    assert (own["declared_secrets"], own["connections"]) == (["SHOP_API_KEY"], {})
    assert [one["secret"]["name"] for one in kept.json()] == ["SHOP_KEY"]
    assert (tmp_path / ".env").read_text() == f"KEY_OF_SHOP={KEY}\n"
    assert (tmp_path / "httptask.toml").read_text() == SHOP


async def test_a_secret_that_has_another_value_stays_and_gives_its_name_to_no_other(tmp_path: Path) -> None:
    (tmp_path / "httptask.toml").write_text(SHOP)
    (tmp_path / ".env").write_text("KEY_OF_SHOP=mine\nSHOP_API_KEY=mine too\n")
    async with asked(dotenv_workspace(tmp_path)) as client:
        found = await read(client, PUBLIC)
        own = await read(client, PUBLIC, own=True)
        declined = await read(client, PUBLIC, own=True, keep=False)
        refused = [await keep(client, PUBLIC, name) for name in ("SHOP_KEY", "SHOP_API_KEY", "PATH")]
        before = (tmp_path / ".env").read_text()
        kept = await keep(client, PUBLIC, "SHOP_API_KEY_2", own=True)
    assert states(found) == {"SHOP_KEY": "another"}
    assert states(own) == {"SHOP_API_KEY_2": "kept"}
    assert own["secrets"][0]["instead_of"] == "SHOP_API_KEY"
    assert states(declined) == {"SHOP_API_KEY": "another"}
    assert [one.status_code for one in refused] == [409, 409, 409]
    assert before == "KEY_OF_SHOP=mine\nSHOP_API_KEY=mine too\n"
    assert kept.status_code == 200
    assert (tmp_path / ".env").read_text() == f"{before}SHOP_API_KEY_2={KEY}\n"


@pytest.mark.parametrize(("peer", "status"), [("127.0.0.1", 200), ("192.0.2.9", 403)])
async def test_no_credential_is_kept_over_a_network(tmp_path: Path, peer: str, status: int) -> None:
    app = create_app(dotenv_workspace(tmp_path), [ADDRESS], TOKEN, None)

    async def served(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "client": (peer, 40_000), "server": ("192.0.2.7", 7280)}, receive, send)

    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=served),
        base_url=f"http://{ADDRESS}",
        headers={"x-httptask-token": TOKEN},
    ) as client:
        told = await read(client, PRIVATE)
        kept = await keep(client, PRIVATE, "LOCALHOST_API_KEY")
    is_kept = status == 200
    assert (states(told), kept.status_code) == (
        {"LOCALHOST_API_KEY": "kept" if is_kept else "missing"},
        status,
    )
    assert (tmp_path / ".env").exists() == is_kept
