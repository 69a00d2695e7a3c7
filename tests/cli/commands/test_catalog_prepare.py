"""`httptask catalog prepare`: from a document to a request that reaches its server."""

import json

import pytest

from httptask.testing import Reply, ScriptedServer
from support.api_documents import openapi
from support.commands import Shell
from support.terminals import on_terminal

ORDER = {
    "type": "object",
    "required": ["id", "article", "count"],
    "properties": {
        "id": {"type": "string", "readOnly": True},
        "article": {"type": "string", "pattern": "^[A-Z]{2}[0-9]{4}$"},
        "count": {"type": "integer", "minimum": 2},
        "note": {"type": "string"},
    },
}
PATHS = {
    "/shops/{shop}/orders": {
        "post": {
            "operationId": "createOrder",
            "parameters": [{"name": "shop", "in": "path", "required": True, "schema": {"type": "string"}}],
            "requestBody": {"content": {"application/json": {"schema": ORDER}}},
            "responses": {"201": {"description": "made"}},
        }
    }
}
KEY = {"key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"}}
DEFINITION = "# ours\r\ndocument: { dsl: 1.0.3, namespace: shop, name: order, version: 1.0.0 }\r\ndo:\r\n  - begin: { set: { article: 7 } }\r\n"


@pytest.mark.usefixtures("one_server")
async def test_a_document_becomes_a_request_that_is_sent(shell: Shell) -> None:
    """Added, prepared, checked and tried, with no byte of the files changed that were there."""
    async with ScriptedServer(lambda _: Reply.json({"id": "o-1"}, status=201)) as server:
        document = openapi(
            PATHS,
            servers=[{"url": "https://shop.example.com"}],
            security=[{"key": []}],
            components={"securitySchemes": KEY},
        )
        shell.write("openapi.json", json.dumps(document))
        shell.write("order.yaml", DEFINITION)
        shell.write("httptask.toml", "# mine\n[policy]\nallowed_hosts = []")
        await shell.run("catalog", "add", "openapi.json", "--name", "shop")
        code, command = await shell.run(
            *("catalog", "prepare", "shop.createOrder", "--into", "order.yaml", "--server", server.url),
            *("--field", "count=${ 1 + 2 }", "--field", "note=as $${ usual }", "--name", "order"),
        )
        assert (code, command.stdout) == (0, "")
        assert command.stderr.splitlines()[1:] == [
            "wrote order.yaml: order",
            f"wrote {shell.folder / 'httptask.toml'}: connection shop",
            "secret SHOP_API_KEY: the value of the header X-Api-Key; set the environment variable SHOP_API_KEY",
            "fill in: path.shop, body.article",
            "try: httptask test-request order.yaml order",
        ]
        assert (shell.folder / "order.yaml").read_bytes().startswith(DEFINITION.encode())
        assert (
            (shell.folder / "httptask.toml").read_text().startswith("# mine\n[policy]\nallowed_hosts = []\n")
        )
        assert (await shell.run("validate", "order.yaml"))[0] == 0
        code, command = await shell.run(
            "test-request", "order.yaml", "order", "--yes", "--json", SHOP_API_KEY="a-key-of-ours"
        )
        assert code == 0, command.stderr
        [request] = server.requests
    assert (request.method, request.target) == ("POST", "/shops/shop/orders")
    assert request.headers["x-api-key"] == "a-key-of-ours"
    assert json.loads(request.body) == {"article": "AA0000", "count": 3, "note": "as ${ usual }"}
    assert "a-key-of-ours" not in command.stdout + command.stderr


async def test_neither_file_is_written_unless_both_can_be(shell: Shell) -> None:
    document = openapi(PATHS, servers=[{"url": "https://shop.example.com"}])
    shell.write("openapi.json", json.dumps(document))
    shell.write("order.yaml", DEFINITION)
    shell.write("httptask.toml", "connections = { other = { base_url = 'https://example.com' } }\n")
    await shell.run("catalog", "add", "openapi.json", "--name", "shop")
    code, command = await shell.run("catalog", "prepare", "shop.createOrder", "--into", "order.yaml")
    assert (code, "has a form that can't be changed from here" in command.stderr) == (2, True)
    assert (shell.folder / "order.yaml").read_bytes() == DEFINITION.encode()


async def test_a_person_is_asked_once_for_what_the_document_leaves_out(shell: Shell) -> None:
    shell.write("openapi.json", json.dumps(openapi(PATHS)))
    await shell.run("catalog", "add", "openapi.json", "--name", "shop")
    command = ("catalog", "prepare", "shop.createOrder")
    screen = on_terminal(
        shell.folder, shell.environment, *command, typed="https://shop.example.com\nbearer\n"
    )
    assert screen.code == 0, screen.written
    assert "the document of `shop` does not say at which server it is: https://HOST" in screen.written
    assert "      path: /shops/shop/orders" in screen.lines
    assert 'base_url = "https://shop.example.com"' in screen.lines
    assert 'token = "$secrets.SHOP_TOKEN"' in screen.lines
    kept = json.loads((shell.folder / "catalog/shop/entry.json").read_text())
    assert kept == {"document": "openapi.json", "authentication": "bearer"}
    assert sorted(path.name for path in shell.folder.iterdir()) == [".httptask", "catalog", "openapi.json"]
