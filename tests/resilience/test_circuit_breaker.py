import contextlib
import heapq
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from httptask.http.errors import (
    AddressForbidden,
    ConnectFailed,
    HttpStatusError,
    HttpTaskError,
    Postponed,
    RateLimited,
    ResponseInterrupted,
    ResponseInvalid,
    ResponseTooLarge,
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


def test_what_has_nothing_to_do_with_the_server_is_not_counted(breaker: CircuitBreaker) -> None:
    fail(breaker, 19)
    fail(breaker, 100, lambda: AddressForbidden("x"))
    assert fail(breaker, 20) == 1


def test_half_of_them_are_enough(breaker: CircuitBreaker) -> None:
    for _ in range(11):
        assert call(breaker)
    assert fail(breaker, 20) == 11  # with 9 of 20 and 10 of 21 it stays closed


@pytest.mark.parametrize(("later", "through"), [(30, 1), (30.5, 20)])
def test_those_of_thirty_seconds_count(
    breaker: CircuitBreaker, clock: Clock, later: float, through: int
) -> None:
    fail(breaker, 19)
    clock.now += later
    assert fail(breaker, 20) == through


def test_failures_of_long_ago_are_no_part_of_half(breaker: CircuitBreaker, clock: Clock) -> None:
    fail(breaker, 19)
    clock.now += 30.5
    for _ in range(11):
        assert call(breaker)
    assert fail(breaker, 9) == 9
    assert call(breaker)


@pytest.mark.parametrize("gone_by", [0, 0.5, 1])
def test_a_postponed_call_is_told_when_to_come_back(
    breaker: CircuitBreaker, clock: Clock, gone_by: float
) -> None:
    fail(breaker, 20)
    clock.now += gone_by
    with breaker.call(LONGEST) if gone_by == 1 else contextlib.nullcontext():
        waits = [told_to_wait(breaker) for _ in range(300)]
    assert 1 <= min(waits) < 1.2
    assert 2.8 < max(waits) <= 3


def test_a_postponed_call_waits_for_the_whole_pause(breaker: CircuitBreaker, clock: Clock) -> None:
    fail(breaker, 20)
    for pause in (1, 2, 4):
        clock.now += pause
        assert call(breaker, status(503))
    clock.now += 0.5
    waits = [told_to_wait(breaker) for _ in range(300)]
    assert 4.5 <= min(waits) < 4.7
    assert 6.3 < max(waits) <= 6.5


def told_to_wait(breaker: CircuitBreaker) -> float:
    with pytest.raises(Postponed) as caught, breaker.call(LONGEST):
        pass
    assert caught.value.message == (
        "nothing is sent to https://api.example.com for the moment: most of this worker's calls to it fail"
    )
    assert not caught.value.counts
    return caught.value.retry_after or 0


def test_one_call_tries_and_its_success_closes_it(breaker: CircuitBreaker, clock: Clock) -> None:
    fail(breaker, 20)
    clock.now += 1.01
    with breaker.call(LONGEST):
        assert not call(breaker)
    assert fail(breaker, 19) == 19


def test_what_was_before_it_closed_is_forgotten(breaker: CircuitBreaker, clock: Clock) -> None:
    fail(breaker, 20)
    clock.now += 1
    assert call(breaker)
    for _ in range(11):
        assert call(breaker)
    assert fail(breaker, 9) == 9
    assert call(breaker)


@pytest.mark.parametrize(
    ("error", "through"),
    [
        (None, 2),
        (status(404, retryable=False), 2),
        (ResponseInvalid("x"), 2),
        (ResponseTooLarge("x"), 2),
        (status(503), 0),
        (AddressForbidden("x"), 1),
    ],
    ids=["answer", "404", "invalid", "too large", "503", "forbidden"],
)
def test_any_answer_to_the_trial_closes_it(
    breaker: CircuitBreaker, clock: Clock, error: HttpTaskError | None, through: int
) -> None:
    """Of two calls at once both are let through then, and one where the trial has said nothing."""
    fail(breaker, 20)
    clock.now += 1
    assert call(breaker, error)
    let_through = 0
    with contextlib.suppress(Postponed), breaker.call(LONGEST):
        let_through = 1 + call(breaker)
    assert let_through == through


def test_the_log_tells_when_it_opens_and_closes(breaker: CircuitBreaker, clock: Clock) -> None:
    origin = {"origin": "https://api.example.com"}
    with capture_logs() as logs:
        assert call(breaker)
        fail(breaker, 30)
        clock.now += 1
        assert call(breaker)
    assert logs == [
        {"event": "http.breaker.opened", "log_level": "warning", "calls": 20, "failures": 19, **origin},
        {"event": "http.breaker.closed", "log_level": "info", **origin},
    ]


def test_pauses_are_one_two_four_and_then_five_seconds(breaker: CircuitBreaker, clock: Clock) -> None:
    fail(breaker, 20)
    for pause in (1, 2, 4, 5, 5):
        clock.now += pause - 0.25
        assert not call(breaker)
        clock.now += 0.25
        assert call(breaker, status(503))


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


@pytest.mark.parametrize(
    ("error", "message", "details"),
    [
        (status(503), "503 from https://api.example.com", {"status": 503}),
        (ConnectFailed("no route", details={"host": "api"}), "no route", {}),
    ],
    ids=["status", "connect"],
)
def test_who_is_given_up_is_told_of_the_last_failure(
    breaker: CircuitBreaker, clock: Clock, error: HttpTaskError, message: str, details: dict[str, int]
) -> None:
    fail(breaker, 20)
    clock.now += 1
    call(breaker, error)
    clock.now += 1
    told_to_wait_no_longer_than(breaker, 2)
    with pytest.raises(type(error)) as caught, breaker.call(1.9):
        pass
    assert caught.value.message == (
        f"{message}; nothing more is sent: most of this worker's calls to it have failed for 2 s"
    )
    assert (caught.value.details, caught.value.retryable) == (details, False)


def told_to_wait_no_longer_than(breaker: CircuitBreaker, longest: float) -> None:
    with pytest.raises(Postponed), breaker.call(longest):
        pass


@pytest.mark.parametrize(
    ("unknown_for", "kind"), [(30, HttpStatusError), (30.5, Postponed)], ids=["known", "unknown"]
)
def test_what_a_server_did_is_known_for_thirty_seconds(
    breaker: CircuitBreaker, clock: Clock, unknown_for: float, kind: type[HttpTaskError]
) -> None:
    fail(breaker, 20)
    clock.now += 1 + unknown_for
    with breaker.call(LONGEST), pytest.raises(kind), breaker.call(30):
        pass


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
