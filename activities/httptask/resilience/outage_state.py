"""What is known of a server that fails, kept where the processes of one worker can share it."""

import mmap
import struct
from collections.abc import Generator
from contextlib import contextmanager
from hashlib import blake2b
from typing import Final, NamedTuple

from httptask.resilience.shared_locks import SharedLocks

__all__ = ["WINDOW_SECONDS", "LastFailure", "OutageState", "OutageTable"]

WINDOW_SECONDS: Final = 30
"""For which calls are counted, second by second."""
_KEY_SIZE: Final = 16
_TIMES: Final = struct.Struct("ddd")
_FAILURE: Final = struct.Struct("BHH194s")
_COUNT: Final = struct.Struct("III")
_TIMES_AT: Final = _KEY_SIZE
_FAILURE_AT: Final = _TIMES_AT + _TIMES.size
_COUNTS_AT: Final = _FAILURE_AT + _FAILURE.size
_SECONDS_KEPT: Final = WINDOW_SECONDS + 2
"""Those of the window, and the one that has begun; an even number, so that each record keeps its alignment."""
_RECORD_SIZE: Final = _COUNTS_AT + _SECONDS_KEPT * _COUNT.size
_MOST_SHARED: Final = 1000


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

    @contextmanager
    def alone(self) -> Generator[None]:
        """Let no other process look at it or change it while the context lasts."""
        if self._locks is None:
            yield
        else:
            with self._locks.held(self._number):
                yield

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
            if second >= now - WINDOW_SECONDS:
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
