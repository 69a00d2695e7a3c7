"""Connections, asked for as the page does, over a server of models that answers."""

import os
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from httptask.config import Config, load_config
from httptask.designer.workspace import Settings
from httptask.testing import Reply, ScriptedServer
from support.designer import asked, workspace_of

KEY = "sk-canary-4711-connections"
TABLE = """\
[connections.local]
base_url = "{url}/v1"
authentication = {{ bearer = {{ token = "$secrets.LOCAL_KEY" }} }}
allow_private = ["loopback"]

[secrets.LOCAL_KEY]
environment = "LOCAL_KEY"
"""


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("httptask.designer.routes.connections.PATIENCE_SECONDS", 60)


async def test_a_connection_is_checked_step_by_step(tmp_path: Path) -> None:
    table = TABLE.replace("[secrets", 'provider = "vllm"\n\n[secrets', 1)
    async with ScriptedServer([Reply.json({"error": KEY}, status=401)]) as server:
        (tmp_path / "httptask.toml").write_text(table.format(url=server.url))
        async with asked(workspace_of(tmp_path, {"LOCAL_KEY": KEY})) as client:
            refused = await client.post("/api/connections/local/check", json={})
        async with asked(workspace_of(tmp_path, {})) as client:
            poor = await client.post("/api/connections/local/check", json={"path": "/x"})
            unknown = await client.post("/api/connections/nobody/check", json={})
            states = {one["name"]: one for one in (await client.get("/api/connections")).json()}
    assert (refused.json()["ok"], refused.json()["asked"]) == (False, "/models")
    assert [one["step"] for one in refused.json()["steps"]] == [
        "secrets",
        "address",
        "connection",
        "response",
    ]
    assert "check the value of $LOCAL_KEY" in refused.json()["steps"][-1]["cure"]
    assert [one.target for one in server.requests] == ["/v1/models"]
    assert [(one["step"], one["ok"]) for one in poor.json()["steps"]] == [("secrets", False)]
    assert "export LOCAL_KEY=" in poor.json()["steps"][0]["cure"]
    assert unknown.status_code == 404
    assert (states["local"]["ready"], states["local"]["missing"]) == (False, ["LOCAL_KEY"])
    assert KEY not in refused.text


async def test_what_is_missing_is_told_by_where_it_is_to_come_from(tmp_path: Path) -> None:
    (tmp_path / "httptask.toml").write_text(
        """
        connections.a = { base_url = "https://a.example", headers = { K = "$secrets.UNDECLARED" } }
        connections.b = { base_url = "https://b.example", headers = { K = "$secrets.FILED" } }
        connections.c = { base_url = "https://c.example", headers = { K = "$secrets.RENAMED" } }
        secrets.FILED = { file = "filed.txt" }
        secrets.RENAMED = { environment = "OTHER_NAME" }
        """
    )
    async with asked(workspace_of(tmp_path, {})) as client:
        fixes = {one["name"]: one["fix"] for one in (await client.get("/api/connections")).json()}
    assert fixes["a"] == "add [secrets.UNDECLARED] with `environment` or `file` to httptask.toml"
    assert fixes["b"] == f"write the value of FILED into {tmp_path / 'filed.txt'}"
    dotenv = tmp_path / ".env"
    assert (
        fixes["c"]
        == f"write OTHER_NAME=… into {dotenv}, which counts at once; or export OTHER_NAME=… and restart"
    )


async def test_models_are_asked_of_the_server_once_and_by_its_credential(tmp_path: Path) -> None:
    listed = Reply.json({"object": "list", "data": [{"id": "small"}, {"id": "large"}, {"no": 1}]})
    async with ScriptedServer([listed]) as server:
        (tmp_path / "httptask.toml").write_text(TABLE.format(url=server.url))
        async with asked(workspace_of(tmp_path, {"LOCAL_KEY": KEY})) as client:
            first = await client.get("/api/connections/local/models")
            again = await client.get("/api/connections/local/models")
            of_one = [
                (await client.get("/api/connections/local/models", params={"model": model})).json()
                for model in ("small", "smal", "small:free", "another-one")
            ]
    told = {"models": ["large", "small"], "of_server": True, "reason": None, "hint": None}
    assert [(one["is_unlisted"], one["meant"]) for one in of_one] == [
        (False, None),
        (True, "small"),
        (False, None),
        (True, None),
    ]
    assert first.json() == {**told, "is_unlisted": False, "meant": None}
    assert again.json() == first.json()
    assert [(one.method, one.target) for one in server.requests] == [("GET", "/v1/models")]
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in first.text


async def test_models_with_a_published_price_stand_in_for_those_of_a_server_that_is_not_asked(
    tmp_path: Path,
) -> None:
    async with asked(workspace_of(tmp_path, {})) as client:
        told = (await client.get("/api/connections/openai/models")).json()
        doubted = (await client.get("/api/connections/openai/models", params={"model": "gpt-4.1-mni"})).json()
        unknown = await client.get("/api/connections/nobody/models")
    assert told["of_server"] is False
    assert (doubted["is_unlisted"], doubted["meant"]) == (False, None)
    assert told["reason"] == "Connection openai is not set up: OPENAI_API_KEY is missing"
    assert "export OPENAI_API_KEY=" in told["hint"]
    assert "gpt-4.1-mini" in told["models"]
    assert not [name for name in told["models"] if "embedding" in name]
    assert unknown.status_code == 404


