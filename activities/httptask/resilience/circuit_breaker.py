"""Leaves a failing server alone: calls are put off instead of sent, until one that tries it succeeds."""

import random
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

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
from httptask.resilience.outage_state import WINDOW_SECONDS, LastFailure, OutageState

__all__ = ["CircuitBreaker"]

_FEWEST_CALLS = 20
_FAILING_SHARE = 0.5
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 5.0
_SPREAD = 2.0
"""Those who were put off come back over so many seconds, not all at once."""
_OUTAGES = (HttpStatusError, ConnectFailed, Timeout, ResponseInterrupted)

_log = get_logger("httptask.http")


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
                if wait < -WINDOW_SECONDS:  # nobody called for so long: what it did since then is not known
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
