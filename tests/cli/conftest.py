"""A folder to run `httptask` in."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.commands import Shell

_INHERITED = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH")


@pytest.fixture
async def shell(tmp_path: Path) -> AsyncIterator[Shell]:
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    shell = Shell(tmp_path, inherited)
    yield shell
    for command in shell.started:
        if command.process.returncode is None:
            command.process.kill()
            await command.process.wait()
    shell.kill_left_over()
