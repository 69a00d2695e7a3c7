"""What a worker refuses unless its operator permits it."""

import json

import pytest

from support.commands import Shell

LITERAL = """
document: { dsl: 1.0.3, namespace: tests, name: literal, version: 1.0.0 }
do:
  - get:
      call: http
      with: { method: get, endpoint: "https://api.example.com/x", headers: { Authorization: Bearer swordfish } }
"""

UNBOUND = """
[secrets.TOKEN]
environment = "TOKEN"
"""


async def check(shell: Shell, config: str, *options: str) -> tuple[int, str]:
    shell.write("httptask.toml", config)
    code, command = await shell.run("worker", "-d", "definitions", "--check", *options, TOKEN="swordfish")
    return code, command.stdout + command.stderr


async def test_literal_credentials(shell: Shell) -> None:
    shell.write("definitions/literal.yaml", LITERAL)
    code, said = await check(shell, "")
    assert code == 2
    assert "policy tests/literal:1.0.0: `Authorization` holds a credential as it is" in said
    assert "definitions/literal.yaml:6:93" in said
    assert "swordfish" not in said
    code, said = await check(shell, "[worker]\nallow_literal_credentials = true")
    assert code == 0
    assert "literal credentials                    served" in said


@pytest.mark.usefixtures("one_server")
async def test_run_warns_of_literal_credentials(shell: Shell) -> None:
    shell.write("literal.yaml", LITERAL)
    shell.write(
        "fixtures/none.yaml", "request: { method: GET, url: https://other.example.com }\nresponses: [{}]"
    )
    _, command = await shell.run("run", "literal.yaml", "--fixtures", "fixtures")
    assert "literal.yaml:6:93: warning[literal-credential]" in command.stderr
    assert "swordfish" not in command.stdout + command.stderr


@pytest.mark.parametrize(
    ("hosts", "expected"), [('["*.example.com"]', 0), ('["api.example.com"]', 0), ('["example.com"]', 2)]
)
async def test_allowed_hosts(shell: Shell, hosts: str, expected: int) -> None:
    shell.write("definitions/get.yaml", LITERAL.replace("Authorization", "X-Trace"))
    code, said = await check(shell, f"[policy]\nallowed_hosts = {hosts}")
    assert code == expected, said
    assert ("api.example.com is not among policy.allowed_hosts" in said) is (expected == 2)


async def test_allowed_hosts_do_not_concern_connections(shell: Shell) -> None:
    definition = LITERAL.replace("Authorization", "X-Trace").replace(
        '"https://api.example.com/x"', "{ uri: https://crm.example.org/x, authentication: { use: crm } }"
    )
    shell.write("definitions/get.yaml", definition)
    config = '[policy]\nallowed_hosts = ["api.example.com"]\n[connections.crm]\nbase_url = "https://crm.example.org"'
    code, said = await check(shell, config)
    assert code == 0, said


async def test_unbound_secrets(shell: Shell) -> None:
    shell.write("definitions/get.yaml", LITERAL.replace("Authorization", "X-Trace"))
    code, said = await check(shell, UNBOUND)
    assert code == 2
    assert "secrets.TOKEN.origins: list where it may be sent" in said
    code, said = await check(shell, UNBOUND + "[worker]\nallow_unbound_secrets = true", "--json")
    assert code == 0
    findings = {
        finding["name"]: finding["about"] for finding in json.loads(said.partition("configuration: ")[0])
    }
    assert findings["unbound secrets"] == "TOKEN"


async def test_inline_definitions(shell: Shell) -> None:
    shell.write("httptask.toml", "[worker]\nallow_inline = true")
    code, command = await shell.run("worker", "--check")
    assert code == 0
    assert "inline definitions                     run" in command.stdout
