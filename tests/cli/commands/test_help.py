"""Help is fast, complete, and shows how to use each command."""

import os
import subprocess
from importlib.metadata import version

import pytest

from support.commands import HTTPTASK, Shell

COMMANDS: tuple[list[str], ...] = (
    [],
    ["run"],
    ["validate"],
    ["test-request"],
    ["init"],
    ["dev"],
    ["worker"],
    ["schema"],
    ["connections"],
    ["connections", "list"],
    ["connections", "check"],
    ["catalog"],
    ["catalog", "from-curl"],
    ["runs"],
    ["runs", "list"],
    ["runs", "show"],
    ["runs", "cancel"],
)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda words: " ".join(["httptask", *words]))
async def test_each_command_shows_an_example(shell: Shell, command: list[str]) -> None:
    code, told = await shell.run(*command, "--help")
    assert code == 0, told.stderr
    assert " ".join(["Example: httptask", *command]) in " ".join(told.stdout.split())


async def test_unknown_option_is_a_usage_error_without_a_traceback(shell: Shell) -> None:
    code, told = await shell.run("run", "x.yaml", "--inptu", "{}")
    assert code == 2
    assert "Traceback" not in told.stderr


def test_the_version_is_that_of_the_distribution() -> None:
    told = subprocess.run([HTTPTASK, "--version"], capture_output=True, text=True, check=True)
    assert told.stdout == f"httptask {version('httptask')}\n"


def completed(line: str) -> list[str]:
    """What bash offers for the end of a line."""
    words = line.split(" ")
    environment = {
        **os.environ,
        "_HTTPTASK_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }
    told = subprocess.run([HTTPTASK], env=environment, capture_output=True, text=True, check=True)
    assert told.stderr == ""
    return told.stdout.split()


def test_the_shell_completes_commands_and_options() -> None:
    assert completed("httptask run") == ["run", "runs"]
    assert completed("httptask runs c") == ["cancel"]
    assert completed("httptask worker --health") == ["--health-address"]


def test_completion_can_be_installed() -> None:
    typed = ["bash", "-c", '"$0" --show-completion; exit $?', HTTPTASK]  # it looks which shell has started it
    told = subprocess.run(typed, capture_output=True, text=True, check=True)
    assert "_HTTPTASK_COMPLETE=complete_bash" in told.stdout
