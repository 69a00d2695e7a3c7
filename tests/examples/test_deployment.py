"""The files for containers and systemd that the page shows."""

import configparser
import json
import re
import shlex
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
import typer

from httptask.cli.commands.app import app
from support.commands import HTTPTASK
from support.fences import of_language

[DOCKERFILE] = of_language("dockerfile")
[UNIT] = of_language("ini")


def instructions() -> list[tuple[str, str]]:
    lines = re.sub(r" \\\n *", " ", DOCKERFILE.text).splitlines()
    split = [line.partition(" ") for line in lines if line]
    return [(name, given) for name, _, given in split]


def parsed(arguments: list[str]) -> None:
    """Have the command read them, and do nothing; it exits where it would refuse them."""
    name, *options = arguments
    command = typer.main.get_command(app)
    found = command.get_command(typer.Context(command), name)  # type: ignore[attr-defined]
    found.make_context(name, options)


def test_the_container_is_built_in_two_stages_and_runs_as_nobody() -> None:
    known = {"FROM", "COPY", "RUN", "WORKDIR", "ENV", "USER", "EXPOSE", "ENTRYPOINT", "CMD"}
    assert {name for name, _ in instructions()} == known
    assert [given for name, given in instructions() if name == "FROM"] == [
        "python:3.13-slim AS build",
        "python:3.13-slim",
    ]
    assert instructions()[-1][0] == "CMD"
    assert [given for name, given in instructions() if name == "USER"] == ["10001"]
    for name, given in instructions():
        if name == "RUN":
            subprocess.run(["bash", "-n", "-c", given], check=True)
            assert "-m compileall" in given or "useradd" in given


def test_the_container_has_bytecode_of_all_that_is_installed(tmp_path: Path) -> None:
    (tmp_path / "installed.py").write_text("installed = True")
    [compiles] = [given for _, given in instructions() if "compileall" in given]
    program, *options, place = shlex.split(compiles.rpartition("&&")[2])
    assert (program, place) == ("/opt/httptask/bin/python", "/opt/httptask/lib")
    subprocess.run([sys.executable, *options, tmp_path], check=True)
    assert len(list(tmp_path.rglob("installed.*.pyc"))) == 1


def test_the_container_runs_a_command_that_there_is() -> None:
    given = dict(instructions())
    assert json.loads(given["ENTRYPOINT"]) == ["/opt/httptask/bin/httptask"]
    parsed(json.loads(given["CMD"]))
    assert f"httptask-{version('httptask')}-py3-none-any.whl" in DOCKERFILE.text


def test_the_unit_runs_a_command_that_there_is() -> None:
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[method-assign,assignment]
    unit.read_string(UNIT.text)
    assert unit.sections() == ["Unit", "Service", "Install"]
    program, *arguments = shlex.split(unit["Service"]["ExecStart"])
    assert program == "/opt/httptask/bin/httptask"
    parsed(arguments)
    assert unit["Service"]["KillMode"] == "mixed"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    file = tmp_path / "httptask.service"
    file.write_text(UNIT.text.replace("/opt/httptask/bin/httptask", HTTPTASK))
    told = subprocess.run(["systemd-analyze", "verify", file], capture_output=True, text=True, check=False)
    assert [line for line in told.stderr.splitlines() if "httptask.service" in line] == []
