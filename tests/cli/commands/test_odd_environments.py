"""No traceback and no wrong file named, whatever variables, locale and streams a command is started with."""

import json

import pytest

from support.commands import HTTPTASK, Shell

SETS = "document: { dsl: 1.0.3, namespace: tests, name: sets, version: 1.0.0 }\ndo: [{ one: { set: { a: Ä } } }]\n"
C_LOCALE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
"""A locale without any letter beyond ASCII, and Python held to it."""

COMMANDS = {
    "run": (["run", "sets.yaml"], 0),
    "run --json": (["run", "sets.yaml", "--json"], 0),
    "run of nothing": (["run", "absent.yaml"], 2),
    "validate": (["validate", "sets.yaml"], 0),
    "runs list": (["runs", "list"], 0),
    "runs show": (["runs", "show", "last"], 2),
    "test-request": (["test-request", "sets.yaml", "one", "--dry-run"], 2),
    "connections": (["connections", "list", "--json"], 0),
    "worker": (["worker", "-d", ".", "--check"], 0),
    "schema": (["schema"], 0),
    "wrong use": (["run", "--nope"], 2),
    "help": (["--help"], 0),
}

ON_ONE_SERVER = ("run --json", "runs list")
"""Others start one of their own, as a user's first command does, or need none."""

CLOSES = """
import os, sys

for number in map(int, sys.argv.pop(1)):
    name = ("stdin", "stdout", "stderr")[number]
    setattr(sys, name, None)
    setattr(sys, f"__{name}__", None)
    os.close(number)

from httptask.cli import main
main()
"""
"""Leaves a forked interpreter as one begins whose streams are closed."""


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in ON_ONE_SERVER])
async def test_a_variable_that_is_no_text_disturbs_no_command(shell: Shell, name: str) -> None:
    await not_disturbed(shell, name)


@pytest.mark.usefixtures("one_server")
@pytest.mark.parametrize("name", ON_ONE_SERVER)
async def test_a_variable_that_is_no_text_disturbs_no_command_of_a_cluster(shell: Shell, name: str) -> None:
    await not_disturbed(shell, name)


async def not_disturbed(shell: Shell, name: str) -> None:
    arguments, expected = COMMANDS[name]
    shell.write("sets.yaml", SETS)
    code, command = await shell.run(*arguments, SOMETHING="\udcff\udcfe")
    assert code == expected, command.stderr
    assert "Traceback" not in command.stderr
    assert "codec" not in command.stderr


async def test_a_variable_for_temporal_that_is_no_text_is_named(shell: Shell) -> None:
    code, command = await shell.run("runs", "list", TEMPORAL_NAMESPACE="\udcff")
    assert (code, command.stderr.splitlines()[0]) == (2, "error: TEMPORAL_NAMESPACE: is not UTF-8 text")


async def test_names_of_files_are_written_as_they_are_in_any_locale(shell: Shell) -> None:
    shell.write("sëts.yaml", SETS)
    code, command = await shell.run("run", "absënt.yaml", **C_LOCALE)
    assert (code, command.stderr.splitlines()[0]) == (2, "error: absënt.yaml: no such file or folder")
    code, command = await shell.run("validate", "sëts.yaml", "absënt.yaml", **C_LOCALE)
    assert (code, command.stdout.partition(":")[0]) == (2, "absënt.yaml")
    code, command = await shell.run("run", "sëts.yaml", **C_LOCALE)
    assert (code, json.loads(command.stdout)) == (0, {"a": "Ä"}), command.stderr


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
async def test_streams_that_a_shell_closes_change_nothing_else(shell: Shell, closed: str) -> None:
    shell.program = ("bash", "-c", f'exec "$0" "$@" {closed}', HTTPTASK)
    await changes_nothing_else(shell, "run")


@pytest.mark.parametrize(
    ("name", "closed"),
    [
        *(("run of nothing", closed) for closed in ("2", "012")),
        ("runs list", "1"),
        ("connections", "012"),
        ("wrong use", "2"),
        ("help", "1"),
    ],
)
async def test_closed_streams_change_nothing_else(shell: Shell, name: str, closed: str) -> None:
    shell.script = str(shell.write("closes.py", CLOSES))
    await changes_nothing_else(shell, name, closed)


async def changes_nothing_else(shell: Shell, name: str, *before: str) -> None:
    arguments, expected = COMMANDS[name]
    shell.write("sets.yaml", SETS)
    code, command = await shell.run(*before, *arguments)
    assert code == expected, command.stderr
    assert "Traceback" not in command.stderr
    assert (shell.folder / "sets.yaml").read_text() == SETS
    log = shell.folder / ".httptask" / "server.log"
    assert not log.exists() or "run sets-" not in log.read_text(), "what is said went into a file"


async def test_a_working_directory_that_is_gone_is_named(shell: Shell) -> None:
    gone = 'mkdir gone && cd gone && rmdir ../gone && exec "$0" "$@"'
    shell.program = ("bash", "-c", gone, str(HTTPTASK))
    code, command = await shell.run("validate", "sets.yaml")
    assert (code, command.stderr.splitlines()[0]) == (2, "error: the working directory is gone")


async def test_a_name_that_is_no_text_is_written_as_the_bytes_it_is(shell: Shell) -> None:
    shell.program = ("bash", "-c", 'set -o pipefail; "$0" "$@" 2>&1 | od -c | head -2', HTTPTASK)
    code, command = await shell.run("run", "x\udcff.yaml")
    assert code == 2
    assert r"e   r   r   o   r   :       x 377   .   y" in command.stdout
