import random
from collections.abc import Iterator

import pytest

from httptask.activities.token_limit.counter import TokenBucket


@pytest.fixture
def bucket() -> TokenBucket:
    return TokenBucket(random.Random(1))


def test_what_is_taken_is_paid_for_by_waiting(bucket: TokenBucket) -> None:
    assert bucket.paid_until == 0
    assert bucket.take(1000, 6000, now=100) == 0  # 10 seconds' worth, of which 2 were saved
    assert bucket.paid_until == 108
    assert 8 <= bucket.take(100, 6000, now=100) <= 9
    assert bucket.take(100, 6000, now=107.9) > 0
    assert bucket.take(100, 6000, now=108) == 0


def test_what_was_used_beyond_the_estimate_is_paid_for_too(bucket: TokenBucket) -> None:
    bucket.take(200, 6000, now=100)
    bucket.settle(500, 6000)
    assert bucket.paid_until == 105
    assert bucket.take(1, 6000, now=100) >= 5
    bucket.settle(-500, 6000)
    assert bucket.paid_until == 100
    assert bucket.take(1, 6000, now=100) == 0


def test_nobody_is_told_to_wait_for_more_than_a_minute(bucket: TokenBucket) -> None:
    bucket.take(100_000, 6000, now=100)
    assert 60 <= bucket.take(100, 6000, now=100) <= 60.51


def test_those_who_wait_are_spread_over_the_time_of_forty_calls(bucket: TokenBucket) -> None:
    bucket.take(600, 6000, now=100)  # 6 seconds' worth
    assert 230 < longest_beyond(6 - 2, bucket, now=100) <= 240
    bucket.take(1600, 6000, now=1000)  # 16 seconds' worth move the mean to 8
    assert 310 < longest_beyond(16 - 2, bucket, now=1000) <= 320


def test_those_who_wait_for_small_calls_are_spread_over_half_a_second(bucket: TokenBucket) -> None:
    bucket.take(1, 6000, now=100)
    bucket.settle(300, 6000)
    assert 0.45 < longest_beyond(bucket.paid_until - 100, bucket, now=100) <= 0.5


def test_they_are_spread_less_again_when_nobody_waits(bucket: TokenBucket) -> None:
    bucket.take(600, 6000, now=100)
    longest_beyond(6 - 2, bucket, now=100)
    for call in range(100):
        assert bucket.take(600, 6000, now=1000 + 10 * call) == 0
    waits = [bucket.take(600, 6000, now=1990) - (6 - 2) for _ in range(20)]
    assert min(waits) >= 0
    assert 2 < max(waits) < 6.1  # 4 % less each time, 2 % more


def longest_beyond(wait: float, bucket: TokenBucket, now: float) -> float:
    """By how much more at most those are put off who ask now."""
    return max(bucket.take(1, 6000, now) for _ in range(2000)) - wait


@pytest.mark.parametrize("waiting", [5, 50, 500])
def test_the_limit_is_kept_and_used_however_many_wait(bucket: TokenBucket, waiting: int) -> None:
    taken, asked = simulated(bucket, waiting, seconds=600)
    minutes = [sum(tokens for at, tokens in taken if start <= at < start + 60) for start, _ in taken]
    assert max(minutes) <= 1.1 * 6000
    assert sum(tokens for _, tokens in taken) >= 0.9 * 60_000
    assert asked <= len(taken) * max(4, waiting / 20)  # nobody comes back every moment


def simulated(bucket: TokenBucket, waiting: int, seconds: int) -> tuple[list[tuple[float, float]], int]:
    """So many calls at any time, each of 10 to 200 tokens; what was taken when, and how often it was asked for."""
    chance = random.Random(2)
    due = [0.0] * waiting
    taken: list[tuple[float, float]] = []
    asked = 0
    for now in clock(seconds):
        for index in range(waiting):
            if due[index] > now:
                continue
            asked += 1
            tokens = chance.uniform(10, 200)
            wait = bucket.take(tokens, 6000, now)
            if wait == 0:
                taken.append((now, tokens))
                wait = 1.0  # the call itself, then the next one
            due[index] = now + wait
    return taken, asked


def clock(seconds: int) -> Iterator[float]:
    for tick in range(seconds * 20):
        yield tick / 20


@pytest.mark.parametrize("waiting", [80, 320])
def test_the_limit_is_used_to_the_last_call(bucket: TokenBucket, waiting: int) -> None:
    chance = random.Random(2)
    due = dict.fromkeys(range(waiting), 0.0)
    taken = 0.0
    for now in clock(120):
        for index, at in list(due.items()):
            if at <= now:
                tokens = chance.uniform(50, 350)
                due[index] = now + bucket.take(tokens, 120_000, now)
                if due[index] == now:
                    del due[index]
                    taken += tokens
        if not due:
            break
    assert taken * 60 / 120_000 >= 0.85 * now
