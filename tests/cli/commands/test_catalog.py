"""`httptask catalog`: adding an API from files and from a server, reading it, removing it."""

import json
from pathlib import Path

import pytest

from httptask.catalog.catalog import Catalog
from httptask.cli.commands.catalog import search
from httptask.cli.terminal.styled import stdout
from httptask.testing import Reply, ScriptedServer
from support.api_documents import openapi
from support.commands import Shell
from support.terminals import on_terminal

NAME = {"properties": {"first": {"type": "string"}}}
OWNER = {"properties": {"owner": {"type": "object", "properties": {"name": {"type": "object", **NAME}}}}}
RESPONSES = {"200": {"description": "", "content": {"application/json": {"schema": OWNER}}}}
DOCUMENT = openapi(
    {"/pets/{id}": {"get": {"operationId": "pets/get", "summary": "One pet", "responses": RESPONSES}}},
    servers=[{"url": "/v1"}],
)


async def test_an_api_is_added_shown_and_removed(shell: Shell) -> None:
    shell.write("api/openapi.json", json.dumps(DOCUMENT))
    code, command = await shell.run("catalog", "add", "api")
    assert (code, command.stderr) == (
        0,
        "added pet-shop: Pet shop 7, 1 operation, 1 problem\nsee: httptask catalog show pet-shop\n",
    )
    code, command = await shell.run("catalog", "list", "--json")
    listed = json.loads(command.stdout)
    assert [(one["name"], one["operations"]) for one in listed] == [("openai", 1), ("pet-shop", 1)]
    code, command = await shell.run("catalog", "list")
    assert "pet-shop  Pet shop" in command.stdout
    code, command = await shell.run("catalog", "show", "pet-shop")
    assert "- `petsGet`: GET /pets/{id}: One pet\n" in command.stdout
    code, command = await shell.run("catalog", "show", "pet-shop.petsGet")
    assert command.stdout.startswith("# pet-shop.petsGet\n\n`GET /pets/{id}`: One pet\n")
    code, command = await shell.run("catalog", "show", "pet-shop.petsGet", "200.owner", "--depth", "1")
    assert command.stdout.splitlines()[2:5] == ["Object.", "", "- `name` (object, …)"]
    code, command = await shell.run("catalog", "show", "pet-shop.petsGet", "200.owner", "--json")
    assert json.loads(command.stdout)["schema"]["properties"].keys() == {"name"}
    code, command = await shell.run("catalog", "show", "pet-shop", "200.owner")
    assert (code, "httptask catalog show pet-shop.OPERATION 200.owner" in command.stderr) == (2, True)
    code, command = await shell.run("catalog", "show", "pet-shop.petsGet", "--problems")
    assert "`{id}` of the path is no parameter (undeclared-parameter)" in command.stdout
    code, command = await shell.run("catalog", "show", "pet-shop", "--problems", "--json")
    [problem] = json.loads(command.stdout)
    assert problem["pointer"] == "openapi.json#/paths/~1pets~1{id}/get/parameters"
    code, command = await shell.run("catalog", "show", "pet-shop.petsGt", "--json")
    assert (code, json.loads(command.stdout)["hint"]) == (2, "did you mean `petsGet`?")
    code, command = await shell.run("catalog", "remove", "pet-shop")
    assert (code, list((shell.folder / "catalog").iterdir())) == (0, [])


async def test_an_api_without_operations_is_told(shell: Shell) -> None:
    shell.write("a.json", '{"openapi": "3.1.0", "info": {"title": "A"}}')
    code, command = await shell.run("catalog", "add", "a.json")
    assert (code, command.stderr) == (
        0,
        (
            "added a: A, 0 operations\n"
            "note: there is nothing to show or to search for: its document has nothing under `paths`\n"
            "see: httptask catalog show a\n"
        ),
    )


