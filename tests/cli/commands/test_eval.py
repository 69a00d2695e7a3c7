"""`httptask eval`: a value, or an error that points at its place."""

import json
import os
import pty
import subprocess
import sys

import pytest

from support.commands import HTTPTASK, Shell

ADDS = """
document: { dsl: 1.0.3, namespace: tests, name: adds, version: 1.0.0 }
do:
  - first: { set: { n: 1 } }
  - each:
      for: { each: item, in: "${ [1, 2] }" }
      do:
        - add: { input: { from: "${ .n }" }, set: { sum: "${ . + $item + $tasks.first.n }" } }
"""
AT_ADD = ("eval", "adds.yaml", "add")
DATA = ("--task-input", '{ "n": 3 }', "--variables", '{ "item": 4 }', "--outputs", '{ "first": { "n": 5 } }')


async def test_an_expression_sees_what_a_field_of_the_task_sees(shell: Shell) -> None:
    shell.write("adds.yaml", ADDS)
    for text in ("[., $item, $tasks.first.n, $task.name]", "${ [., $item, $tasks.first.n, $task.name] }"):
        code, command = await shell.run(*AT_ADD, text, *DATA)
        assert code == 0, command.stderr
        assert json.loads(command.stdout) == [3, 4, 5, "add"]


FAULTS = {
    "it is no jq": (". +", 2, "the expression ends too early\n  . +\n     ^"),
    "no such function": (". | foo", 2, "unknown function `foo`\n  . | foo\n      ^"),
    "no such task": ("$tasks.frist.n", 2, "`$tasks.frist` names no task\n  $tasks.frist.n\n  ^"),
    "a secret": ("$secrets.KEY", 2, "an expression can't read a secret"),
    "it fails on the data": ('. + "a"', 1, 'number (3) and string ("a") cannot be added'),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_an_error_points_at_its_place(shell: Shell, name: str) -> None:
    shell.write("adds.yaml", ADDS)
    text, expected, message = FAULTS[name]

    code, command = await shell.run(*AT_ADD, text, *DATA)

    assert code == expected
    assert command.stdout == ""
    assert f"error: {message}" in command.stderr


async def test_data_that_it_reads_is_asked_for(shell: Shell) -> None:
    shell.write("adds.yaml", ADDS)

    code, command = await shell.run(*AT_ADD, "$item + $tasks.first.n", "--json")

    assert code == 2
    assert json.loads(command.stdout)["missing"] == {"outputs": ["first"], "variables": ["item"]}


@pytest.mark.usefixtures("one_server")
async def test_an_earlier_run_gives_the_data(shell: Shell) -> None:
    shell.write("adds.yaml", ADDS)
    code, _ = await shell.run("run", "adds.yaml", "--input", "{}")
    assert code == 0
    [run] = json.loads((await shell.run("runs", "list", "--limit", "1", "--json"))[1].stdout)

    code, command = await shell.run(*AT_ADD, "[$task.input, $item, $tasks.first]", "--from-run", run["id"])

    assert code == 0, command.stderr
    assert json.loads(command.stdout) == [{"sum": 3}, 2, {"n": 1}]


def test_a_prompt_takes_one_after_the_other(shell: Shell) -> None:
    shell.write("adds.yaml", ADDS)
    ours, theirs = pty.openpty()
    command = subprocess.Popen(
        [sys.executable, HTTPTASK, *AT_ADD, *DATA],
        cwd=shell.folder,
        env={**shell.environment, "TERM": "dumb"},
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.write(ours, b". + 1\n. +\n$item\n\x04")
    told, errors = command.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)

    assert command.returncode == 0, errors
    assert [line for line in told.replace("add> ", "").splitlines() if line] == ["4", "4"]
    assert "the expression ends too early" in errors
