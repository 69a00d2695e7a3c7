"""Runs of every release go on with this version: what it does on their histories is what they did."""

import os
import shutil
import subprocess
import time
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

from httptask.interpreter.status import StatusBoard
from httptask.plugin import DefinitionRegistry, HttpTaskPlugin, folder_storage
from httptask.plugin.replay import replay_tasks, runs_definition
from httptask.scheduling.token_limit_workflow import TokenLimitWorkflow
from support.histories import Recorded, is_released, recorded, stored_in
from support.recorded_workflows import WORKFLOWS

RECORDED = recorded()


@pytest.mark.parametrize("chain", RECORDED, ids=lambda chain: f"{chain.release} {chain.name}")
async def test_a_run_of_a_release_is_repeated(chain: Recorded, tmp_path: Path) -> None:
    converter = pydantic_data_converter
    if chain.name == "stored":  # a replay stores what it gives to activities, too
        stored = shutil.copytree(stored_in(chain.release), tmp_path / "stored")
        converter = replace(converter, external_storage=folder_storage(stored))
    runs = chain.read()
    if runs_definition(runs[0].events):
        tasks = await replay_tasks(runs, converter)
        assert tasks or chain.name == "activity-refused"  # which ends before its first task
        assert all(task.status.ended_at for task in tasks)
        return
    replayer = Replayer(
        workflows=[*WORKFLOWS, TokenLimitWorkflow],
        workflow_runner=UnsandboxedWorkflowRunner(),
        plugins=[HttpTaskPlugin(connections={}, allow_inline=True, definitions=DefinitionRegistry([]))],
        data_converter=converter,
        debug_mode=True,
    )
    for run in runs:
        await replayer.replay_workflow(run)


async def test_a_replay_may_take_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK takes two seconds of work for a deadlock, and a busy machine may need them."""
    [chain] = [chain for chain in RECORDED if chain.name == "raise" and chain.release == version("httptask")]
    begin = StatusBoard.begin

    def slowly(board: StatusBoard, *task: Any) -> None:
        time.sleep(2.1)
        begin(board, *task)

    monkeypatch.setattr(StatusBoard, "begin", slowly)
    assert len(await replay_tasks(chain.read(), pydantic_data_converter)) == 1


def test_this_release_is_recorded() -> None:
    assert version("httptask") in {chain.release for chain in RECORDED}


def test_a_version_is_released_once_it_has_its_tag(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)  # of a hook: the commands would be about its repository

    def git(*words: str) -> None:
        author = ("-c", "user.name=A", "-c", "user.email=a@example.com")
        subprocess.run(["git", *author, *words], cwd=tmp_path, check=True)

    git("init", "--quiet")
    git("commit", "--quiet", "--allow-empty", "--no-gpg-sign", "--message", "A release.")
    assert not is_released("1.2.0", tmp_path)
    git("tag", "--no-sign", "v1.2.0")
    assert is_released("1.2.0", tmp_path)
    assert not is_released("1.2.1", tmp_path)
    assert not is_released("1.2", tmp_path)
