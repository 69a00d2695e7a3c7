import contextlib
import heapq
from collections.abc import Callable

import pytest

from httptask.http.errors import (
    AddressForbidden,
    ConnectFailed,
    HttpStatusError,
    HttpTaskError,
    Postponed,
    RateLimited,
    ResponseInterrupted,
    Timeout,
)
from httptask.resilience.circuit_breaker import CircuitBreaker

LONGEST = 600.0


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> CircuitBreaker:
    return CircuitBreaker("https://api.example.com", clock)


def status(code: int, *, retryable: bool = True) -> HttpTaskError:
    return HttpStatusError("x", details={"status": code}, retryable=retryable)


def call(breaker: CircuitBreaker, error: HttpTaskError | None = None) -> bool:
    """Make a call; whether it was let through."""
    try:
        with breaker.call(LONGEST):
            if error is not None:
                raise error
    except Postponed:
        return False
    except HttpTaskError:
        pass
    return True


def fail(
    breaker: CircuitBreaker, calls: int, error: Callable[[], HttpTaskError] = lambda: status(503)
) -> int:
    """How many of so many calls were let through."""
    return sum(call(breaker, error()) for _ in range(calls))


@pytest.mark.parametrize(
    "error",
    [
        lambda: status(500),
        lambda: status(529),
        lambda: ConnectFailed("x"),
        lambda: Timeout("x"),
        lambda: ResponseInterrupted("x"),
    ],
    ids=["500", "529", "connect", "timeout", "interrupted"],
)
def test_twenty_failures_open_it(breaker: CircuitBreaker, error: Callable[[], HttpTaskError]) -> None:
    assert fail(breaker, 100, error) == 20


@pytest.mark.parametrize(
    "error",
    [
        lambda: RateLimited("x", details={"status": 429}),
        lambda: status(404, retryable=False),
        lambda: status(501, retryable=False),
        lambda: ConnectFailed("the certificate is refused", retryable=False),
        lambda: AddressForbidden("x"),
    ],
    ids=["429", "404", "501", "certificate", "forbidden"],
)
def test_what_is_no_outage_does_not(breaker: CircuitBreaker, error: Callable[[], HttpTaskError]) -> None:
    assert fail(breaker, 100, error) == 100


def test_half_of_the_calls_have_to_fail(breaker: CircuitBreaker) -> None:
    for _ in range(100):
        assert call(breaker)
        assert call(breaker)
        assert call(breaker, status(503))
    assert fail(breaker, 200) < 200


def test_what_is_long_ago_does_not_count(breaker: CircuitBreaker, clock: Clock) -> None:
    for _ in range(100):
        assert call(breaker, status(503))
        clock.now += 2


def test_a_postponed_call_is_told_when_to_come_back(breaker: CircuitBreaker, clock: Clock) -> None:
    fail(breaker, 20)
    clock.now += 0.5
    with (
        pytest.raises(Postponed, match=r"nothing is sent to https://api\.example\.com") as caught,
        breaker.call(LONGEST),
    ):
        pass
    assert caught.value.retry_after is not None
    assert 0.5 <= caught.value.retry_after <= 3
    assert not caught.value.counts


def test_one_call_tries_and_its_success_closes_it(breaker: CircuitBreaker, clock: Clock) -> None:
    fail(breaker, 20)
    clock.now += 1.01
    with breaker.call(LONGEST):
        assert not call(breaker)
    assert fail(breaker, 19) == 19


def test_a_trial_that_fails_makes_the_pause_longer(breaker: CircuitBreaker, clock: Clock) -> None:
    fail(breaker, 20)
    tried = 0
    for _ in range(3000):
        clock.now += 0.01
        tried += call(breaker, status(503))
    assert 5 <= tried <= 9  # after 1, 2, 4, 5, 5 ... seconds


def test_a_trial_that_says_nothing_lets_another_one_try(breaker: CircuitBreaker, clock: Clock) -> None:
    fail(breaker, 20)
    clock.now += 1.01
    with contextlib.suppress(KeyboardInterrupt), breaker.call(LONGEST):
        raise KeyboardInterrupt
    assert call(breaker)
    assert call(breaker)


def test_a_server_that_fails_for_too_long_is_given_up(breaker: CircuitBreaker, clock: Clock) -> None:
    """1,000 calls with five attempts each, a hundred at a time, against a path that always answers 500."""
    begun = clock.now
    in_time = [(begun, number, 0) for number in range(100)]
    ended: list[HttpTaskError] = []
    sent = 0
    while in_time:
        due, number, attempts = heapq.heappop(in_time)
        clock.now = max(clock.now, due)
        try:
            with breaker.call(LONGEST):
                sent += 1
                attempts += 1
                raise status(500)
        except HttpTaskError as error:
            if error.retryable and attempts < 5:
                heapq.heappush(in_time, (clock.now + (error.retry_after or 2**attempts), number, attempts))
                continue
            ended.append(error)
        if number + 100 < 1000:
            heapq.heappush(in_time, (clock.now, number + 100, 0))
    assert len(ended) == 1000
    assert clock.now - begun <= LONGEST + 30
    assert sent <= 200
    assert isinstance(ended[-1], HttpStatusError)
    assert ended[-1].details == {"status": 500}
    assert str(ended[-1]).startswith("500 from https://api.example.com; nothing more is sent: most of")


def test_a_server_that_nobody_called_for_long_is_not_given_up(breaker: CircuitBreaker, clock: Clock) -> None:
    fail(breaker, 20)
    clock.now += 2 * LONGEST
    with breaker.call(LONGEST), pytest.raises(Postponed), breaker.call(LONGEST):
        pass


def test_one_that_answers_again_is_not_given_up(breaker: CircuitBreaker, clock: Clock) -> None:
    fail(breaker, 20)
    clock.now += LONGEST - 1
    assert call(breaker)
    fail(breaker, 20)
    clock.now += 0.5
    with pytest.raises(Postponed), breaker.call(LONGEST):
        pass
