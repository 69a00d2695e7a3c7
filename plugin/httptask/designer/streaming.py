"""Events that are sent while something goes on, and work that ends when nobody listens any more."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, Final

from starlette.responses import StreamingResponse

from httptask.designer.problems import Problem
from httptask.http.log import get_logger

__all__ = ["Tell", "event_stream"]

Tell = Callable[[str, Any], None]
"""Sends an event: its name, and data that JSON takes."""

_SILENCE_SECONDS: Final = 15.0
"""After which a comment is sent: that nobody listens is noticed by sending only."""

log = get_logger("httptask.designer")


def event_stream(
    work: Callable[[Tell], Awaitable[None]], keep: Callable[["asyncio.Task[None]"], None] | None = None
) -> StreamingResponse:
    """A stream of the events that some work tells, as `text/event-stream`.

    Args:
        work: is cancelled where whoever listens goes away. What it raises is the last event, `failed`.
        keep: is given the task that does it, for who may cancel it.
    """

    async def events() -> AsyncGenerator[str]:
        told: asyncio.Queue[tuple[str, Any] | None] = asyncio.Queue()

        async def do() -> None:
            try:
                await work(lambda name, data: told.put_nowait((name, data)))
            except Problem as problem:
                told.put_nowait(
                    ("failed", {"status": problem.status, "detail": problem.detail, **problem.facts})
                )
            except asyncio.CancelledError:
                told.put_nowait(("cancelled", {}))
                raise
            except Exception:
                log.exception("designer.failed")
                told.put_nowait(
                    (
                        "failed",
                        {"status": 500, "detail": "the designer failed at this; its terminal tells more"},
                    )
                )
            finally:
                told.put_nowait(None)

        doing = asyncio.create_task(do())
        if keep is not None:
            keep(doing)
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
                yield f"event: {name}\ndata: {json.dumps(data, default=str)}\n\n"
        finally:
            doing.cancel()
            await asyncio.gather(doing, return_exceptions=True)

    return StreamingResponse(events(), media_type="text/event-stream")
