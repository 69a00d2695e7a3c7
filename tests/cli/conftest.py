"""A folder to run `httptask` in."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from httptask.cli.server import SharedServer
from support.commands import Shell
from support.shells import opened_shell


@pytest.fixture
async def shell(tmp_path: Path) -> AsyncIterator[Shell]:
    async with opened_shell(tmp_path) as shell:
        yield shell


@pytest.fixture(scope="session")
async def address_of_all(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    server = SharedServer(tmp_path_factory.mktemp("all") / ".httptask")
    yield await server.join()
    await server.leave()


@pytest.fixture
def one_server(shell: Shell, address_of_all: str) -> None:
    """Let commands use a server that runs already: to start one for each costs more than most commands do.

    It keeps the runs of other tests, so the latest run is the test's own only after it has started one.
    """
    shell.environment["TEMPORAL_ADDRESS"] = address_of_all
