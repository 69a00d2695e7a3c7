"""Leaves a failing server alone: calls are put off instead of sent, until one that tries it succeeds.

What is known of a server is kept where the processes of one worker can share it.
"""

import mmap
import random
import struct
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from hashlib import blake2b
from typing import Final, NamedTuple

from httptask.http.errors import (
    ConnectFailed,
    HttpStatusError,
    HttpTaskError,
    Postponed,
    ResponseInterrupted,
    ResponseInvalid,
    ResponseTooLarge,
    Timeout,
)
from httptask.http.log import get_logger
from httptask.resilience.shared_locks import SharedLocks

__all__ = ["CircuitBreaker", "OutageState", "OutageTable"]

_FEWEST_CALLS = 20
_FAILING_SHARE = 0.5
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 5.0
_SPREAD = 2.0
"""Those who were put off come back over so many seconds, not all at once."""
_OUTAGES = (HttpStatusError, ConnectFailed, Timeout, ResponseInterrupted)

_WINDOW_SECONDS: Final = 30
"""For which calls are counted, second by second."""
_KEY_SIZE: Final = 16
_TIMES: Final = struct.Struct("ddd")
_FAILURE: Final = struct.Struct("BHH194s")
_COUNT: Final = struct.Struct("III")
_TIMES_AT: Final = _KEY_SIZE
_FAILURE_AT: Final = _TIMES_AT + _TIMES.size
_COUNTS_AT: Final = _FAILURE_AT + _FAILURE.size
_SECONDS_KEPT: Final = _WINDOW_SECONDS + 2
"""Those of the window, and the one that has begun; an even number, so that each record keeps its alignment."""
_RECORD_SIZE: Final = _COUNTS_AT + _SECONDS_KEPT * _COUNT.size
_MOST_SHARED: Final = 1000

_log = get_logger("httptask.http")


class LastFailure(NamedTuple):
    """The last failure that speaks for an outage.

    Attributes:
        kind: which class of errors, as whoever keeps it numbers them.
        status: of the answer, 0 without one.
        message: at most 194 bytes of it.
    """

    kind: int
    status: int
    message: str


class OutageState:
    """What is known of one server: counts of calls, since when it is left alone, and until when.

    Args:
        memory: where it is kept; of this process alone by default.
        locks: of the processes that share it.
        number: of the first of the two locks that belong to it.
    """

    def __init__(
        self, memory: memoryview | None = None, locks: SharedLocks | None = None, number: int = 0
    ) -> None:
        self._memory = memoryview(bytearray(_RECORD_SIZE)) if memory is None else memory
        self._locks = locks
        self._number = number
        self._trying = False

    def alone(self) -> AbstractContextManager[None]:
        """Let no other process look at it or change it while the context lasts."""
        return nullcontext() if self._locks is None else self._locks.held(self._number)

    @property
    def times(self) -> tuple[float, float, float]:
        """How long calls are put off, until when, and since when, in seconds; all 0 when they are not."""
        pause, until, since = _TIMES.unpack_from(self._memory, _TIMES_AT)
        return pause, until, since

    @times.setter
    def times(self, times: tuple[float, float, float]) -> None:
        _TIMES.pack_into(self._memory, _TIMES_AT, *times)

    @property
    def last_failure(self) -> LastFailure:
        """See there."""
        kind, status, size, message = _FAILURE.unpack_from(self._memory, _FAILURE_AT)
        return LastFailure(kind, status, message[:size].decode(errors="ignore"))

    @last_failure.setter
    def last_failure(self, failure: LastFailure) -> None:
        message = failure.message.encode(errors="replace")[:194]
        _FAILURE.pack_into(self._memory, _FAILURE_AT, failure.kind, failure.status, len(message), message)

    def count(self, now: float, *, failed: bool) -> None:
        """Count a call."""
        second = int(now)
        at = _COUNTS_AT + second % _SECONDS_KEPT * _COUNT.size
        counted, calls, failures = _COUNT.unpack_from(self._memory, at)
        if counted != second:
            calls = failures = 0
        _COUNT.pack_into(self._memory, at, second, calls + 1, failures + failed)

    def counted(self, now: float) -> tuple[int, int]:
        """How many calls there were in the window, and how many of them failed."""
        calls = failures = 0
        for second, more, failed in _COUNT.iter_unpack(self._memory[_COUNTS_AT:_RECORD_SIZE]):
            if second >= now - _WINDOW_SECONDS:
                calls, failures = calls + more, failures + failed
        return calls, failures

    def forget_counts(self) -> None:
        """Begin to count anew."""
        self._memory[_COUNTS_AT:_RECORD_SIZE] = bytes(_RECORD_SIZE - _COUNTS_AT)

    def begin_trial(self) -> bool:
        """Whether this call may try the server: one at a time, of all processes. One that is killed tries no more."""
        if self._trying or not (self._locks is None or self._locks.try_take(self._number + 1)):
            return False
        self._trying = True
        return True

    def end_trial(self) -> None:
        """Let another call try."""
        self._trying = False
        if self._locks is not None:
            self._locks.give_back(self._number + 1)


