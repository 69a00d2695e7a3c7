"""`httptask test`: exit codes, what is printed, and that nothing is left."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from httptask.cli.commands.definitiontests import run_definition_tests
from httptask.cli.terminal.errors import CliError
from support.commands import Shell

FLOW = """
document: { dsl: 1.0.3, namespace: tests, name: flow, version: 1.0.0 }
do:
  - ask: { call: http, with: { method: get, endpoint: "https://api.example.com/" } }
"""
TESTS = """
definition: flow.yaml
tests:
  - name: passes
    answers: [{ request: { method: GET, url: https://api.example.com/ }, responses: [{ text: hello }] }]
    expect: { output: hello }
  - name: fails
    answers: [{ request: { method: GET, url: https://api.example.com/ }, responses: [{ text: good bye }] }]
    expect: { output: hello }
"""


async def test_tells_what_passed_and_what_failed(shell: Shell) -> None:
    shell.write("flow.yaml", FLOW)
    tests = shell.write("flow.test.yaml", TESTS)

    code, command = await shell.run("test", "--junit", "results/junit.xml", "--json", "--update")

    assert code == 0, command.stderr
    told = json.loads(command.stdout)
    assert [(test["name"], test["passed"]) for test in told["tests"]] == [("passes", True), ("fails", False)]
    [difference] = told["tests"][1]["differences"]
    assert (difference["expected"], difference["got"], difference["line"]) == ("hello", "good bye", 9)
    assert "2 tests: 1 passed, 1 updated, 0 failed" in command.stderr
    suites = ET.parse(shell.folder / "results/junit.xml").getroot()
    assert suites.get("failures") == "1"
    failure = suites.findtext("testsuite/testcase/failure")
    assert failure is not None
    assert failure.startswith("flow.test.yaml:9:15: output\n")
    assert not (shell.folder / ".httptask").exists()
    assert tests.read_text() == "good bye".join(TESTS.rsplit("hello", 1))
    assert "flow.test.yaml: 1 value updated" in command.stderr
    assert shell.left_over() == []


async def test_says_what_to_write_where_there_are_no_tests(shell: Shell) -> None:
    code, command = await shell.run("test")
    assert code == 2
    assert "no tests (*.test.yaml) in ." in command.stderr
    assert "definition: workflow.yaml" in command.stderr


async def test_runs_nothing_where_a_file_is_broken(shell: Shell) -> None:
    shell.write("flow.yaml", FLOW)
    shell.write("flow.test.yaml", TESTS.replace("expect", "expected"))
    code, command = await shell.run("test", "flow.test.yaml")
    assert (code, command.stdout) == (2, "")
    assert "flow.test.yaml:6:5: error[unknown-key]: unknown key `expected`" in command.stderr


async def test_says_that_no_test_has_the_name(shell: Shell) -> None:
    shell.write("flow.yaml", FLOW)
    shell.write("flow.test.yaml", TESTS)
    code, command = await shell.run("test", "-k", "retries")
    assert code == 2
    assert "no test has 'retries' in its name" in command.stderr


def test_runs_nothing_whose_results_can_not_be_written(tmp_path: Path) -> None:
    with pytest.raises(CliError, match="is a folder"):
        run_definition_tests([tmp_path], junit=tmp_path)
