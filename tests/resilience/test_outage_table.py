"""What is known of servers in memory that processes share, as one of them has it."""

from collections.abc import Generator
from contextlib import contextmanager

import pytest
from structlog.testing import capture_logs

from httptask.http.errors import ConnectFailed, Postponed
from httptask.resilience import circuit_breaker
from httptask.resilience.circuit_breaker import CircuitBreaker, LastFailure, OutageState, OutageTable
from support.forked_scripts import forked_script

ORIGINS = [f"https://{name}.example.com" for name in ("a", "b", "c", "d")]


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> OutageTable:
    """Has room for four servers."""
    monkeypatch.setattr(circuit_breaker, "_MOST_SHARED", 4)
    return OutageTable()


def test_a_server_is_the_same_wherever_it_is_asked_for(table: OutageTable) -> None:
    for number, origin in enumerate(ORIGINS, 1):
        state = table.state(origin)
        state.times = number, 2.0, 3.0
        state.last_failure = LastFailure(number, 500, origin)
        for _ in range(number):
            state.count(10.0, failed=True)
    for number, origin in enumerate(ORIGINS, 1):
        state = table.state(origin)
        assert state.times == (number, 2.0, 3.0)
        assert state.last_failure == (number, 500, origin)
        assert state.counted(10.0) == (number, number)


def test_a_server_too_many_is_known_to_its_process_alone(table: OutageTable) -> None:
    for origin in ORIGINS:
        table.state(origin).times = 1.0, 2.0, 3.0
    alone = table.state("https://e.example.com")
    alone.times = 4.0, 5.0, 6.0
    assert [table.state(origin).times for origin in ORIGINS] == [(1.0, 2.0, 3.0)] * 4
    assert table.state("https://e.example.com").times == (0.0, 0.0, 0.0)
    assert alone.times == (4.0, 5.0, 6.0)


def test_counts_begin_anew_and_all_else_stays() -> None:
    state = OutageState()
    state.times = 1.0, 2.0, 3.0
    state.last_failure = LastFailure(1, 0, "no route")
    for second in range(40):
        state.count(second, failed=second % 2 == 0)
    assert state.counted(39) == (31, 15)
    state.forget_counts()
    assert state.counted(39) == (0, 0)
    assert state.times == (1.0, 2.0, 3.0)
    assert state.last_failure == (1, 0, "no route")


@pytest.mark.parametrize(
    ("message", "kept"),
    [("é" * 200, "é" * 97), ("x" + "é" * 200, "x" + "é" * 96), ("\ud800", "?")],
    ids=["long", "cut in a character", "no character"],
)
def test_of_the_last_failure_what_fits_is_told(message: str, kept: str) -> None:
    now = [0.0]
    breaker = CircuitBreaker("https://api.example.com", lambda: now[0], OutageState())
    for _ in range(20):
        with pytest.raises(ConnectFailed), breaker.call(600):
            raise ConnectFailed(message)
    now[0] = 0.5
    with pytest.raises(Postponed), breaker.call(600):
        pass
    with (
        pytest.raises(ConnectFailed, match=f"^{kept}; nothing more is sent".replace("?", "[?]")),
        breaker.call(0),
    ):
        pass


class ClosedMeanwhile(OutageState):
    """One that another process closes while this one waits to look at it."""

    @contextmanager
    def alone(self) -> Generator[None]:
        self.times = 0.0, 0.0, 0.0
        with super().alone():
            yield


def test_a_call_that_finds_it_closed_by_another_process_tries_nothing() -> None:
    state = ClosedMeanwhile()
    state.times = 1.0, 5.0, 0.0
    with capture_logs() as logs, CircuitBreaker("https://api.example.com", lambda: 2.0, state).call(600):
        state.count(2.0, failed=True)
    assert state.counted(2.0) == (2, 1)
    assert logs == []


TRIED_BESIDE_ANOTHER = """
import os, signal
from httptask.resilience import circuit_breaker

circuit_breaker._MOST_SHARED = 3
table = circuit_breaker.OutageTable()
states = [table.state(origin) for origin in "abc"]

def others():
    signal.alarm(20)  # of a lock that is never given back
    for origin, state in zip("abc", states):
        with table.state(origin).alone():
            print(int(state.begin_trial()), end="")
    print(flush=True)

def in_another_process(work):
    if (pid := os.fork()) == 0:
        work()
        os._exit(0)
    os.waitpid(pid, 0)

for state in states:
    assert state.begin_trial() and not state.begin_trial()
    in_another_process(others)
    state.end_trial()
in_another_process(others)
"""


async def test_a_trial_of_one_server_hinders_nothing_of_another() -> None:
    lines, _ = await forked_script(TRIED_BESIDE_ANOTHER)
    assert lines == ["011", "101", "110", "111"]