class OutageTable:
    """The states of servers for the processes that are forked after it is made."""

    def __init__(self) -> None:
        self._memory = memoryview(mmap.mmap(-1, _MOST_SHARED * _RECORD_SIZE))
        self._locks = SharedLocks()

    def state(self, origin: str) -> OutageState:
        """That of one server, the same in each process; one of this process alone where there are too many."""
        key = blake2b(origin.encode(), digest_size=_KEY_SIZE).digest()
        first = int.from_bytes(key) % _MOST_SHARED
        with self._locks.held(0):
            for step in range(_MOST_SHARED):
                place = (first + step) % _MOST_SHARED
                record = self._memory[place * _RECORD_SIZE : (place + 1) * _RECORD_SIZE]
                found = bytes(record[:_KEY_SIZE])
                if found == bytes(_KEY_SIZE):  # nobody's yet
                    record[:_KEY_SIZE] = found = key
                if found == key:
                    return OutageState(record, self._locks, 1 + 2 * place)
        return OutageState()


class CircuitBreaker:
    """Watches over the calls to one origin.

    Closed, it lets calls through and counts those of the last 30 seconds. When half of at least 20 failed it
    opens: calls are put off. After a pause it lets a single one through; if that succeeds it closes, and
    otherwise pauses again, for longer. A server that has failed for as long as a call may wait is given up: the
    call ends in the server's last failure.

    Args:
        origin: for messages and the log.
        now: the clock, in seconds.
        state: what is known of the origin; shared with the other processes of this worker, if it has any.
    """

    def __init__(
        self, origin: str, now: Callable[[], float] = time.monotonic, state: OutageState | None = None
    ) -> None:
        self._origin = origin
        self._now = now
        self._state = OutageState() if state is None else state

    @contextmanager
    def call(self, longest: float) -> Generator[None]:
        """Surrounds a call.

        Args:
            longest: seconds for which calls may be put off while the server fails.

        Raises:
            Postponed: it must not be made now.
            HttpTaskError: the server's last failure, when it has failed for longer than that.
        """
        is_trial = self._admit(longest)
        failed: bool | None = None
        failure: HttpTaskError | None = None
        try:
            yield
            failed = False
        except HttpTaskError as error:
            failed, failure = _blames_server(error), error
            raise
        finally:
            with self._state.alone():
                if failed and failure is not None:
                    self._state.last_failure = _kept(failure)
                if is_trial:
                    self._judge(failed=failed)
                elif failed is not None and not self._state.times[0]:
                    self._count(failed=failed)

    def _admit(self, longest: float) -> bool:
        """Whether the call is the one that tries a failing server."""
        if not self._state.times[0]:
            return False
        now = self._now()
        with self._state.alone():
            pause, until, since = self._state.times
            if not pause:  # it has just been closed
                return False
            wait = until - now
            if wait <= 0 and self._state.begin_trial():
                if wait < -_WINDOW_SECONDS:  # nobody called for so long: what it did since then is not known
                    self._state.times = pause, until, now
                return True
            last = self._state.last_failure
        if now - since > longest:
            raise self._given_up(last, now - since)
        raise Postponed(
            f"nothing is sent to {self._origin} for the moment: most of this worker's calls to it fail",
            retry_after=max(wait, _FIRST_PAUSE) + random.uniform(0, _SPREAD),  # noqa: S311 - no secret
        )

    def _given_up(self, last: LastFailure, seconds: float) -> HttpTaskError:
        """The last failure, as that of a call that was not sent: what the server said belongs to another one."""
        said = f"{last.status} from {self._origin}" if last.status else last.message
        return _OUTAGES[last.kind](
            f"{said}; nothing more is sent: most of this worker's calls to it have failed for {seconds:.0f} s",
            details={"status": last.status} if last.status else {},
            retryable=False,
        )

    def _count(self, *, failed: bool) -> None:
        now = self._now()
        self._state.count(now, failed=failed)
        if not failed:
            return
        calls, failures = self._state.counted(now)
        if calls >= _FEWEST_CALLS and failures >= _FAILING_SHARE * calls:
            _log.warning("http.breaker.opened", origin=self._origin, calls=calls, failures=failures)
            self._state.times = _FIRST_PAUSE, now + _FIRST_PAUSE, now

    def _judge(self, *, failed: bool | None) -> None:
        """What the call that tried the server came to; None when it says nothing about it."""
        self._state.end_trial()
        if failed is False:
            _log.info("http.breaker.closed", origin=self._origin)
            self._state.times = 0.0, 0.0, 0.0
            self._state.forget_counts()
        elif failed:
            pause, _, since = self._state.times
            pause = min(pause * 2, _LONGEST_PAUSE)
            self._state.times = pause, self._now() + pause, since


def _kept(failure: HttpTaskError) -> LastFailure:
    kind = next(kind for kind, outage in enumerate(_OUTAGES) if isinstance(failure, outage))
    return LastFailure(kind, failure.details.get("status", 0), failure.message)


def _blames_server(error: HttpTaskError) -> bool | None:
    """Whether a failure speaks for an outage; None when it has nothing to do with the server."""
    if isinstance(error, HttpStatusError):
        return error.retryable and error.details["status"] >= 500
    if isinstance(error, ConnectFailed | Timeout | ResponseInterrupted):
        return error.retryable
    return False if isinstance(error, ResponseInvalid | ResponseTooLarge) else None
