"""Work that goes on beside other work, and never longer."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Coroutine
from typing import Any, TypeVar

__all__ = ["beside", "first_of", "run_async"]

_T = TypeVar("_T")


@contextlib.asynccontextmanager
async def beside(work: Coroutine[Any, Any, _T]) -> "AsyncGenerator[asyncio.Task[_T]]":
    """Some work that goes on while the context lasts; then it is cancelled, and has ended."""
    task = asyncio.ensure_future(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def run_async(work: Coroutine[Any, Any, _T]) -> _T:
    """What some work comes to, in an event loop of its own; of work that a signal keeps from beginning nothing is left.

    Python warns of what was never awaited, on stderr, to a person who pressed Ctrl-C.
    """
    with contextlib.closing(work):
        return asyncio.run(work)


async def first_of(*tasks: "asyncio.Task[Any]", seconds: float | None = None) -> None:
    """Wait until one of several has ended, or so many seconds have passed."""
    await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