async def test_a_server_without_models_is_told_as_that_and_asked_again_once_its_connection_is_another(
    tmp_path: Path,
) -> None:
    file = tmp_path / "httptask.toml"
    async with ScriptedServer([Reply.json({"detail": KEY}, status=404)]) as none:
        file.write_text(TABLE.format(url=none.url))
        async with asked(workspace_of(tmp_path, {"LOCAL_KEY": KEY})) as client:
            failed = await client.get("/api/connections/local/models")
            async with ScriptedServer([Reply.json({"data": [{"id": "here"}]})]) as there:
                file.write_text(TABLE.format(url=there.url))
                found = await client.get("/api/connections/local/models")
    assert failed.json()["models"] == []
    assert "404" in failed.json()["reason"]
    assert KEY not in failed.text
    assert found.json()["models"] == ["here"]


async def test_a_connection_that_is_added_is_written_behind_what_stands_there_and_works(
    tmp_path: Path,
) -> None:
    file = tmp_path / "httptask.toml"
    before = b'# mine\r\n[connections.other]   # kept\r\nbase_url="https://other.example"'
    file.write_bytes(before)
    listed = Reply.json({"data": [{"id": "small"}]})
    async with (
        ScriptedServer([listed, listed]) as server,
        asked(workspace_of(tmp_path, {"MODEL_KEY": KEY})) as client,
    ):
        new = {
            "name": "own",
            "base_url": f"{server.url}/v1",
            "authentication": "bearer",
            "secret": "MODEL_KEY",
        }
        closed = await client.post("/api/connections", json=new)
        untouched = file.read_bytes()
        added = await client.post("/api/connections", json={**new, "allow_private": True})
        models = (await client.get("/api/connections/own/models")).json()
        checked = (await client.post("/api/connections/own/check", json={"path": "/models"})).json()
    [fault] = closed.json()["faults"]
    assert (closed.status_code, fault["field"], untouched) == (422, "allow_private", before)
    assert "loopback" in fault["message"]
    assert {one["name"]: one["ready"] for one in added.json()}["own"] is True
    expected = f"""\


[connections.own]
base_url = "{server.url}/v1"
allow_private = ["127.0.0.1"]

[connections.own.authentication.bearer]
token = "$secrets.MODEL_KEY"

[secrets.MODEL_KEY]
environment = "MODEL_KEY"
"""
    assert file.read_bytes() == before + expected.replace("\n", "\r\n").encode()
    assert (models["models"], models["of_server"], checked["ok"]) == (["small"], True, True)
    assert server.requests[1].headers["authorization"] == f"Bearer {KEY}"


async def test_a_file_is_made_for_the_first_connection_and_a_declared_secret_is_used_again(
    tmp_path: Path,
) -> None:
    workspace = workspace_of(tmp_path, {})
    file = tmp_path / "httptask.toml"
    file.unlink()
    object.__setattr__(
        workspace, "read_settings", lambda: Settings(config_or_none(tmp_path), {})
    )  # as `dev` in a folder without one
    header = {"authentication": "header", "header": "X-Key", "secret": "SHOP_KEY"}
    async with asked(workspace) as client:
        project = (await client.get("/api/project")).json()
        first = await client.post(
            "/api/connections",
            json={"name": "shop", "base_url": "https://192.0.2.1", **header, "allow_private": True},
        )
        second = await client.post(
            "/api/connections",
            json={"name": "pay", "base_url": "http://10.1.0.9:81/x", **header, "allow_private": True},
        )
    assert (project["configuration"], project["dotenv"]) == (str(file), str(tmp_path / ".env"))
    assert (first.status_code, second.status_code) == (201, 201), second.text
    written = tomllib.loads(file.read_text())
    key = {"api_key": {"in": "header", "name": "X-Key", "value": "$secrets.SHOP_KEY"}}
    assert written["connections"]["pay"] == {
        "base_url": "http://10.1.0.9:81/x",
        "allow_private": ["10.1.0.9"],
        "authentication": key,
    }
    assert written["secrets"] == {"SHOP_KEY": {"environment": "SHOP_KEY"}}


