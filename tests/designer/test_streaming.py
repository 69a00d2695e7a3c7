"""What takes the processor for long keeps nobody else waiting, and ends with who waits for it."""

import asyncio
import threading

import pytest

from httptask.designer.streaming import beside_requests


async def test_work_that_blocks_keeps_nobody_else_waiting() -> None:
    answered = threading.Event()

    async def reads() -> bool:
        return answered.wait(10)

    reading = asyncio.create_task(beside_requests(reads()))
    await asyncio.sleep(0)
    answered.set()
    assert await reading


async def test_work_is_cancelled_with_who_waits_for_it() -> None:
    begun, ended = threading.Event(), threading.Event()

    async def reads() -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    reading = asyncio.create_task(beside_requests(reads()))
    assert await asyncio.to_thread(begun.wait, 10)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert await asyncio.to_thread(ended.wait, 10)


async def test_its_errors_are_told() -> None:
    async def fails() -> None:
        raise KeyError("run")

    with pytest.raises(KeyError, match="run"):
        await beside_requests(fails())
