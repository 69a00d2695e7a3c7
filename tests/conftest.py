from collections.abc import AsyncIterator

import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from support.runs import temporal_server


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def temporal() -> AsyncIterator[WorkflowEnvironment]:
    """One Temporal server for all tests of a process; each test has a task queue of its own."""
    async with temporal_server() as environment:
        yield environment
