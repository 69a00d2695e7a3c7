"""`httptask connections`: what is known, and what each step to a server gives."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from httptask.cli.commands.connections import list_connections
from httptask.testing import Reply, ScriptedServer
from support.certificates import Certificates
from support.commands import Shell

CANARY = "canary-0123456789"


def config(server: str, *more: str) -> str:
    lines = (
        "[connections.local]",
        f'base_url = "{server}"',
        'authentication.bearer.token = "$secrets.TOKEN"',
        f'headers = {{ X-Team = "{CANARY}" }}',
        *(more or ('allow_private = ["loopback"]',)),
        "[secrets.TOKEN]",
        'environment = "TOKEN"',
    )
    return "\n".join(lines)


async def check(shell: Shell, *options: str, **environment: str) -> tuple[int, list[dict[str, Any]]]:
    """The exit code, and what each step said."""
    variables = {"TOKEN": CANARY, **environment}
    code, command = await shell.run("connections", "check", "local", "--json", *options, **variables)
    assert CANARY not in command.stdout + command.stderr
    return code, json.loads(command.stdout)


async def test_list_shows_settings_and_no_value(shell: Shell) -> None:
    shell.write(
        "httptask.toml",
        config(
            "https://api.example.com",
            "concurrency = 4",
            'proxy = { url = "http://x:1", username = "a", password = "$secrets.TOKEN" }',
        ),
    )
    code, command = await shell.run("connections", "list")
    assert code == 0
    assert "https://api.openai.com/v1" in command.stdout
    assert 'headers = ["X-Team"], concurrency = 4' in command.stdout
    assert CANARY not in command.stdout
    _, command = await shell.run("connections", "list", "--json")
    local = next(one for one in json.loads(command.stdout) if one["name"] == "local")
    assert (local["authentication"], local["secrets"]) == ("bearer", ["TOKEN"])


def test_servers_are_listed_whole_in_80_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = io.StringIO()
    console = Console(file=output, width=80, force_terminal=True, color_system=None, soft_wrap=True)
    monkeypatch.setattr("httptask.cli.terminal.styled.stdout", console)
    (tmp_path / "httptask.toml").write_text(config("http://127.0.0.1:18431/api"))
    monkeypatch.chdir(tmp_path)
    list_connections()
    assert "  http://127.0.0.1:18431/api  bearer" in output.getvalue()
    assert max(map(len, output.getvalue().splitlines())) <= 80


async def test_each_step_of_a_connection_that_works(shell: Shell) -> None:
    async with ScriptedServer([Reply.json({"ok": True})]) as server:
        shell.write("httptask.toml", config(f"{server.url}/v1"))
        code, steps = await check(shell, "--path", "/models")
        assert code == 0
        assert [step["step"] for step in steps] == ["secrets", "address", "connection", "response"]
        assert all(step["ok"] for step in steps)
        [served] = server.requests
        assert (served.method, served.target) == ("GET", "/v1/models")
        assert served.headers["authorization"] == f"Bearer {CANARY}"
        _, command = await shell.run("connections", "check", "local", TOKEN=CANARY)
    assert command.stdout.splitlines()[0].split() == ["secrets", "ok", "$TOKEN", "resolved"]


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [
        (200, 0, "200, 0 bytes"),
        (302, 0, "302: it redirects to https://new.example.com/"),
        (404, 0, "404: the server answers"),
        (429, 0, "429, 0 bytes"),
        (401, 1, "401: the server refuses the credential"),
        (403, 1, "403: the server refuses the credential"),
        (503, 1, "503: an error of the server"),
    ],
)
async def test_statuses(shell: Shell, status: int, code: int, told: str) -> None:
    headers = {"Location": "https://new.example.com/?q=1"} if status == 302 else {}
    async with ScriptedServer([Reply.of(status=status, headers=headers)]) as server:
        shell.write("httptask.toml", config(server.url))
        ended, steps = await check(shell)
    assert (ended, steps[-1]["told"].partition(" in ")[0]) == (code, told)


async def test_a_key_that_is_refused_under_another_status(shell: Shell) -> None:
    """What LiteLLM's proxy answers to a key that is not its own."""
    told = {
        "error": {"message": "No connected db.", "type": "no_db_connection", "param": None, "code": "400"}
    }
    async with ScriptedServer([Reply.json(told, status=400)]) as server:
        shell.write("httptask.toml", config(server.url))
        ended, steps = await check(shell)
    assert (ended, steps[-1]["told"]) == (1, "400: the server refuses the credential")


