import asyncio

import pytest

from httptask.http.errors import ConnectFailed, HttpTaskError, Postponed, RateLimited
from httptask.resilience.retry import Retry, asked_delay, with_retries


def test_waits_grow_up_to_their_bound() -> None:
    assert [Retry().interval(attempt) for attempt in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]
    policy = Retry(first_interval=0.5, factor=3, longest_interval=5)
    assert [policy.interval(attempt) for attempt in range(1, 5)] == [0.5, 1.5, 4.5, 5]


def test_what_a_server_asks_for_is_spread_over_half_as_much_more() -> None:
    waits = [asked_delay(RateLimited("x", retry_after=10)) or 0 for _ in range(1000)]
    assert 10 <= min(waits) < 10.5
    assert 14.5 < max(waits) <= 15


def test_a_call_that_was_put_off_comes_back_when_it_was_told_to() -> None:
    assert asked_delay(Postponed("x", retry_after=7)) == 7


@pytest.mark.parametrize(
    "error",
    [
        RateLimited("x"),
        RateLimited("x", retry_after=0),
        RateLimited("x", retry_after=10, retryable=False),
        Postponed("x", retry_after=0),
    ],
    ids=["no wait", "no wait at all", "no retry", "put off for nothing"],
)
def test_the_policy_decides_where_nothing_is_asked_for(error: HttpTaskError) -> None:
    assert asked_delay(error) is None


async def test_attempts_without_temporal(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was put off is no attempt, and has the wait of a first one where it is told none."""
    errors = [
        Postponed("x"),
        ConnectFailed("1"),
        Postponed("x", retry_after=7),
        ConnectFailed("2"),
        ConnectFailed("3"),
    ]
    left, numbers, waits = list(errors), list[int](), list[float]()

    async def send(number: int) -> None:
        numbers.append(number)
        raise left.pop(0)

    async def note(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", note)
    with pytest.raises(ConnectFailed) as caught:
        await with_retries(send, Retry(attempts=3))
    assert caught.value is errors[-1]
    assert numbers == [1, 1, 2, 2, 3]
    assert waits == [1, 1, 7, 2]


@pytest.mark.parametrize(
    "error", [ConnectFailed("x", retryable=False), ValueError("x")], ids=["ours", "other"]
)
async def test_what_no_attempt_cures_is_raised_at_once(error: Exception) -> None:
    numbers: list[int] = []

    async def send(number: int) -> None:
        numbers.append(number)
        raise error

    with pytest.raises(type(error)) as caught:
        await with_retries(send, Retry())
    assert (caught.value, numbers) == (error, [1])
