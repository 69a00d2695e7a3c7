import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from httptask.activities.attempt import _heartbeating, _interval, run_attempt
from httptask.http.errors import ConnectFailed, HttpTaskError, Postponed, RequestInvalid
from httptask.http.models import Limits


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


@pytest.mark.parametrize("at_once", [False, True])
async def test_goes_on_until_the_block_ends(*, at_once: bool) -> None:
    beats: list[tuple[object, ...]] = []
    several = asyncio.Event()

    def on_heartbeat(*details: object) -> None:
        beats.append(details)
        if len(beats) == 4:
            several.set()

    async def run() -> None:
        with _heartbeating(3, at_once=at_once):
            assert beats == [(3,)] * at_once
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
        with pytest.raises(ZeroDivisionError), _heartbeating(3):
            raise ZeroDivisionError
        assert asyncio.all_tasks() == before

    await environment(ignore).run(run)


async def test_a_cancelled_block_is_cancelled() -> None:
    entered = asyncio.Event()

    async def run() -> None:
        with _heartbeating(3):
            entered.set()
            await asyncio.sleep(60)

    env = environment(ignore)
    running = asyncio.create_task(env.run(run))
    await entered.wait()
    env.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


@pytest.mark.parametrize(
    ("details", "execution", "told"),
    [([], 1, []), ([], 2, []), ([1], 2, [2]), ([1], 4, [2])],
    ids=["first", "second, the first left nothing", "second", "second, after two that were postponed"],
)
async def test_leaves_its_number_where_temporal_would_give_the_next_one_another(
    details: list[object], execution: int, told: list[int]
) -> None:
    beats: list[object] = []
    env = ActivityEnvironment()
    env.info = replace(env.info, heartbeat_details=details, attempt=execution)
    env.on_heartbeat = lambda *told: beats.extend(told)

    async def call(attempt: int) -> Limits:
        return Limits(total=attempt)

    await env.run(run_attempt, call)
    assert beats == told


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ConnectFailed("refused", retryable=True), [1]),
        (RequestInvalid("no"), []),
        (Postponed("later", retry_after=1), [0]),
    ],
    ids=["that is tried again", "for good", "that was postponed"],
)
async def test_a_failure_leaves_how_many_attempts_there_were(error: HttpTaskError, told: list[int]) -> None:
    beats: list[object] = []
    env = ActivityEnvironment()
    env.on_heartbeat = lambda *told: beats.extend(told)

    async def call(attempt: int) -> Limits:
        raise error

    with pytest.raises(ApplicationError):
        await env.run(run_attempt, call)
    assert beats == told
