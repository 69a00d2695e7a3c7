"""Folders to run `httptask` in."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from support.commands import Shell

__all__ = ["opened_shell"]

_INHERITED = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH", "GOGC")


@asynccontextmanager
async def opened_shell(folder: Path) -> AsyncIterator[Shell]:
    """A shell in a folder; every process that it started is gone in the end."""
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    shell = Shell(folder, inherited)
    try:
        yield shell
    finally:
        for command in shell.started:
            if command.process.returncode is None:
                command.process.kill()
                await command.process.wait()
        shell.kill_left_over()
        for command in shell.started:
            await command.closes()
