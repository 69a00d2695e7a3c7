"""Starting a server of somebody else, in an environment of its own."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

__all__ = ["KEY", "Difference", "Server", "started"]

KEY = "sk-interop-0123456789"
_SECONDS_TO_START = 900.0
"""The first start downloads the server."""


@dataclass(frozen=True)
class Difference:
    """How a server is known to behave otherwise than the others.

    Attributes:
        told: what a run gives instead.
        reason: what of the server is the cause.
    """

    told: Any
    reason: str


@dataclass(frozen=True)
class Server:
    """A server that others wrote.

    Attributes:
        serving: starts it, with a folder for its files, and gives its base URL.
        differs: by definition.
        concurrency: how many calls at the same time it bears.
    """

    name: str
    serving: Callable[[Path], AbstractAsyncContextManager[str]]
    differs: Mapping[str, Difference] = field(default_factory=dict[str, Difference])
    concurrency: int | None = None


@asynccontextmanager
async def started(
    command: list[str], folder: Path, ready: str, environment: Mapping[str, str] | None = None
) -> AsyncGenerator[None]:
    """A process that serves while the context lasts.

    Args:
        command: starts it.
        folder: it runs there, and its output goes into a file there.
        ready: URL that answers with 200 once it serves.
        environment: added to the caller's.

    Raises:
        RuntimeError: it ended or did not serve in time; says what it said.
    """
    log = folder / "output.txt"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        try:
            async with asyncio.timeout(_SECONDS_TO_START), httpx.AsyncClient(trust_env=False) as client:
                while process.returncode is None and not await _answers(client, ready):  # noqa: ASYNC110
                    await asyncio.sleep(0.2)
        except TimeoutError:
            raise RuntimeError(f"{command} does not serve:\n{log.read_text()[-2000:]}") from None
        if process.returncode is not None:
            raise RuntimeError(f"{command} ended:\n{log.read_text()[-2000:]}")
        yield
    finally:
        await _end(process)


async def _answers(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url)).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


async def _end(process: asyncio.subprocess.Process) -> None:
    """Ends its whole group: uv and npx start the server as a child."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), 10)
