"""What goes wrong at the command line ends in one line that says so, and shows things as they stand."""

import json

import pytest

from support.commands import Shell
from support.definitions import SETS

ASKS = """
document: { dsl: 1.0.3, namespace: tests, name: asks, version: 1.0.0 }
do:
  - ask:
      call: chatCompletion
      with: { model: m, messages: [{ role: user, content: ":smile: ${ .who }" }] }
"""

WRONG: dict[str, tuple[list[str], str]] = {
    "a folder as the definition": (["run", "."], "is a folder"),
    "a folder as the definition of a test request": (["test-request", ".", "ask"], "is a folder"),
    "recordings go where a file is": (
        ["run", "sets.yaml", "--record", "sets.yaml"],
        "sets.yaml: File exists",
    ),
    "fixtures and recordings": (
        ["test-request", "asks.yaml", "ask", "--fixtures", "f", "--record", "r"],
        "--fixtures and --record exclude each other",
    ),
    "a test request of a task without a request": (
        ["test-request", "sets.yaml", "one"],
        "one makes no request, so there is nothing to test; no task of this definition makes one",
    ),
    "a test request on a queue without a name": (
        ["test-request", "asks.yaml", "ask", "--task-queue", ""],
        "--task-queue: its name is empty",
    ),
    "a test request with data of a run without a name": (
        ["test-request", "asks.yaml", "ask", "--from-run", ""],
        "--from-run: its value is empty",
    ),
    "half of a surrogate pair": (["run", "sets.yaml", "-i", '"\\ud800"'], "--input: not usable JSON"),
    "a number that is none": (
        ["run", "sets.yaml", "-i", "1e400"],
        "--input: not usable JSON: a number is out of range",
    ),
    "more than Temporal carries": (
        ["run", "sets.yaml", "-i", "@large.json"],
        "bytes, more than the 1,900,000",
    ),
    "a key that is missing": (["run", "asks.yaml"], "set the environment variable OPENAI_API_KEY"),
}


@pytest.mark.parametrize("name", WRONG)
async def test_one_line_and_exit_code_2(shell: Shell, name: str) -> None:
    arguments, message = WRONG[name]
    shell.write("sets.yaml", SETS)
    shell.write("asks.yaml", ASKS)
    shell.write("large.json", '"' + "x" * 2_000_000 + '"')

    code, command = await shell.run(*arguments)

    assert code == 2, command.stderr
    assert message in command.stderr
    assert "Traceback" not in command.stderr
    assert shell.left_over() == []


UNDECLARED = """
document: { dsl: 1.0.3, namespace: tests, name: uses, version: 1.0.0 }
do:
  - ask:
      call: chatCompletion
      with: { model: m, messages: [{ role: user, content: Hi }], fallback: [{ connection: spare }] }
  - get: { call: httpRequest, with: { method: get, connection: shop, path: /a } }
  - get2: { call: httpRequest, with: { method: get, connection: shop, path: /b } }
  - price: { call: activity, with: { type: price_of } }
"""


@pytest.mark.parametrize("command", [["run", "uses.yaml"], ["worker", "-d", "uses.yaml"]])
async def test_what_is_not_declared_is_told_with_its_place(shell: Shell, command: list[str]) -> None:
    shell.write("uses.yaml", UNDECLARED)
    shell.write("httptask.toml", "[connections.openai]\nbase_url = 'https://openai.example.com/v1'\n")
    code, told = await shell.run(*command)
    assert code == 2
    assert told.stderr.splitlines()[-1] == (
        "error: uses.yaml:7:64: connection shop: not declared: add it to httptask.toml with its base_url; "
        "uses.yaml:6:91: connection spare: not declared: add it to httptask.toml with its base_url; "
        "uses.yaml:9:44: activity price_of: not allowed: add [activities.price_of] to httptask.toml"
    )
    _, checked = await shell.run("validate", "uses.yaml")
    assert "uses.yaml:6:91: warning[unknown-connection]: there is no connection `spare`" in checked.stdout


PRESSES = """
import os, signal, sys

class Presses:
    def find_spec(self, name, *_):
        if name == "httptask.cli.commands.app":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Presses())
from httptask.cli import main
main()
"""


async def test_ctrl_c_during_the_imports_is_silent(shell: Shell) -> None:
    shell.write("presses.py", PRESSES)
    shell.script = "presses.py"
    code, command = await shell.run("run", "sets.yaml")
    assert (code, command.stdout, command.stderr) == (130, "", "")


async def test_nothing_is_taken_for_an_emoji(shell: Shell) -> None:
    shell.write(
        "hundred.yaml", SETS.replace("\ndo:", "\n" * 99 + "do:").replace("one: {", "one: { then: nowhere,")
    )
    shell.write("asks.yaml", ASKS)

    _, broken = await shell.run("run", "hundred.yaml")
    code, prepared = await shell.run(
        "test-request", "asks.yaml", "ask", "-i", '{"who": ":warning:"}', "--dry-run"
    )

    assert "hundred.yaml:100:" in broken.stderr
    assert code == 0, prepared.stderr
    assert ":smile: :warning:" in prepared.stdout.partition("--data-raw")[2]


@pytest.mark.usefixtures("one_server")
async def test_a_result_reaches_a_terminal_that_knows_ascii_only(shell: Shell) -> None:
    shell.write("sets.yaml", SETS.replace("a: 1", 'a: "${ .who }"'))

    code, command = await shell.run("run", "sets.yaml", "-i", '{"who": "Änne"}', PYTHONIOENCODING="ascii")

    assert code == 0, command.stderr
    assert "\\u00c4nne" in command.stdout


@pytest.mark.parametrize(
    "arguments", [("run", "absent.yaml", "--json"), ("runs", "cancel", "last", "--json")], ids=["run", "runs"]
)
async def test_errors_are_json_where_it_is_asked_for(shell: Shell, arguments: tuple[str, ...]) -> None:
    code, command = await shell.run(*arguments)
    told = json.loads(command.stdout)
    assert code == 2
    assert command.stderr.startswith(f"error: {told['error']}\n")
    assert told["hint"]
