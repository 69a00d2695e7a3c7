"""An API key is in no place that `httptask run` leaves behind: history, logs, terminal, database."""

import base64
import json
import urllib.parse
from collections.abc import AsyncIterator

import pytest
from temporalio.client import Client

from httptask.cli.server import SharedServer
from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.cluster import temporal_cli
from support.commands import Command, Shell
from support.encodings import forms_of

KEY = 'sk-sentinel/0123+456789"abc'

ASKS = """
document: { dsl: 1.0.3, namespace: tests, name: asks, version: 1.0.0 }
do:
  - ask:
      call: chatCompletion
      with: { model: m, messages: [{ role: user, content: hello }], output: response }
  - fetch:
      call: httpRequest
      with: { method: get, connection: openai, path: /echo, output: response }
"""

UNREACHABLE = """
[connections.openai]
base_url = "http://127.0.0.1:1/v1"
authentication.bearer.token = "$secrets.OPENAI_API_KEY"
allow_private = ["loopback"]
retry = { first_interval = 1, factor = 10 }

[secrets.OPENAI_API_KEY]
environment = "OPENAI_API_KEY"
"""


def test_forms_are_found_where_they_stand() -> None:
    header = b"Authorization: Basic " + base64.b64encode(b"user:" + KEY.encode())
    assert any(form in header for form in forms_of(KEY))


async def leaks(shell: Shell, command: Command) -> list[str]:
    """Where the key stands, of all places that the run has left something in."""
    places = {"stdout": command.stdout.encode(), "stderr": command.stderr.encode()}
    server = SharedServer(shell.folder / ".httptask")
    address = await server.join()
    try:
        client = await Client.connect(address)
        async for workflow in client.list_workflows():
            handle = client.get_workflow_handle(workflow.id, run_id=workflow.run_id)
            places[f"history {workflow.id}"] = (await handle.fetch_history()).to_json().encode()
            shown = await temporal_cli(address, "workflow", "show", "-w", workflow.id, "-o", "json")
            places[f"show {workflow.id}"] = shown.encode()
    finally:
        files = {file.name: file for file in (shell.folder / ".httptask").iterdir()}
        places |= {name: file.read_bytes() for name, file in files.items() if file.is_file()}
        await server.leave()
    assert any(name.startswith("history") for name in places)
    assert "temporal.db" in places, sorted(places)
    places |= {
        f"{file.name} at rest": file.read_bytes()
        for file in files.values()
        if file.is_file() and file.exists()
    }
    forms = forms_of(KEY)
    return [name for name, content in places.items() if any(form in content for form in forms)]


@pytest.fixture
async def echo() -> AsyncIterator[ScriptedServer]:
    """Answers 200 with all it was sent, in body and headers."""

    def answer(request: ServedRequest) -> Reply:
        authorization = request.headers["authorization"]
        token = authorization.removeprefix("Bearer ")
        headers = {
            "X-Request-Id": token,
            "X-Echo": authorization,
            "Set-Cookie": f"key={token}",
            "Location": f"/?{token}",
        }
        echoed = {
            "got": request.headers,
            "b64": base64.b64encode(authorization.encode()).decode(),
            "url": f"/?k={urllib.parse.quote(token)}",
        }
        if request.method == "GET":
            return Reply.json(echoed, headers=headers)
        answered = Reply.chat(f"your key is {token}")
        body = json.loads(answered.data.partition(b"\r\n\r\n")[2])
        return Reply.json({**body, "echo": echoed}, headers=headers)

    async with ScriptedServer(answer) as server:
        yield server


async def test_echoing_server(shell: Shell, echo: ScriptedServer) -> None:
    file = shell.write("asks.yaml", ASKS)
    code, command = await shell.run("run", file.name, OPENAI_BASE_URL=echo.url, OPENAI_API_KEY=KEY)

    assert code == 0, command.stderr
    assert [request.headers["authorization"] for request in echo.requests] == [f"Bearer {KEY}"] * 2
    assert "OPENAI_API_KEY" in command.stdout  # its name stands where its value stood
    assert await leaks(shell, command) == []


async def test_wrong_key_echoed_by_the_server(shell: Shell) -> None:
    file = shell.write("asks.yaml", ASKS)

    def refuse(request: ServedRequest) -> Reply:
        token = request.headers["authorization"].removeprefix("Bearer ")
        error = {"error": {"message": f"Incorrect API key provided: {token}.", "code": "invalid_api_key"}}
        return Reply.json(error, status=401, headers={"WWW-Authenticate": f'Bearer token="{token}"'})

    async with ScriptedServer(refuse) as server:
        code, command = await shell.run(
            "run", file.name, "--json", OPENAI_BASE_URL=server.url, OPENAI_API_KEY=KEY
        )

    assert code == 1
    assert json.loads(command.stdout)["error"]["error"] == "Unauthorized"
    assert len(server.requests) == 1
    assert await leaks(shell, command) == []


async def test_key_with_a_newline_is_refused_before_anything_is_sent(
    shell: Shell, echo: ScriptedServer
) -> None:
    file = shell.write("asks.yaml", ASKS)
    code, command = await shell.run("run", file.name, OPENAI_BASE_URL=echo.url, OPENAI_API_KEY=f"{KEY}\n")

    assert code == 1, command.stderr
    assert "OPENAI_API_KEY" in command.stderr
    assert echo.requests == []
    assert await leaks(shell, command) == []


async def test_unreachable_host(shell: Shell) -> None:
    """The last attempt that a timeout leaves time for ends the run; each of them has failed with the key in hand."""
    file = shell.write("asks.yaml", ASKS.replace("do:\n", "timeout: { after: PT9S }\ndo:\n", 1))
    shell.write("httptask.toml", UNREACHABLE)
    code, command = await shell.run("run", file.name, OPENAI_API_KEY=KEY)

    assert code == 1, command.stderr
    assert "no connection to 127.0.0.1:1" in command.stderr
    assert "another attempt would come after the timeout of the workflow" in command.stderr
    assert await leaks(shell, command) == []
