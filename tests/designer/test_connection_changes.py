"""Connections of `httptask.toml`, changed and removed as the page does: the rest of the file stays as it is."""

import tomllib
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.designer import asked, workspace_of

KEY = "sk-canary-4711-as-it-is-written"
FILE = f"""\
# mine
[connections.shop]   # of books
base_url = "https://shop.example/v1"   # where
limits.total = 9  # patient
headers = {{ X-Team = "books", X-Api-Key = "{KEY}" }}

[connections.shop.authentication.bearer]
token = "$secrets.SHOP_KEY"  # never here

# of the shop
[secrets.SHOP_KEY]
environment = "SHOP_KEY"

# of others
[connections.other]
base_url = "https://other.example"
authentication = {{ basic = {{ username = "u", password = "$secrets.PASSWORD" }} }}

[secrets.PASSWORD]
environment = "PASSWORD"
"""
USES = """\
document: { dsl: 1.0.3, namespace: n, name: d, version: 1.0.0 }
do:
  - look: { call: httpRequest, with: { method: get, connection: shop, path: /books } }
  - ask: { call: chatCompletion, with: { model: m, messages: [{ role: user, content: hi }] } }
"""


async def form_of(client: httpx.AsyncClient, name: str) -> dict[str, Any]:
    read = await client.get(f"/api/connections/{name}/form")
    assert read.status_code == 200, read.text
    assert KEY not in read.text
    told: dict[str, Any] = read.json()
    return told


async def put(client: httpx.AsyncClient, name: str, read: dict[str, Any], **change: Any) -> httpx.Response:
    body = {"base": read["base"], "form": {**read["form"], **change}}
    return await client.put(f"/api/connections/{name}", json=body)


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
async def test_what_is_changed_are_the_lines_of_it_and_the_other_ones_keep_their_comments(
    tmp_path: Path, line_end: str
) -> None:
    file = tmp_path / "httptask.toml"
    async with asked(workspace_of(tmp_path, {})) as client:
        file.write_bytes(FILE.replace("\n", line_end).encode())
        read = await form_of(client, "shop")
        unchanged = await put(client, "shop", read)
        same = file.read_bytes()
        headers = {"X-Team": "poems", "X-Api-Key": "[redacted]"}
        moved = await put(client, "shop", read, base_url="https://new.example", headers=headers)
        changed = file.read_bytes().decode()
        again = await form_of(client, "shop")
        own = {"authentication": "header", "header": "X-Own", "secret": "OWN_KEY"}
        rekeyed = await put(client, "shop", again, **own)
    assert read["form"]["headers"] == {"X-Team": "books", "X-Api-Key": "[redacted]"}
    assert (read["form"]["authentication"], read["form"]["secret"]) == ("bearer", "SHOP_KEY")
    assert (unchanged.status_code, same) == (200, FILE.replace("\n", line_end).encode())
    assert moved.status_code == 200, moved.text
    expected = FILE.replace("https://shop.example/v1", "https://new.example").replace('"books"', '"poems"')
    assert changed == expected.replace("\n", line_end)
    assert rekeyed.status_code == 200, rekeyed.text
    text = file.read_bytes().decode()
    assert text.count("\n") == text.count(line_end)
    assert [
        comment
        for comment in ("# mine", "# of books", "# where", "# patient", "# of others")
        if comment not in text
    ] == []
    written = tomllib.loads(text)
    assert written["connections"]["shop"]["limits"] == {"total": 9}
    assert written["connections"]["shop"]["headers"]["X-Api-Key"] == KEY
    key = {"api_key": {"in": "header", "name": "X-Own", "value": "$secrets.OWN_KEY"}}
    assert written["connections"]["shop"]["authentication"] == key
    # What nothing names any more is gone: `httptask worker` takes no secret that belongs to no server.
    assert written["secrets"] == {
        "PASSWORD": {"environment": "PASSWORD"},
        "OWN_KEY": {"environment": "OWN_KEY"},
    }


async def test_a_way_to_authenticate_that_the_form_does_not_know_is_kept(tmp_path: Path) -> None:
    async with asked(workspace_of(tmp_path, {})) as client:
        file = tmp_path / "httptask.toml"
        file.write_text(FILE)
        read = await form_of(client, "other")
        saved = await put(client, "other", read, base_url="https://next.example", provider="litellm")
    assert (read["form"]["authentication"], saved.status_code) == ("kept", 200)
    before, after = tomllib.loads(FILE), tomllib.loads(file.read_text())
    changes = {"base_url": "https://next.example", "provider": "litellm"}
    assert after["connections"]["other"] == {**before["connections"]["other"], **changes}


