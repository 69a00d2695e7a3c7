"""A worker that serves definitions until it is asked to end."""

import asyncio
import os
from collections.abc import Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from temporalio.client import Client
from temporalio.worker import Worker

from httptask.cli.cluster import Cluster, connect_embedded, connect_to
from httptask.cli.console import print_note
from httptask.cli.errors import CliError, ExitCode
from httptask.cli.interrupts import Interrupts
from httptask.plugin import HttpTaskPlugin

__all__ = ["serve_embedded", "serve_on_cluster"]

_GRACE = timedelta(seconds=10)

log: structlog.stdlib.BoundLogger = structlog.get_logger()


def serve_on_cluster(cluster: Cluster, plugin: HttpTaskPlugin, task_queue: str) -> None:
    """Serve until a signal; then let calls in flight finish, unless a second signal insists."""
    _run(_serve_on_cluster(cluster, plugin, task_queue))


def serve_embedded(
    state_directory: Path, port: int, plugin: HttpTaskPlugin, task_queue: str, names: list[str]
) -> None:
    """Serve on the embedded server until a signal; the server ends with its last user."""
    _run(_serve_embedded(state_directory, port, plugin, task_queue, names))


class _Insisted(Exception):
    """A second signal: the user does not want to wait for calls in flight."""


def _run(serving: Coroutine[Any, Any, None]) -> None:
    async def until_insisted() -> None:
        try:
            await serving
        except _Insisted:
            os._exit(ExitCode.INTERRUPTED)  # calls in flight are retried by another worker

    asyncio.run(until_insisted())


async def _serve_on_cluster(cluster: Cluster, plugin: HttpTaskPlugin, task_queue: str) -> None:
    with Interrupts.caught() as interrupts:
        client = await interrupts.guard(connect_to(cluster, [plugin]))
        log.info("worker.started", address=cluster.address, task_queue=task_queue)
        await _work(Worker(client, task_queue=task_queue, graceful_shutdown_timeout=_GRACE), interrupts)
        log.info("worker.stopped", task_queue=task_queue)


async def _serve_embedded(
    state_directory: Path, port: int, plugin: HttpTaskPlugin, task_queue: str, names: list[str]
) -> None:
    with Interrupts.caught() as interrupts:
        async with connect_embedded(state_directory, interrupts, [plugin], port) as client:
            _announce(client, task_queue, names)
            await _work(Worker(client, task_queue=task_queue), interrupts)


def _announce(client: Client, task_queue: str, names: list[str]) -> None:
    address = client.service_client.config.target_host
    print_note(f"Temporal at {address}, worker on task queue {task_queue}; Ctrl-C ends both")
    print_note(f"serving {', '.join(names)}")
    print_note(
        f"start one: temporal workflow start --address {address} --task-queue {task_queue} "
        f"--type {names[0]} --input '{{}}'"
    )


async def _work(worker: Worker, interrupts: Interrupts) -> None:
    working = asyncio.ensure_future(worker.run())
    asked = asyncio.ensure_future(interrupts.asked.wait())
    await asyncio.wait({working, asked}, return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    if working.done():
        raise CliError(f"the worker ended: {working.exception()}", exit_code=ExitCode.UNREACHABLE)
    insisted = asyncio.ensure_future(interrupts.insisted.wait())
    stopping = asyncio.ensure_future(worker.shutdown())
    await asyncio.wait({stopping, insisted}, return_when=asyncio.FIRST_COMPLETED)
    if not stopping.done():
        raise _Insisted
    insisted.cancel()
    await working
