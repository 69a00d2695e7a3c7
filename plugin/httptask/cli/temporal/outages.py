"""Temporal that stops answering while a command uses it: one error, whichever step meets it."""

import asyncio
import contextlib
import re
from collections.abc import Coroutine, Generator
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from httptask.cli.terminal.background import beside, first_of
from httptask.cli.terminal.errors import CliError, ExitCode

if TYPE_CHECKING:
    from temporalio.client import Client
    from temporalio.service import RPCError
    from temporalio.worker import Worker

__all__ = ["address_of", "end_worker", "failed_request", "loss_reported", "lost", "while_working"]

_T = TypeVar("_T")
_PATIENCE_SECONDS = 10.0
_PROBE_SECONDS = 1.0
_PARTING_SECONDS = 1.0
_PROBE_TIME = timedelta(seconds=2)
_NO_ANSWER = frozenset({"ABORTED", "CANCELLED", "DEADLINE_EXCEEDED", "INTERNAL", "UNAVAILABLE", "UNKNOWN"})
"""Statuses that a connection which breaks ends in, as well."""
_CAUSE = re.compile(r'Status \{.*?message: "((?:[^"\\]|\\.)*)"', re.DOTALL)
"""Where the core of Temporal's SDK has the cause in the text of a RuntimeError."""


def address_of(client: "Client") -> str:
    """Where the server of a client listens."""
    return client.service_client.config.target_host


def lost(address: str, why: BaseException | str | None = None) -> CliError:
    """The error that a command ends with when Temporal does not answer it any more."""
    text = str(why or "it does not answer")
    cause = _CAUSE.search(text)
    return CliError(
        f"lost Temporal at {address}: {cause[1] if cause else text.partition(chr(10))[0]}",
        "check that it is up and start again; `httptask runs list` shows what has become of a run",
        ExitCode.UNREACHABLE,
    )


def failed_request(address: str, error: "RPCError") -> CliError:
    """The error that a command ends with when Temporal answered a request with an error, or not at all."""
    if error.status.name in _NO_ANSWER:
        return lost(address, error.message)
    return CliError(
        f"Temporal at {address}: {error.message}",
        "check TEMPORAL_NAMESPACE, TEMPORAL_API_KEY or the profile",
        ExitCode.UNREACHABLE,
    )


@contextlib.contextmanager
def loss_reported(address: str) -> Generator[None]:
    """Let a request that Temporal did not answer, or refused, end the command."""
    from temporalio.service import RPCError

    try:
        yield
    except RPCError as error:
        raise failed_request(address, error) from None


async def while_working(worker: "Worker", work: Coroutine[Any, Any, _T]) -> _T:
    """Do some work while a worker serves; neither goes on afterwards.

    A worker's own context would cancel its caller when it fails, and so hide the error that the caller ends with.
    A server that hangs keeps connections open and lets requests wait for a minute, so it is asked every second.

    Raises:
        CliError: the worker could not begin or go on, or Temporal has not answered for 10 s.
    """
    serving = asyncio.ensure_future(worker.run())
    gone = False
    try:
        async with beside(work) as task, beside(_until_lost(worker.client)) as losing:
            await first_of(serving, task, losing)
            if task.done():
                return task.result()
            gone = losing.done()
            raise lost(address_of(worker.client), serving.exception() if serving.done() else None)
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


async def _until_lost(client: "Client") -> None:
    """Wait until the server has not answered for a while; how long requests try again is up to each."""
    from temporalio.service import RPCError

    clock = asyncio.get_running_loop()
    answered = clock.time()
    while clock.time() - answered < _PATIENCE_SECONDS:
        await asyncio.sleep(_PROBE_SECONDS)
        with contextlib.suppress(RPCError):
            await client.service_client.check_health(timeout=_PROBE_TIME)
            answered = clock.time()