async def test_a_connection_of_a_provider_says_what_is_not_known_of_it(tmp_path: Path) -> None:
    file = tmp_path / "httptask.toml"
    file.write_text("")
    new = {"base_url": "", "authentication": "provider"}
    environment = {"OPENAI_API_KEY": KEY, "GROQ_API_KEY": KEY}
    workspace = workspace_of(tmp_path, environment)
    settings = Settings(
        load_config(file, environment),
        environment,
        frozenset({"GROQ_API_KEY"}),
        frozenset({"OPENAI_API_KEY"}),
    )
    async with asked(workspace) as client:
        known = {one["name"]: one for one in (await client.get("/api/connections/providers")).json()}
        added = [
            await client.post("/api/connections", json={**new, "name": name, "provider": name})
            for name in ("groq", "openai")
        ]
        refused = [
            await client.post("/api/connections", json={**new, "name": "own", **wrong})
            for wrong in (
                {"provider": "azure"},
                {"provider": "vllm"},
                {"base_url": "https://192.0.2.1"},
                {"provider": "groq", "authentication": "none"},
            )
        ]
        object.__setattr__(
            workspace, "read_settings", lambda: replace(settings, config=load_config(file, environment))
        )
        states = {one["name"]: one for one in (await client.get("/api/connections")).json()}
    assert (known["groq"]["secret"], known["azure"]["base_url"]) == ("GROQ_API_KEY", None)
    assert [one.status_code for one in added] == [201, 201], added[-1].text
    assert tomllib.loads(file.read_text()) == {
        "connections": {"groq": {"provider": "groq"}, "openai": {"provider": "openai"}}
    }
    assert [one.json()["faults"][0]["field"] for one in refused] == [
        "base_url",
        "authentication",
        "authentication",
        "authentication",
    ]
    [key] = states["groq"]["secrets"]
    assert (states["groq"]["origin"], key["told"], key["why_not"]) == (
        "base URL from httptask.toml",
        "GROQ_API_KEY from .env",
        None,
    )
    [passed_over] = states["openai"]["secrets"]
    assert passed_over["told"] == "OPENAI_API_KEY from the environment (the line of .env is passed over)"
    assert "goes before `.env`" in passed_over["why_not"]
    assert KEY not in str(states)


def config_or_none(folder: Path) -> Config:
    file = folder / "httptask.toml"
    found = load_config(file, {}) if file.exists() else None
    return found or replace(load_config(Path(os.devnull), {}), root=folder, file=None)


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("name", "openai", "is there without being written"),
        ("name", "local", "is there already"),
        ("name", "two words", "no name of a connection"),
        ("base_url", "ftp://a.example", "http:// or https://"),
        ("base_url", "localhost:8000", "http:// or https://"),
        ("base_url", f"https://me:{KEY}@a.example", "user information"),
        ("base_url", f"https://192.0.2.1/?api_key={KEY}", "holds a credential"),
        ("base_url", "https://192.0.2.1/$HOME", "has a #, $ or a brace"),
        ("header", f"X-Key: {KEY}", "no name of a header"),
        ("secret", KEY, "no name of a secret"),
        ("secret", "", "no name of a secret"),
        ("secret", "hf_abcdefghijklmnopqrstuv", "no name of a secret"),
        ("secret", "QX4RWM7JKZ2PTB9NVC", "no name of a secret"),
    ],
    ids=[
        "default",
        "taken",
        "words",
        "ftp",
        "no-scheme",
        "user",
        "key-in-url",
        "variable",
        "header-with-value",
        "key",
        "no-secret",
        "token",
        "capitals",
    ],
)
async def test_what_a_connection_can_not_be_made_of_is_told_at_its_field(
    tmp_path: Path, field: str, value: str, told: str
) -> None:
    table = TABLE.format(url="https://a.example")
    (tmp_path / "httptask.toml").write_text(table)
    new = {
        "name": "own",
        "base_url": "https://192.0.2.1/v1",
        "authentication": "header",
        "secret": "OWN_KEY",
        "allow_private": True,
    }
    async with asked(workspace_of(tmp_path, {})) as client:
        refused = await client.post("/api/connections", json={**new, field: value})
    [fault] = refused.json()["faults"]
    assert (refused.status_code, fault["field"]) == (422, field)
    assert told in fault["message"]
    assert field != "secret" or "asked for as soon as this is saved" in fault["hint"]
    assert len(value) < 15 or value not in refused.text
    assert KEY not in refused.text
    assert (tmp_path / "httptask.toml").read_text() == table


async def test_a_document_of_this_machine_is_loaded_once_it_is_meant_and_nothing_else_is_opened(
    tmp_path: Path,
) -> None:
    document = {"openapi": "3.1.0", "info": {"title": "Shop", "version": "1"}, "paths": {}}
    async with ScriptedServer([Reply.json(document)]) as server:
        source = {"source": f"{server.url}/openapi.json"}
        async with asked(workspace_of(tmp_path, {})) as client:
            refused = await client.post("/api/catalog", json=source)
            added = await client.post(
                "/api/catalog", json={**source, "allow_private": refused.json()["network"]}
            )
            again = await client.post("/api/catalog", json={**source, "name": "again"})
        (tmp_path / "httptask.toml").write_text('[policy]\nallowed_hosts = ["api.example.com"]\n')
        async with asked(workspace_of(tmp_path, {})) as client:
            elsewhere = await client.post("/api/catalog", json={**source, "allow_private": "loopback"})
    assert (refused.status_code, refused.json()["network"]) == (422, "loopback")
    assert "[policy]" in refused.json()["hint"]
    assert (added.status_code, added.json()["title"]) == (201, "Shop")
    assert (again.status_code, elsewhere.status_code, len(server.requests)) == (422, 422, 1)
    assert "allowed_hosts" in elsewhere.json()["detail"]