async def test_an_api_is_loaded_through_the_guard(shell: Shell) -> None:
    async with ScriptedServer(lambda _: Reply.json(DOCUMENT)) as server:
        url = f"{server.url}/docs/pets.json?version=7"
        code, command = await shell.run("catalog", "add", url)
        assert (code, "127.0.0.1" in command.stderr, server.requests) == (2, True, [])
        cure = 'hint: if it is meant, write into httptask.toml, under [policy]: allow_private = ["loopback"]'
        assert command.stderr.splitlines()[1].strip() == cure
        assert command.stderr.count("allow_private") == 1
        shell.write("httptask.toml", '[policy]\nallow_private = ["loopback"]\n')
        code, command = await shell.run("catalog", "add", url, "--name", "pets", "--json")
        assert (code, json.loads(command.stdout)["source"]) == (0, url)
        [request] = server.requests
        assert "application/yaml" in request.headers["accept"]
        code, command = await shell.run("catalog", "show", "pets.petsGet", "--json")
        assert [one["url"] for one in json.loads(command.stdout)["servers"]] == [f"{server.url}/v1"]
    assert (shell.folder / "catalog/pets/document/pets.json").is_file()


async def test_a_credential_in_an_address_is_neither_kept_nor_shown(shell: Shell) -> None:
    shell.write("httptask.toml", '[policy]\nallow_private = ["loopback"]\n')
    reply = [Reply.json(DOCUMENT), Reply.of(status=404)]
    async with ScriptedServer(lambda request: reply["new" in request.target]) as server:
        url, key = f"{server.url}/pets.json?private_token=", "geheim-0123456789"
        code, added = await shell.run("catalog", "add", url + key, "--name", "pets")
        assert (code, "update pets --from URL" in added.stderr) == (0, True)
        assert [request.target.endswith(f"={key}") for request in server.requests] == [True]
        _, listed = await shell.run("catalog", "list", "--json")
        _, shown = await shell.run("catalog", "show", "pets")
        code, updated = await shell.run("catalog", "update", "pets")
        assert (code, "with a credential, which was not kept" in updated.stderr) == (2, True)
        _, failed = await shell.run("catalog", "update", "pets", "--from", f"{server.url}/new?token={key}")
    _, refused = await shell.run("catalog", "add", f"https://ann:{key}@example.com/a.json")
    entry = (shell.folder / "catalog/pets/entry.json").read_text()
    assert json.loads(entry)["source"] == f"{url}[redacted]"
    ran = (added, listed, shown, updated, failed, refused)
    assert all(key not in one.stdout + one.stderr for one in ran)
    assert all(
        word in text for word, text in (("404", failed.stderr), ("example.com/a.json", refused.stderr))
    )


async def test_what_a_server_gives_instead_is_told(shell: Shell) -> None:
    shell.write("httptask.toml", '[policy]\nallow_private = ["loopback"]\n')
    replies = {
        "/moved": Reply.of(status=301, headers={"Location": "https://docs.example.com/api.json"}),
        "/page": Reply.of(b"<html>", headers={"Content-Type": "text/html"}),
    }
    async with ScriptedServer(lambda request: replies[request.target]) as server:
        _, command = await shell.run("catalog", "add", f"{server.url}/moved")
        assert "hint: it has moved: add https://docs.example.com/api.json" in command.stderr
        _, command = await shell.run("catalog", "add", f"{server.url}/page")
        assert "/page: is HTML or XML, no API document" in command.stderr
    assert [path.name for path in shell.folder.iterdir() if path.suffix != ".toml"] == []


async def test_operations_are_searched_for(shell: Shell) -> None:
    shell.write("openapi.json", json.dumps(DOCUMENT))
    await shell.run("catalog", "add", "openapi.json")
    code, command = await shell.run("catalog", "search", "one", "pte", "qqzzqq", "api:pet-shop")
    assert (code, [line.split() for line in command.stdout.splitlines()]) == (
        0,
        [
            ["operation", "call", "summary", "found", "by"],
            ["pet-shop.petsGet", "GET", "/pets/{id}", "One", "pet", "one,", "pet", "(pte)"],
        ],
    )
    assert command.stderr == "see: httptask catalog show pet-shop.petsGet\nnothing has: qqzzqq\n"
    code, command = await shell.run("catalog", "search", "xyzzyx")
    assert (code, command.stdout) == (0, "")
    assert command.stderr.startswith("nothing found: nothing has xyzzyx\n")


