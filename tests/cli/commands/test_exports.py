"""`httptask test-request --curl | --python | --httpie`: the request for other programs, and nothing is sent."""

import json

import pytest

from support.commands import Shell

DEFINITION = """\
document: { dsl: 1.0.3, namespace: tests, name: orders, version: 1.0.0 }
use: { secrets: [SHOP_TOKEN] }
do:
  - order:
      call: httpRequest
      with:
        method: post
        endpoint:
          uri: https://api.example.com/orders
          authentication: { bearer: { token: "${ $secrets.SHOP_TOKEN }" } }
        body: { article: "${ .article }" }
"""
HEADER = "Authorization: Bearer "
PROGRAMS = {
    "curl": ("curl --request POST https://api.example.com/orders", f'"{HEADER}$SHOP_TOKEN"'),
    "python": ("import os\n\nimport httpx\n", '"Bearer " + os.environ["SHOP_TOKEN"]'),
    "httpie": (
        "http --ignore-stdin ",
        '--auth-type=bearer --auth="$SHOP_TOKEN" POST https://api.example.com/orders',
    ),
}


@pytest.mark.parametrize("program", PROGRAMS)
async def test_prints_what_sends_the_same_and_no_secret(shell: Shell, program: str) -> None:
    shell.write("orders.yaml", DEFINITION)
    shell.environment["SHOP_TOKEN"] = "geheim-0123456789"
    begin, credential = PROGRAMS[program]
    arguments = ["test-request", "orders.yaml", "order", "--input", '{"article": 7}', f"--{program}"]
    code, command = await shell.run(*arguments)
    assert code == 0, command.stderr
    assert command.stdout.startswith(begin)
    assert credential in command.stdout
    assert "Idempotency-Key" not in command.stdout
    assert "geheim" not in command.stdout + command.stderr


async def test_an_error_of_another_task_keeps_none_back(shell: Shell) -> None:
    other = "  - look: { call: httpRequest, with: { pathh: /orders } }\n"
    shell.write("orders.yaml", DEFINITION + other)
    code, command = await shell.run("test-request", "orders.yaml", "order", "--input", "{}", "--curl")
    assert code == 0, command.stderr
    assert command.stdout.startswith("curl ")
    code, command = await shell.run("test-request", "orders.yaml", "look", "--curl")
    assert (code, command.stdout) == (2, "")
    assert "pathh" in command.stderr


async def test_one_program_at_a_time_and_as_json(shell: Shell) -> None:
    shell.write("orders.yaml", DEFINITION)
    code, command = await shell.run("test-request", "orders.yaml", "order", "--curl", "--python")
    assert (code, command.stdout) == (2, "")
    assert "--curl together with --python" in command.stderr
    code, command = await shell.run("test-request", "orders.yaml", "order", "--httpie", "--json")
    assert code == 0, command.stderr
    assert list(json.loads(command.stdout)) == ["httpie"]
