"""Places of a connection that the processes of a worker share, as one of them takes and gives them back."""

import asyncio
import os

import pytest

from httptask.resilience import connection_limits
from httptask.resilience.connection_limits import ConcurrencyLimit, SharedPlaces
from httptask.resilience.shared_state import SharedState

SOON = 5
"""Seconds within which something comes that needs none."""


def not_waiting() -> None:
    """What is told of one who has to have a place at once."""
    pytest.fail("there was a place, and yet it waited")


@pytest.fixture(autouse=True)
def nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits is woken by the news of a place alone."""
    monkeypatch.setattr(connection_limits, "_LOOK_SECONDS", 60.0)


async def waiting(places: SharedPlaces) -> "asyncio.Task[int]":
    """One who found no place and waits for it."""
    told = asyncio.Event()
    task = asyncio.create_task(places.take(told.set))
    await asyncio.wait_for(told.wait(), SOON)
    for _ in range(50):  # time for it to look at all news
        await asyncio.sleep(0)
    assert not task.done()
    return task


async def test_who_finds_none_has_the_next_that_is_given_back() -> None:
    places = SharedPlaces(2)
    assert {await places.take(not_waiting), await places.take(not_waiting)} == {0, 1}
    for given_back in (1, 0, 0):
        third = await waiting(places)
        places.give_back(given_back)
        assert await asyncio.wait_for(third, SOON) == given_back


async def test_old_news_is_no_place() -> None:
    places = SharedPlaces(1)
    for _ in range(3):
        places.give_back(await places.take(not_waiting))
    place = await places.take(not_waiting)
    second = await waiting(places)
    with pytest.raises(BlockingIOError):  # by news that is left it would be woken for ever
        os.read(places._given_back, 1)
    places.give_back(place)
    assert await asyncio.wait_for(second, SOON) == place


async def test_news_that_nobody_waits_for_stops_no_call() -> None:
    places = SharedPlaces(1)
    place = await places.take(not_waiting)
    os.write(places._give, bytes(1_000_000))  # as after so many calls as fit
    for _ in range(2):
        places.give_back(place)
        assert await places.take(not_waiting) == place


async def test_each_connection_has_as_many_places_as_it_may_have_calls() -> None:
    shared = SharedState({"shop": 1, "bank": 2})
    limit = ConcurrencyLimit("shop", 1, shared.places("shop"))
    async with limit.held():
        second = await waiting(shared.places("shop"))
        assert [await shared.places("bank").take(not_waiting) for _ in range(2)] == [0, 1]
    assert await asyncio.wait_for(second, SOON) == 0