@pytest.mark.parametrize(
    ("server", "more", "environment", "code", "last", "told"),
    [
        ("http://127.0.0.1:1", (), {"TOKEN": ""}, 2, "secrets", "set the environment variable TOKEN"),
        ("http://nowhere.invalid", (), {}, 3, "address", "the name nowhere.invalid can't be resolved"),
        (
            "http://127.0.0.1:1",
            ("redirects = 0",),
            {},
            2,
            "address",
            "the host is 127.0.0.1, a loopback address",
        ),
        ("http://127.0.0.1:1", (), {}, 3, "connection", "nothing answers there"),
        (
            "https://10.0.0.1",
            ('proxy.url = "http://127.0.0.1:1"', 'allow_private = ["127.0.0.1"]'),
            {},
            2,
            "address",
            "the host is 10.0.0.1, a private address",
        ),
    ],
    ids=["secrets", "name", "forbidden address", "nobody there", "behind a proxy"],
)
async def test_where_it_ends(
    shell: Shell,
    server: str,
    more: tuple[str, ...],
    environment: dict[str, str],
    code: int,
    last: str,
    told: str,
) -> None:
    shell.write("httptask.toml", config(server, *more))
    ended, steps = await check(shell, **environment)
    assert (ended, steps[-1]["step"], steps[-1]["ok"]) == (code, last, False)
    assert told in steps[-1]["told"]


async def test_certificates_are_explained(shell: Shell, tmp_path: Path) -> None:
    certificates = Certificates(tmp_path)
    tls = certificates.server("127.0.0.1", asks_for_certificate=True)
    async with ScriptedServer([Reply.of()], tls=tls) as server:
        shell.write("httptask.toml", config(server.url))
        code, steps = await check(shell)
        assert (code, steps[-1]["step"]) == (3, "connection")
        assert "name its file as ca_bundle" in steps[-1]["cure"]
        private = 'allow_private = ["loopback"]'
        shell.write("httptask.toml", config(server.url, private, 'tls.ca_bundle = "ca.pem"'))
        code, steps = await check(shell)
        assert (code, steps[-1]["step"]) == (1, "response")
        assert "wants a client certificate" in steps[-1]["cure"]
        certificates.client()
        files = 'tls = { ca_bundle = "ca.pem", certificate = "client.pem", key = "client.key" }'
        shell.write("httptask.toml", config(server.url, private, files))
        code, steps = await check(shell)
        assert code == 0, steps


async def test_an_unknown_connection(shell: Shell) -> None:
    code, command = await shell.run("connections", "check", "lokal")
    assert code == 2
    assert command.stderr.startswith("error: there is no connection lokal (known: openai)")


CREDENTIALS = """
[connections.tickets]
base_url = "http://127.0.0.1:1"
headers = { X-Api-Key = "swordfish", Authorization = "Bearer $secrets.TICKETS" }
"""


@pytest.mark.parametrize(
    "command",
    [
        ["connections", "list"],
        ["connections", "check", "tickets"],
        ["validate", "asks.yaml"],
        ["run", "asks.yaml"],
        ["worker", "-d", ".", "--check"],
        ["test-request", "asks.yaml", "ask", "--dry-run"],
    ],
    ids=" ".join,
)
async def test_credentials_of_the_configuration_are_checked(shell: Shell, command: list[str]) -> None:
    shell.write("httptask.toml", CREDENTIALS)
    shell.write(
        "asks.yaml",
        "document: { dsl: 1.0.3, namespace: t, name: t, version: 1.0.0 }\n"
        "do: [{ ask: { call: httpRequest, with: { method: get, connection: tickets, path: / } } }]",
    )
    _, told = await shell.run(*command)
    said = told.stdout + told.stderr
    assert "httptask.toml:4:26: warning[literal-credential]: `connections.tickets.headers.X-Api-Key`" in said
    assert (
        "httptask.toml:4:71: warning[undeclared-secret]: the connection tickets names the secret TICKETS"
        in said
    )
    assert "swordfish" not in said
