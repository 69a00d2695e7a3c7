"""A folder to run `httptask` in."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.commands import Shell
from support.shells import opened_shell


@pytest.fixture
async def shell(tmp_path: Path) -> AsyncIterator[Shell]:
    async with opened_shell(tmp_path) as shell:
        yield shell
