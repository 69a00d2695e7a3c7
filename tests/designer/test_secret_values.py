"""Values of secrets: they go into `.env` by the page, count at once, and come out of nowhere."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from dotenv import dotenv_values

from httptask.config import ConfigInvalid
from httptask.config.dotenv import set_variable
from httptask.designer.app import create_app
from support.designer import ADDRESS, TOKEN, asked, dotenv_workspace

KEY = "sk-canary-4711-typed-in-the-page"
CONFIG = """\
[connections.shop]
base_url = "https://shop.example"
authentication = { bearer = { token = "$secrets.SHOP_KEY" } }
headers = { X-Team = "$secrets.UNDECLARED" }

[secrets.SHOP_KEY]
environment = "KEY_OF_SHOP"

[secrets.FILED]
file = "filed.txt"
"""
NAMES = """\
document: { dsl: 1.0.3, namespace: n, name: d, version: 1.0.0 }
use: { secrets: [TOKEN] }
do: [{ a: { set: { x: 1 } } }]
"""
VALUES: Final = (
    "sk-plain_1",
    "two words",
    " around ",
    "it's",
    'a "b"',
    "a\\",
    "a #\\",
    "$HOME ${X} `x`",
    "#x",
    "a # b",
    "line\nbreak\r\nand\ttab",
    "'",
    '"',
    "\\'",
    "ä€😀",
    "=",
    "export A=b",
)


async def put(client: httpx.AsyncClient, name: str, value: str = KEY, **more: Any) -> httpx.Response:
    return await client.put(f"/api/secrets/{name}", json={"value": value, **more})


@pytest.mark.parametrize(
    "before",
    [
        "",
        "# mine\n\nOTHER='x # y'  # kept\nexport KEY=old # why\n\nLAST=1",
        "\ufeffKEY='o\\'ld'\r\nLAST=\"a\r\nb\"\r\n",
        "KEY\nKEY=first\nKEY=second\nodd line\n",
    ],
)
@pytest.mark.parametrize("value", VALUES)
def test_a_value_is_read_as_it_was_given_and_every_other_line_stays(
    tmp_path: Path, before: str, value: str
) -> None:
    file = tmp_path / ".env"
    if before:
        file.write_bytes(before.encode())
    old = dotenv_values(file, interpolate=False, encoding="utf-8-sig")
    set_variable(file, "KEY", value)
    assert dotenv_values(file, interpolate=False, encoding="utf-8-sig") == {**old, "KEY": value}
    lines = before.encode().splitlines(keepends=True)
    others = [line for line in lines if b"KEY" not in line and line.endswith(b"\n")]
    assert [line for line in others if line not in file.read_bytes()] == []
    assert ("# why" in before) == (b" # why\n" in file.read_bytes())


def test_a_file_that_is_made_is_its_owners_alone_and_one_that_is_there_keeps_its_permissions(
    tmp_path: Path,
) -> None:
    file = tmp_path / ".env"
    set_variable(file, "KEY", KEY)
    made = file.stat().st_mode & 0o777
    file.chmod(0o640)
    set_variable(file, "KEY", "other")
    assert (made, file.stat().st_mode & 0o777) == (0o600, 0o640)
    assert [one.name for one in tmp_path.iterdir()] == [".env"]


@pytest.mark.parametrize("kind", ["link", "folder", "bytes"])
def test_what_is_no_file_of_the_folder_is_left_alone(tmp_path: Path, kind: str) -> None:
    folder, outside = tmp_path / "project", tmp_path / "outside"
    folder.mkdir()
    file = folder / ".env"
    outside.write_text("A=1\n")
    if kind == "link":
        file.symlink_to(outside)
    elif kind == "folder":
        file.mkdir()
    else:
        file.write_bytes(b"\xff=1")
    with pytest.raises(ConfigInvalid) as refused:
        set_variable(file, "KEY", KEY)
    assert KEY not in str(refused.value)
    assert outside.read_text() == "A=1\n"


async def test_a_value_that_is_given_counts_at_once_and_is_never_told(tmp_path: Path) -> None:
    looked: list[str] = []
    own = dotenv_workspace(tmp_path)
    object.__setattr__(own, "look", lambda: looked.append("looked"))
    (tmp_path / "httptask.toml").write_text(CONFIG)
    (tmp_path / ".env").write_text("# mine\n")
    async with asked(own) as client:
        before = {one["name"]: one for one in (await client.get("/api/connections")).json()}["shop"]
        given = [
            await put(client, "SHOP_KEY"),
            await put(client, "UNDECLARED"),
            await put(client, "TOKEN", definition={"path": "d.yaml", "text": NAMES}),
        ]
        after = {one["name"]: one for one in (await client.get("/api/connections")).json()}["shop"]
        replaced = await put(client, "SHOP_KEY", f"{KEY}-2")
        answers = [*given, replaced, await client.get("/api/project"), await client.get("/api/openapi.json")]
    assert (before["ready"], before["missing"]) == (False, ["UNDECLARED", "SHOP_KEY"])
    assert [one.status_code for one in given] == [200, 200, 200], given[-1].text
    assert after["ready"]
    assert [one["told"] for one in after["secrets"]] == [
        "UNDECLARED from .env",
        "SHOP_KEY from KEY_OF_SHOP of .env",
    ]
    assert (tmp_path / ".env").read_text() == f"# mine\nKEY_OF_SHOP={KEY}-2\nUNDECLARED={KEY}\nTOKEN={KEY}\n"
    assert "[secrets.UNDECLARED]" in (tmp_path / "httptask.toml").read_text()
    assert len(looked) == 4
    assert [one.request.url for one in answers if KEY in one.text or KEY in str(one.headers)] == []


async def test_what_can_not_be_given_from_here_says_what_to_do(tmp_path: Path) -> None:
    own = dotenv_workspace(tmp_path, {"KEY_OF_SHOP": "of the environment", "OPENAI_API_KEY": ""})
    (tmp_path / "httptask.toml").write_text(CONFIG)
    async with asked(own) as client:
        of_environment = await put(client, "SHOP_KEY")
        empty = await put(client, "OPENAI_API_KEY")
        of_file = await put(client, "FILED")
        unknown = await put(client, "PATH")
        nameless = await put(client, "TEMPORAL_ADDRESS", definition={"path": "d.yaml", "text": NAMES})
        nothing = await put(client, "SHOP_KEY", "")
        number = await client.put("/api/secrets/SHOP_KEY", json={"value": {KEY: 1}})
    assert (of_environment.status_code, empty.status_code, of_file.status_code) == (409, 409, 409)
    assert "goes before `.env`" in of_environment.json()["detail"]
    assert "empty" in empty.json()["detail"]
    assert str(tmp_path / "filed.txt") in of_file.json()["detail"]
    assert (unknown.status_code, nameless.status_code, nothing.status_code, number.status_code) == (
        404,
        404,
        422,
        422,
    )
    refused = (of_environment, empty, of_file, unknown, nameless, nothing, number)
    assert [one.request.url for one in refused if KEY in one.text] == []
    assert not (tmp_path / ".env").exists()


@pytest.mark.parametrize(
    ("client", "server", "is_taken"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("192.0.2.7", "192.0.2.7", True),
        ("192.0.2.9", "192.0.2.7", False),
        ("::1", "::1", True),
    ],
)
async def test_no_value_is_taken_over_a_network(
    tmp_path: Path, client: str, server: str, *, is_taken: bool
) -> None:
    (tmp_path / "httptask.toml").write_text(CONFIG)
    app = create_app(dotenv_workspace(tmp_path), [ADDRESS], TOKEN, None)

    async def served(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "client": (client, 40_000), "server": (server, 7280)}, receive, send)

    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=served),
        base_url=f"http://{ADDRESS}",
        headers={"x-httptask-token": TOKEN, "x-forwarded-for": "127.0.0.1", "x-forwarded-proto": "https"},
    ) as asker:
        why = (await asker.get("/api/project")).json()["why_no_values"]
        given = await put(asker, "SHOP_KEY")
    assert (why is None, given.status_code) == (is_taken, 200 if is_taken else 403)
    assert (tmp_path / ".env").exists() == is_taken
    assert is_taken or f"ssh -L 7280:{server}:7280" in why
    assert is_taken or given.json()["detail"] == why


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True, env=environment)
    return tmp_path


async def test_a_file_that_git_would_commit_is_told(checkout: Path) -> None:
    (checkout / "httptask.toml").write_text(CONFIG)
    async with asked(dotenv_workspace(checkout)) as client:
        told = (await put(client, "SHOP_KEY")).json()["warning"]
        (checkout / ".gitignore").write_text(".env\n")
        ignored = (await put(client, "SHOP_KEY")).json()["warning"]
    assert "write .env into .gitignore" in told
    assert ignored is None


async def test_what_a_run_lacks_is_told_with_its_state(tmp_path: Path) -> None:
    (tmp_path / "httptask.toml").write_text(CONFIG)
    text = NAMES.replace(
        "do: [", "do: [{ b: { call: httpRequest, with: { method: get, connection: shop, path: / } } }, "
    )
    async with asked(dotenv_workspace(tmp_path)) as client:
        sent = {"path": "d.yaml", "text": text, "task": "b", "dry": True}
        events = (await client.post("/api/test-requests", json=sent)).text
    setup = json.loads(events.split("event: setup\ndata: ")[1].split("\n")[0])
    assert [(one["name"], one["why_not"]) for one in setup["secrets"]] == [
        ("UNDECLARED", None),
        ("SHOP_KEY", None),
    ]
