"""Tests of definitions that are run again and again, on the server of all tests."""

import asyncio
import contextlib
import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from httptask.cli.runs.definitiontests import Session, _config, _round, _rounds, _select, _watch
from httptask.cli.server.record import ServerRecord
from httptask.cli.terminal.background import beside
from httptask.cli.terminal.errors import ExitCode

FLOW = """
document: { dsl: 1.0.3, namespace: tests, name: flow, version: 1.0.0 }
do:
  - ask: { call: http, with: { method: get, endpoint: "https://api.example.com/" } }
"""
TESTS = """
definition: flow.yaml
tests:
  - name: says hello
    answers: [{ request: { method: GET, url: https://api.example.com/ }, responses: [{ text: good bye }] }]
    expect: { output: hello }
"""


async def test_runs_again_when_a_file_changes(
    temporal: WorkflowEnvironment,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "below"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (tmp_path / "httptask.toml").write_text("")
    said = ""

    async def says(text: str, times: int = 1) -> None:
        nonlocal said
        async with asyncio.timeout(60):
            while said.count(text) < times:
                await asyncio.sleep(0.02)
                said += capsys.readouterr().err

    tests = folder / "flow.test.yaml"
    (folder / "flow.yaml").write_text(FLOW)
    tests.write_text(TESTS)
    session = Session([Path()], None, None, None, as_json=False, watch=True, update=False)
    async with beside(_rounds(temporal.client, session)):
        await says("1 test: 0 passed, 1 failed")
        await says("waiting for changes")
        tests.write_text(TESTS.replace("good bye", "hello"))
        await says("1 test: 1 passed, 0 failed")
        await says("waiting for changes", times=2)
        tests.write_text(TESTS.replace("tests", "test"))
        await says("flow.test.yaml:3:1: error[unknown-key]")
        await says("waiting for changes", times=3)
        (tmp_path / "httptask.toml").write_text("# of all folders below")
        await says("waiting for changes", times=4)
        (tmp_path / ".env").write_text("A=1")
        await says("waiting for changes", times=5)
    assert [said.count(f"\n--- changed: ../{name}\n") for name in ("httptask.toml", ".env")] == [1, 1]
    assert said.count("\n--- changed: flow.test.yaml\n") == 2


async def test_says_which_tests_were_updated(
    temporal: WorkflowEnvironment,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flow.yaml").write_text(FLOW)
    tests = tmp_path / "flow.test.yaml"
    of_condition = (
        TESTS.partition("tests:\n")[2].replace("hello }", '"${ . == 1 }" }').replace("says", "asks")
    )
    tests.write_text(TESTS + of_condition)
    session = Session([Path()], None, None, None, as_json=False, watch=False, update=True)
    selection = _select(session)

    ended = await _round(temporal.client, session, selection, _config(session, selection))

    told = capsys.readouterr()
    assert (ended.exit_code, ended.written) == (ExitCode.FAILED, [Path("flow.test.yaml")])
    verdicts = [line.partition(" (")[0] for line in told.out.splitlines() if not line.startswith(" ")]
    assert verdicts == ["updated  flow.test.yaml: says hello", "FAIL  flow.test.yaml: asks hello"]
    assert "2 tests: 0 passed, 1 updated, 1 failed" in told.err
    assert "flow.test.yaml: output: not updated: it is a condition\n" in told.err
    assert tests.read_text() == TESTS.replace("hello }", "good bye }") + of_condition


async def test_overwrites_nothing_that_is_not_what_was_tested(
    temporal: WorkflowEnvironment,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flow.yaml").write_text(FLOW)
    edited, kept = tmp_path / "edited.test.yaml", tmp_path / "kept.test.yaml"
    for tests in (edited, kept):
        tests.write_text(TESTS)
    kept.chmod(0o444)
    session = Session([Path()], None, None, None, as_json=False, watch=False, update=True)
    selection = _select(session)
    edited.write_text(f"# mine\n{TESTS}")

    ended = await _round(temporal.client, session, selection, _config(session, selection))

    told = capsys.readouterr().err
    assert (ended.exit_code, ended.written) == (ExitCode.FAILED, [])
    assert "2 tests: 0 passed, 2 failed" in told
    assert "edited.test.yaml: not updated: it was changed while the tests ran; run them again\n" in told
    assert "kept.test.yaml: not updated: the file is read-only\n" in told
    assert (edited.read_text(), kept.read_text()) == (f"# mine\n{TESTS}", TESTS)


async def test_a_server_that_ends_under_them_is_told_and_leaves_a_result_of_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flow.yaml").write_text(
        FLOW.partition("do:")[0] + "do: [{ come: { listen: { to: { one: { with: { type: never } } } } } }]"
    )
    test = TESTS.partition("tests:\n")[2]
    (tmp_path / "flow.test.yaml").write_text(TESTS + test.replace("says hello", "says it again"))
    session = Session([Path()], None, None, Path("out/j.xml"), as_json=False, watch=True, update=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    async with beside(_watch(session)):
        server = await server_of_tests(tmp_path)
        client = await Client.connect(server.address)
        while (await client.count_workflows()).count < 2:  # noqa: ASYNC110 - another process has them
            await asyncio.sleep(0.05)
        os.kill(server.pid, signal.SIGKILL)
        said = ""
        async with asyncio.timeout(60):
            while "starting another" not in said:
                await asyncio.sleep(0.02)
                said += capsys.readouterr().err
        await server_of_tests(tmp_path, other_than=server.pid)
    assert "error: the Temporal server of the tests does not answer any more: " in said
    assert "waiting for changes" not in said
    cases = ET.parse(tmp_path / "out/j.xml").iter("testcase")
    assert [(case.get("name"), case[0].tag) for case in cases] == [
        ("says hello", "error"),
        ("says it again", "error"),
    ]


async def server_of_tests(folder: Path, other_than: int = 0) -> ServerRecord:
    """The server that tests have started for themselves, below the folder for temporary files, once it answers."""
    async with asyncio.timeout(60):
        while True:
            for record in records(folder):
                if record.cluster is not None and record.pid != other_than:
                    return record
            await asyncio.sleep(0.05)


def records(folder: Path) -> Iterator[ServerRecord]:
    for file in folder.glob("httptask-test-*/state/server.json"):
        with contextlib.suppress(OSError, ValueError):  # it is being written
            yield ServerRecord.read(file)
