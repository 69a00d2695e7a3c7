import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from temporalio.testing import ActivityEnvironment

from httptask.activities.attempt import _heartbeating, _interval


@pytest.mark.parametrize(
    ("timeout", "interval"),
    [(None, 1), (600, 1), (20, 1), (2, 1), (1, 0.5), (0.1, 0.05)],
)
def test_interval(timeout: float | None, interval: float) -> None:
    assert _interval(None if timeout is None else timedelta(seconds=timeout)) == pytest.approx(interval)


def environment(on_heartbeat: Callable[..., None]) -> ActivityEnvironment:
    env = ActivityEnvironment()
    env.info = replace(env.info, heartbeat_timeout=timedelta(seconds=0.02))
    env.on_heartbeat = on_heartbeat
    return env


async def test_beats_at_once_and_goes_on_until_the_block_ends() -> None:
    beats: list[tuple[object, ...]] = []
    several = asyncio.Event()

    def on_heartbeat(*details: object) -> None:
        beats.append(details)
        if len(beats) == 4:
            several.set()

    async def run() -> None:
        async with _heartbeating(3):
            assert beats == [(3,)]
            async with asyncio.timeout(5):
                await several.wait()
        ended = len(beats)
        await asyncio.sleep(0.05)
        assert len(beats) == ended

    await environment(on_heartbeat).run(run)


def ignore(*details: object) -> None:
    pass


async def test_leaves_no_task_behind_when_the_block_fails() -> None:
    async def run() -> None:
        before = asyncio.all_tasks()
        with pytest.raises(ZeroDivisionError):
            async with _heartbeating(3):
                raise ZeroDivisionError
        assert asyncio.all_tasks() == before

    await environment(ignore).run(run)


async def test_a_cancelled_block_is_cancelled() -> None:
    entered = asyncio.Event()

    async def run() -> None:
        async with _heartbeating(3):
            entered.set()
            await asyncio.sleep(60)

    env = environment(ignore)
    running = asyncio.create_task(env.run(run))
    await entered.wait()
    env.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
