import fcntl
from collections.abc import AsyncIterator, Generator
from pathlib import Path

import pytest
import pytest_asyncio
import structlog
from temporalio.testing import WorkflowEnvironment

from support.runs import temporal_server

NEXT, MACHINE = Path(__file__), Path(__file__).parent / "support" / "__init__.py"
"""Files that all processes have, as locks: whose turn it is to take the machine, and the machine."""


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def temporal() -> AsyncIterator[WorkflowEnvironment]:
    """One Temporal server for all tests of a process; each test has a task queue of its own."""
    async with temporal_server() as environment:
        yield environment


@pytest.fixture(autouse=True)
def structlog_as_imported() -> Generator[None]:
    """Whatever a test configures, and `capture_logs` does, is no other test's: it decides where events go."""
    yield
    structlog.reset_defaults()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let one process run those that need the machine, and then the long ones: never two of them at once."""
    for item in items:
        if is_alone(item) or item.get_closest_marker("long") is not None:
            item.add_marker(pytest.mark.xdist_group("long"))
    items.sort(key=is_alone, reverse=True)  # later they would wait for the others' long ones


@pytest.hookimpl(wrapper=True, tryfirst=True)  # outside pytest-timeout's: to wait costs no test its time
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Let no other process run a test beside one that needs the machine."""
    with NEXT.open() as turnstile, MACHINE.open() as machine:
        fcntl.flock(turnstile, fcntl.LOCK_EX)  # who waits for the machine is overtaken by nobody
        fcntl.flock(machine, fcntl.LOCK_EX if is_alone(item) else fcntl.LOCK_SH)
        fcntl.flock(turnstile, fcntl.LOCK_UN)
        try:
            return (yield)
        finally:
            fcntl.flock(machine, fcntl.LOCK_UN)  # a process that the test forked may still have the file


def is_alone(item: pytest.Item) -> bool:
    """Whether a test holds times that another process would cost it."""
    return item.get_closest_marker("alone") is not None
