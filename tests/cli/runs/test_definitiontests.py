"""Tests of definitions that are run again and again, on the server of all tests."""

import asyncio
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from httptask.cli.runs.definitiontests import Session, _rounds
from httptask.cli.terminal.background import beside

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
    monkeypatch.chdir(tmp_path)
    said = ""

    async def says(text: str, times: int = 1) -> None:
        nonlocal said
        async with asyncio.timeout(60):
            while said.count(text) < times:
                await asyncio.sleep(0.02)
                said += capsys.readouterr().err

    tests = tmp_path / "flow.test.yaml"
    (tmp_path / "flow.yaml").write_text(FLOW)
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
