"""Definitions of others, read from their folders: each runs against local stand-ins, or is refused by name.

    uv run pytest tests/conformance --examples NAME=FOLDER

None of them is kept here; without a folder there is nothing to do.
"""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from httptask.testing import ScriptedServer
from support.connections import secret_store
from support.others_definitions import KNOWN, answer, called_by, result_of, secrets
from support.runs import Runner, running, skipping_time


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def server() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer(answer) as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def runner(temporal: WorkflowEnvironment, server: ScriptedServer) -> AsyncIterator[Runner]:
    async with running(
        skipping_time(temporal),
        allow_private=["loopback"],
        allowed_hosts=["127.0.0.1"],
        secrets=secret_store(secrets(server.url)),
        share_queue=False,
    ) as found:
        yield found


async def test_example(
    runner: Runner,
    temporal: WorkflowEnvironment,
    server: ScriptedServer,
    name: str,
    path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    if called := called_by(path):
        async with running(skipping_time(temporal), definitions=called) as other:
            result = await result_of(name, path, other, server)
    else:
        result = await result_of(name, path, runner, server)

    reason = KNOWN.get(f"{name}/{path.stem}")
    record_property("conformance", (name, path.stem, result.kind, reason or result.told, False))
    assert (result.kind in ("runs", "raises", "unsupported")) == (reason is None), result
