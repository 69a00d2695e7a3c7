"""Connections, asked for as the page does, over a server of models that answers."""

from pathlib import Path

import pytest

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
    monkeypatch.setattr("httptask.designer.routes.connections._PATIENCE_SECONDS", 60)


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
    assert fixes["c"] == "export OTHER_NAME=…, or write OTHER_NAME=… into .env; then start again"


async def test_models_are_asked_of_the_server_once_and_by_its_credential(tmp_path: Path) -> None:
    listed = Reply.json({"object": "list", "data": [{"id": "small"}, {"id": "large"}, {"no": 1}]})
    async with ScriptedServer([listed]) as server:
        (tmp_path / "httptask.toml").write_text(TABLE.format(url=server.url))
        async with asked(workspace_of(tmp_path, {"LOCAL_KEY": KEY})) as client:
            first = await client.get("/api/connections/local/models")
            again = await client.get("/api/connections/local/models")
    assert first.json() == {"models": ["large", "small"], "of_server": True, "reason": None, "hint": None}
    assert again.json() == first.json()
    assert [(one.method, one.target) for one in server.requests] == [("GET", "/v1/models")]
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in first.text


async def test_models_with_a_published_price_stand_in_for_those_of_a_server_that_is_not_asked(
    tmp_path: Path,
) -> None:
    async with asked(workspace_of(tmp_path, {})) as client:
        told = (await client.get("/api/connections/openai/models")).json()
        unknown = await client.get("/api/connections/nobody/models")
    assert told["of_server"] is False
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
