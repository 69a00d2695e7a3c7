"""Events that are sent while something goes on, and work that ends when nobody waits for it any more."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import closing, suppress
from typing import Any, Final, TypeVar

from starlette.responses import StreamingResponse

from httptask.designer.problems import Problem
from httptask.http.log import get_logger

__all__ = ["Streams", "Tell", "Written", "beside_requests", "cancel_once"]

_T = TypeVar("_T")

Tell = Callable[[str, Any], None]
"""Sends an event: its name, and data that JSON takes."""

_SILENCE_SECONDS: Final = 15.0
"""After which a comment is sent: that nobody listens is noticed by sending only."""

_PARTING_SECONDS: Final = 3.0
"""For calls that are under way to be cancelled; who presses Ctrl-C does not wait longer."""

log = get_logger("httptask.designer")


class Written(str):
    """What is JSON already, in one line."""

    __slots__ = ()


class Streams:
    """Streams of events that are open."""

    def __init__(self) -> None:
        self._work: set[asyncio.Task[None]] = set()
        self._has_ended = False

    def open(self, work: Callable[[Tell], Awaitable[None]]) -> StreamingResponse:
        """A stream of the events that some work tells, as `text/event-stream`.

        Args:
            work: is cancelled where whoever listens goes away. What it raises is the last event, `failed`.

        Raises:
            Problem: the designer ends.
        """
        if self._has_ended:
            raise Problem(503, "the designer ends")
        return StreamingResponse(self._events(work), media_type="text/event-stream")

    async def end(self) -> None:
        """Cancel the work of all of them, while what it works with is there, and open no other."""
        self._has_ended = True
        for task in self._work:
            cancel_once(task)
        if self._work:
            await asyncio.wait(self._work, timeout=_PARTING_SECONDS)

    async def _events(self, work: Callable[[Tell], Awaitable[None]]) -> AsyncGenerator[str]:
        told: asyncio.Queue[tuple[str, Any] | None] = asyncio.Queue()
        doing = asyncio.create_task(_do(work, told))
        self._work.add(doing)
        doing.add_done_callback(self._work.discard)
        try:
            while True:
                try:
                    async with asyncio.timeout(_SILENCE_SECONDS):
                        event = await told.get()
                except TimeoutError:
                    yield ":\n\n"
                    continue
                if event is None:
                    return
                name, data = event
                told_as = data if isinstance(data, Written) else json.dumps(data, default=str)
                yield f"event: {name}\ndata: {told_as}\n\n"
        finally:
            cancel_once(
                doing
            )  # and nothing is awaited: where whoever listened is gone, that would be cancelled


def cancel_once(task: "asyncio.Task[None]") -> None:
    """Cancel a task; one that is ending already is left to end what it has begun."""
    if not task.cancelling():
        task.cancel()


async def beside_requests(work: Coroutine[Any, Any, _T]) -> _T:
    """Do what takes the processor for seconds, in an event loop of its own; it is cancelled with who waits for it.

    In this one no other request would be answered meanwhile, and no call made of the worker that is in this process.
    """
    loop = asyncio.new_event_loop()
    task = loop.create_task(work)

    def do() -> _T:
        with closing(loop):
            try:
                return loop.run_until_complete(task)
            finally:
                loop.run_until_complete(loop.shutdown_default_executor())

    doing = asyncio.ensure_future(asyncio.to_thread(do))
    try:
        return await asyncio.shield(doing)
    except asyncio.CancelledError:
        with suppress(RuntimeError):  # it has just ended
            loop.call_soon_threadsafe(task.cancel)
        raise


async def _do(work: Callable[[Tell], Awaitable[None]], told: "asyncio.Queue[tuple[str, Any] | None]") -> None:
    """Do some work, and tell its events and how it ended; None is behind the last one."""
    try:
        await work(lambda name, data: told.put_nowait((name, data)))
    except Problem as problem:
        told.put_nowait(("failed", {"status": problem.status, "detail": problem.detail, **problem.facts}))
    except asyncio.CancelledError:
        told.put_nowait(("cancelled", {}))
        raise
    except Exception:
        log.exception("designer.failed")
        detail = "the designer failed at this; its terminal tells more"
        told.put_nowait(("failed", {"status": 500, "detail": detail}))
    finally:
        told.put_nowait(None)
