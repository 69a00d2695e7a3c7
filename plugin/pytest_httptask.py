"""Fixtures for pytest, which finds them by the entry point `pytest11`.

A module beside the package, not in it: pytest rewrites the assertions of all that lies beside a plugin. A namespace
package alone it takes for a source tree, and would rewrite modules by the names of our rooms, `json` among them.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from httptask.testing import HttpTaskEnvironment

# Imported by pytest wherever httptask is installed, so it imports what the fixtures need where one is asked for.

__all__ = ["httptask_env", "httptask_server"]


@pytest.fixture(scope="session")
def httptask_server() -> Iterator[str]:
    """Address of the Temporal server that `httptask_env` runs on: Temporal's development server, started once.

    A fixture of the same name in a `conftest.py` gives another one.
    """
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    from httptask.testing.temporal_server import UNDIVIDED_QUEUES, start_temporal

    # The event loop of this thread is the tests'.
    with ThreadPoolExecutor(1) as thread:
        environment = thread.submit(asyncio.run, start_temporal(*UNDIVIDED_QUEUES)).result()
        yield environment.client.service_client.config.target_host
        thread.submit(asyncio.run, environment.shutdown()).result()


@pytest.fixture
def httptask_env(httptask_server: str) -> "HttpTaskEnvironment":
    """Runs definitions and workflows with scripted replies; see `httptask.testing.HttpTaskEnvironment`."""
    from httptask.config import load_config
    from httptask.config.find import find_config
    from httptask.testing import HttpTaskEnvironment

    return HttpTaskEnvironment(httptask_server, load_config(find_config(), {}))
