"""A run whose workflow task fails: its status says so at once, and that it goes on when it does."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from temporalio.client import WorkflowHandle
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from httptask.interpreter import workflow_types
from httptask.interpreter.status import RunStatus
from httptask.plugin import fetch_status
from support.runs import running

DEFINITION = """
do:
  - one: { set: { a: 1 } }
  - pause: { wait: { milliseconds: 10 } }
  - two: { set: { b: 2 } }
"""


def broken(*_arguments: Any) -> Any:
    raise RuntimeError("a fault of ours")


async def states(
    handle: WorkflowHandle[Any, Any], known: RunStatus | None = None
) -> AsyncIterator[RunStatus]:
    async with asyncio.timeout(20):
        while True:
            with contextlib.suppress(RPCError):  # the first failure may come between question and answer
                known = await fetch_status(handle, known)
                yield known
            await asyncio.sleep(0.05)


async def test_it_is_told_with_what_was_known(
    temporal: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = RunStatus(workflow="known", version="1.0.0", sha256="")
    async with running(temporal) as runner:
        with monkeypatch.context() as patched:
            patched.setattr(workflow_types, "_given_program", broken)
            handle = await runner.start(DEFINITION)
            stuck = await anext(status async for status in states(handle, known) if status.impasse)
        assert stuck.impasse is not None
        assert stuck.impasse.last_failure == "a fault of ours"
        assert stuck.impasse.attempt > 1
        assert stuck.workflow == "known"
        async with asyncio.timeout(60):
            assert await handle.result() == {"b": 2}
        status = await fetch_status(handle, stuck)
        assert status.impasse is None
        assert [task.name for task in status.tasks] == ["one", "pause", "two"]
