"""Every example runs as its README says, with fixtures and without a key, and leaves no process behind."""

import asyncio
import json
import os
import re
import shlex
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.commands import Shell
from support.fences import ROOT, Fence, fences

EXAMPLES = sorted(path.parent for path in ROOT.glob("examples/*/README.md"))
VARYING = re.compile(r"-[0-9a-f]{8}\b|\d+\.\d s")
BY_CHANCE = re.compile(r": running\b|: waiting  .*; attempt 2 of 5; ")
ENVIRONMENT = {
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}",
    **{name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR", "GOGC") if name in os.environ},
}


@pytest.fixture
async def checkout(tmp_path: Path) -> AsyncIterator[Shell]:
    """A folder with the examples in it, and a shell there."""
    shutil.copytree(
        ROOT / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns(".httptask", "__pycache__")
    )
    shell = Shell(tmp_path, ENVIRONMENT)
    yield shell
    for process in shell.left_over():
        process.kill()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
async def test_example(checkout: Shell, example: Path) -> None:
    command, result = command_and(example / "README.md", "json", "result")
    code, stdout, stderr = await run(checkout, command)
    assert code == 0, stderr
    assert json.loads(stdout) == json.loads(result.text)
    assert checkout.left_over() == []


async def test_tests_of_the_example_pass(checkout: Shell) -> None:
    file = "examples/python-worker/test_triage.py"
    code, stdout, stderr = await run(checkout, f"uv run pytest -p no:cacheprovider -n 0 --no-header {file}")
    assert code == 0, stdout + stderr
    assert "2 passed" in stdout


async def test_transcript_of_the_readme(checkout: Shell) -> None:
    command, transcript = command_and(ROOT / "README.md", "text", "transcript")
    code, stdout, stderr = await run(checkout, command, as_typed=True)
    assert code == 0, stderr
    shown = [VARYING.sub("…", line) for line in transcript.text.splitlines()]
    told = [VARYING.sub("…", line) for line in (stderr + stdout).splitlines()]
    # Whether a task is looked at while it runs is chance, and while its second attempt waits; how it goes on is not.
    assert [line for line in shown if ": running" not in line and line not in told] == []
    assert any(": running" in line for line in told)
    tasks = {line.partition(":")[0] for line in shown}
    others = [line for line in told if line not in shown]
    assert [
        line for line in others if not BY_CHANCE.search(line) or line.partition(":")[0] not in tasks
    ] == []
    # The items of a map end in any order.
    together = next(place for place, line in enumerate(shown) if line.startswith("explain/"))
    places = [
        together if line.startswith("explain/") else shown.index(line) for line in told if line in shown
    ]
    assert places == sorted(places)


def command_and(page: Path, language: str, tag: str) -> tuple[str, Fence]:
    """The first command of a page, and what the page says comes of it."""
    found = list(fences(page))
    command = next(fence for fence in found if fence.language == "sh").text.splitlines()[0]
    return command, next(fence for fence in found if (fence.language, fence.tag) == (language, tag))


async def run(shell: Shell, command: str, *, as_typed: bool = False) -> tuple[int, str, str]:
    """Run `uv run PROGRAM …` without asking uv; `httptask` by an interpreter that has it loaded, unless as typed."""
    uv, run, program, *arguments = shlex.split(command)
    assert (uv, run) == ("uv", "run")
    if program == "httptask" and not as_typed:
        code, ran = await shell.run(*arguments)
        return code, ran.stdout, ran.stderr
    found = shutil.which(program, path=ENVIRONMENT["PATH"])
    assert found is not None
    process = await asyncio.create_subprocess_exec(
        found,
        *arguments,
        cwd=shell.folder,
        env=shell.environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        stdout, stderr = await process.communicate()
    assert process.returncode is not None
    return process.returncode, stdout.decode(), stderr.decode()