def test_names_stay_whole_in_a_narrow_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "listAllPetsThatWereSoldInTheShop"
    document = openapi(
        {"/pets/sold/long/ago": {"get": {"operationId": name, "summary": "Pets that were sold"}}}
    )
    apis = Catalog(tmp_path, tmp_path / ".httptask")
    apis.add("api.json", {"api.json": json.dumps(document).encode()}.get, name="pets")
    (tmp_path / "httptask.toml").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(stdout, "width", 50)
    search(["pets", "sold"], limit=1, json=False, config=None)
    assert f"pets.{name} " in capsys.readouterr().out


async def test_a_known_api_is_added_by_name(shell: Shell) -> None:
    listed = {
        "pets.example.com": {"versions": {"1": {"info": {"title": "Pets", "description": "Feed pets"}}}}
    }
    async with ScriptedServer(lambda _: Reply.json(DOCUMENT)) as server:
        listed["pets.example.com"]["versions"]["1"]["swaggerUrl"] = f"{server.url}/pets.json"  # type: ignore[assignment]
        shell.write("list.json", json.dumps(listed))
        code, command = await shell.run("catalog", "directory", "add", "list.json", "--name", "mine")
        assert (code, command.stderr.splitlines()[0]) == (0, "added mine: 1 APIs")
        code, command = await shell.run("catalog", "search", "feed", "pets")
        assert "not added: Pets: Feed pets\n  httptask catalog add pets-example-com\n" in command.stderr
        code, command = await shell.run("catalog", "add", "pets-example-com")
        assert (code, server.requests) == (2, [])
        assert (
            'hint: if it is meant, write into httptask.toml, under [policy]: allow_private = ["loopback"]'
        ) in command.stderr
        shell.write("httptask.toml", '[policy]\nallow_private = ["loopback"]\n')
        code, command = await shell.run("catalog", "add", "pets-example-com", "--json")
        assert (code, json.loads(command.stdout)["source"]) == (0, f"{server.url}/pets.json")
    code, command = await shell.run("catalog", "directory", "list", "--json")
    assert [one["name"] for one in json.loads(command.stdout)] == ["httptask", "mine"]


async def test_documents_are_loaded_again(shell: Shell) -> None:
    shell.write("httptask.toml", '[policy]\nallow_private = ["loopback"]\n')
    documents = [DOCUMENT, openapi({"/pets": {"get": {"operationId": "pets/list"}}})]
    async with ScriptedServer(lambda request: Reply.json(documents[len(server.requests) > 1])) as server:
        code, command = await shell.run("catalog", "add", f"{server.url}/pets.json", "--name", "pets")
        assert code == 0, command.stderr
        shell.write("api.json", json.dumps(DOCUMENT))
        await shell.run("catalog", "add", "api.json", "--name", "shop")
        code, command = await shell.run("catalog", "update")
    assert (code, command.stderr.splitlines()) == (
        1,
        [
            "configuration: httptask.toml",
            "pets: 1 operation, 1 new, 1 gone",
            "  new: petsList (GET /pets)",
            "  gone: petsGet (GET /pets/{id})",
            "shop: not updated: shop was added from a file, and nothing says where a newer one is",
            "  hint: httptask catalog update shop --from FILE|FOLDER|URL",
        ],
    )
    code, command = await shell.run("catalog", "update", "shop", "--from", "api.json", "--json")
    assert (code, json.loads(command.stdout)) == (
        0,
        [{"api": "shop", "operations": 1, "added": [], "removed": [], "changed": []}],
    )


def test_a_page_that_is_longer_than_the_screen_goes_through_the_pager(shell: Shell) -> None:
    environment = {**shell.environment, "PAGER": "sed s/^/paged:/"}
    show = ("catalog", "show", "openai.createChatCompletion")

    long = on_terminal(shell.folder, environment, *show, "--depth", "4")
    short = on_terminal(shell.folder, environment, *show, "body.stop")

    assert (long.code, short.code) == (0, 0)
    assert {line.startswith("paged:") for line in long.lines[:-1]} == {True}
    assert long.lines[-1].endswith("behind that of its operation the field alone")
    assert "paged:" not in short.written
