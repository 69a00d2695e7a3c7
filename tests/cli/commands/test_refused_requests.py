"""A chat request that can't be sent is refused in the same words by a run, a test request and a dry run."""

import json

import pytest

from support.commands import Shell

ASKS = """
document: { dsl: 1.0.3, namespace: tests, name: asks, version: 1.0.0 }
do:
  - ask:
      call: chatCompletion
      metadata: { httptask: { rules: LEVEL } }
      with:
        model: m
        vendor: 1
        temperature: ${ $workflow.input.temperature }
        top_p: ${ $workflow.input.temperature }
        messages: [{ role: user, content: Hello }]
"""
HOT = ("--input", '{ "temperature": 3 }')
REFUSED = """\
asks.yaml:4:5: RequestInvalid
  the chat request can't be sent:
    /temperature: `temperature` is 3, above 2; write a number, 0 to 2
    /top_p: `top_p` is 3, above 1; write a number, 0 to 1
  task: ask
"""
DRY = ("test-request", "asks.yaml", "ask", "--dry-run")

pytestmark = pytest.mark.usefixtures("one_server")


@pytest.mark.parametrize("command", [("run", "asks.yaml"), ("test-request", "asks.yaml", "ask"), DRY])
async def test_every_fault_has_a_line(shell: Shell, command: tuple[str, ...]) -> None:
    shell.write("asks.yaml", ASKS.replace("LEVEL", "strict"))
    code, told = await shell.run(*command, *HOT, OPENAI_API_KEY="sk-0123456789")
    assert code == 1
    assert REFUSED in (told.stderr if command[0] == "run" else told.stdout)


async def test_programs_are_told_the_same_by_a_dry_run(shell: Shell) -> None:
    shell.write("asks.yaml", ASKS.replace("LEVEL", "strict"))
    command = ("test-request", "asks.yaml", "ask", "--json", *HOT)
    dry_code, dry = await shell.run(*command, "--dry-run")
    code, told = await shell.run(*command, OPENAI_API_KEY="sk-0123456789")
    assert dry_code == code == 1
    error = json.loads(dry.stdout)["prepared"]["error"]
    assert error == json.loads(told.stdout)["outcome"]["error"]
    assert [fault["pointer"] for fault in error["details"]["faults"]] == ["/temperature", "/top_p"]


@pytest.mark.parametrize(("level", "warned"), [("warn", ["/vendor", "/temperature", "/top_p"]), ("off", [])])
async def test_a_dry_run_goes_by_the_level_of_the_task(shell: Shell, level: str, warned: list[str]) -> None:
    shell.write("asks.yaml", ASKS.replace("LEVEL", level))
    code, told = await shell.run(*DRY, *HOT)
    assert code == 0, told.stderr
    noted = [line.split(": ")[1] for line in told.stdout.splitlines() if line.startswith("  warning: /")]
    assert sorted(noted) == sorted(warned)


async def test_a_dry_run_goes_by_the_rules_of_the_connection(shell: Shell) -> None:
    shell.write(
        "asks.yaml", ASKS.replace("LEVEL", "strict").replace("model: m", "connection: own\n        model: m")
    )
    shell.write(
        "httptask.toml",
        '[connections.own]\nbase_url = "https://own.example.com/v1"\nmodel_rules = { m = { top_p = [1] } }\n',
    )
    _, told = await shell.run(*DRY, "--input", '{ "temperature": 0.5 }', "--json")
    assert [
        warning["pointer"]
        for warning in json.loads(told.stdout)["prepared"]["warnings"]
        if warning["pointer"]
    ] == ["/vendor", "/top_p"]