async def test_one_that_is_there_without_being_written_is_written_and_taken_back(tmp_path: Path) -> None:
    file = tmp_path / "httptask.toml"
    async with asked(workspace_of(tmp_path, {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"})) as client:
        elsewhere = await form_of(client, "openai")
    async with asked(workspace_of(tmp_path, {})) as client:
        read = await form_of(client, "openai")
        nothing = await client.delete("/api/connections/openai", params={"base": ""})
        closed = await put(client, "openai", read, base_url="http://127.0.0.1:18080/v1")
        saved = await put(client, "openai", read, base_url="http://127.0.0.1:18080/v1", allow_private=True)
        written = file.read_text()
        opened = await form_of(client, "openai")
        public = await put(client, "openai", opened, base_url="https://192.0.2.1", allow_private=False)
        removed = await client.delete("/api/connections/openai", params={"base": opened["base"]})
    assert elsewhere["form"] | {"secret": "OPENAI_API_KEY", "allow_private": True} == elsewhere["form"]
    assert (read["is_written"], read["form"]["provider"], nothing.status_code) == (False, "openai", 404)
    assert closed.json()["faults"][0]["field"] == "allow_private"
    [state] = saved.json()
    assert (state["base_url"], state["is_written"]) == ("http://127.0.0.1:18080/v1", True)
    assert tomllib.loads(written)["connections"]["openai"]["allow_private"] == ["127.0.0.1"]
    assert public.json()["faults"][0]["field"] == "allow_private"
    assert (removed.status_code, removed.json()[0]["is_written"], file.read_text()) == (200, False, "")


async def test_nothing_that_was_changed_meanwhile_is_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "httptask.toml"
    async with asked(workspace_of(tmp_path, {})) as client:
        file.write_text(FILE)
        read = await form_of(client, "shop")
        file.write_text(FILE.replace("/v1", "/v2"))
        refused = await put(client, "shop", read, base_url="https://new.example")
        gone = await client.delete("/api/connections/shop", params={"base": read["base"]})
        untouched = file.read_text()
        # Others of the same file may change: they are merged.
        file.write_text(FILE.replace("other.example", "elsewhere.example"))
        merged = await put(client, "shop", read, base_url="https://new.example")
    assert (refused.status_code, gone.status_code) == (409, 409)
    assert untouched == FILE.replace("/v1", "/v2")
    assert merged.status_code == 200
    assert tomllib.loads(file.read_text())["connections"]["other"]["base_url"] == "https://elsewhere.example"


async def test_what_is_removed_goes_alone_and_its_tasks_are_told_before(tmp_path: Path) -> None:
    file = tmp_path / "httptask.toml"
    (tmp_path / "uses.yaml").write_text(USES)
    async with asked(workspace_of(tmp_path, {})) as client:
        file.write_text(FILE)
        [listed] = (await client.get("/api/definitions")).json()
        read = await form_of(client, "shop")
        removed = await client.delete("/api/connections/shop", params={"base": read["base"]})
        left = file.read_text()
        file.write_text(f'{FILE}\n[events]\nconnection = "other"\n')
        of_events = await client.delete(
            "/api/connections/other", params={"base": (await form_of(client, "other"))["base"]}
        )
    assert listed["connections"] == {"shop": ["look"], "openai": ["ask"]}
    assert [one["name"] for one in removed.json()] == ["openai", "other"]
    before = tomllib.loads(FILE)
    assert tomllib.loads(left) == {
        "connections": {"other": before["connections"]["other"]},
        "secrets": {"PASSWORD": before["secrets"]["PASSWORD"]},
    }
    assert left.startswith("# mine\n")
    assert left.endswith(FILE[FILE.index("# of others") :])
    assert of_events.status_code == 422
    assert "by which events go" in of_events.json()["detail"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"base_url": "ftp://a.example"}, "base_url"),
        ({"headers": {"two words": "x"}}, "headers"),
        ({"headers": {"X-Api-Key": "sk-4711"}}, "headers"),
        ({"headers": {"X-Other": "[redacted]"}}, "headers"),
        ({"headers": {"X-Key": "$secrets.sk4711"}}, "headers"),
        ({"authentication": "header", "header": "a b", "secret": "OWN"}, "header"),
        ({"provider": "openai", "authentication": "none"}, "authentication"),
    ],
)
async def test_a_fault_is_told_at_its_field_and_writes_nothing(
    tmp_path: Path, change: dict[str, Any], field: str
) -> None:
    file = tmp_path / "httptask.toml"
    async with asked(workspace_of(tmp_path, {})) as client:
        file.write_text(FILE)
        refused = await put(client, "shop", await form_of(client, "shop"), **change)
    assert [one["field"] for one in refused.json()["faults"]] == [field]
    assert "sk-4711" not in refused.text
    assert file.read_text() == FILE
