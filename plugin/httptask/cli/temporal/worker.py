"""The worker of a command: how it begins, what is done while it works, and how it ends."""

import asyncio
import contextlib
from collections.abc import Coroutine
from datetime import timedelta
from importlib.metadata import version
from typing import Any, TypeVar

from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.worker import Worker

from httptask.cli.temporal.outages import address_of, outage
from httptask.cli.terminal.background import beside, first_of

__all__ = ["end_worker", "new_worker", "while_working"]

_T = TypeVar("_T")
_PATIENCE_SECONDS = 10.0
_PROBE_SECONDS = 1.0
_PARTING_SECONDS = 1.0
_PROBE_TIME = timedelta(seconds=2)
_STICKY = timedelta(seconds=2)


def new_worker(
    client: Client, task_queue: str, grace: timedelta = timedelta(0), *, sticky: timedelta = _STICKY
) -> Worker:
    """A worker for what the plugins of the client bring along.

    Args:
        client: of the server.
        task_queue: where its work comes from.
        grace: what calls in flight have to end once it is asked to.
        sticky: how long work on a run waits for the worker that has it in its memory, before any worker gets it. Where
            there is one worker of a queue, only work for one that has ended ever waits so long.

    It names the release as what it runs. Without a name the SDK reads the code of every loaded module again, to tell
    one state of an application from another, which takes a third of a command's time.
    """
    return Worker(
        client,
        task_queue=task_queue,
        graceful_shutdown_timeout=grace,
        build_id=f"httptask-{version('httptask')}",
        sticky_queue_schedule_to_start_timeout=sticky,
    )


async def while_working(worker: Worker, work: Coroutine[Any, Any, _T]) -> _T:
    """Do some work while a worker serves; neither goes on afterwards.

    A worker's own context would cancel its caller when it fails, and so hide the error that the caller ends with.
    A server that hangs keeps connections open and lets requests wait for a minute, so it is asked every second.

    Raises:
        CliError: the worker could not begin or go on, or Temporal has not answered for 10 s.
    """
    serving = asyncio.ensure_future(worker.run())
    gone = False
    try:
        async with beside(work) as task, beside(_until_unanswered(worker.client)) as unanswered:
            await first_of(serving, task, unanswered)
            if task.done():
                return task.result()
            gone = unanswered.done()
            raise outage(address_of(worker.client), serving.exception() if serving.done() else None)
    finally:
        await end_worker(serving, gone=gone)


async def end_worker(serving: "asyncio.Task[None]", *, gone: bool) -> None:
    """Cancel a worker that serves and wait until it has ended.

    Args:
        serving: its `run`.
        gone: its server is; the worker would wait half a minute for answers to its polls.
    """
    serving.cancel()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_PARTING_SECONDS if gone else None):
            await asyncio.gather(serving, return_exceptions=True)


async def _until_unanswered(client: Client) -> None:
    """Wait until the server has not answered for a while; how long requests try again is up to each."""
    clock = asyncio.get_running_loop()
    answered = clock.time()
    while clock.time() - answered < _PATIENCE_SECONDS:
        await asyncio.sleep(_PROBE_SECONDS)
        with contextlib.suppress(RPCError):
            await client.service_client.check_health(timeout=_PROBE_TIME)
            answered = clock.time()
