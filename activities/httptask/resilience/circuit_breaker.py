"""Leaves a failing server alone: calls are put off instead of sent, until one that tries it succeeds."""

import random
import time
from collections import deque
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

__all__ = ["CircuitBreaker"]

_WINDOW_SECONDS = 30.0
_FEWEST_CALLS = 20
_FAILING_SHARE = 0.5
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 5.0
_SPREAD = 2.0
"""Those who were put off come back over so many seconds, not all at once."""

_log = get_logger("httptask.http")


class CircuitBreaker:
    """The state of one origin, as this worker sees it.

    Closed, it lets calls through and counts those of the last 30 seconds. When half of at least 20 failed it
    opens: calls are put off. After a pause it lets a single one through; if that succeeds it closes, and
    otherwise pauses again, for longer. A server that has failed for as long as a call may wait is given up: the
    call ends in the server's last failure.

    Args:
        origin: for messages and the log.
        now: the clock, in seconds.
    """

    def __init__(self, origin: str, now: Callable[[], float] = time.monotonic) -> None:
        self._origin = origin
        self._now = now
        self._calls: deque[tuple[float, bool]] = deque()
        self._failures = 0
        """Among them; kept, for a busy worker has many thousands of calls in the window."""
        self._pause = 0.0
        """0 when closed."""
        self._until = 0.0
        self._since = 0.0
        """Since when it has been open."""
        self._probing = False
        self._last: HttpTaskError | None = None
        """The last failure that speaks for an outage."""

    @contextmanager
    def call(self, longest: float) -> Generator[None]:
        """Surrounds a call.

        Args:
            longest: seconds for which calls may be put off while the server fails.

        Raises:
            Postponed: it must not be made now.
            HttpTaskError: the server's last failure, when it has failed for longer than that.
        """
        is_probe = self._admit(longest)
        failed: bool | None = None
        try:
            yield
            failed = False
        except HttpTaskError as error:
            failed = _blames_server(error)
            if failed:
                self._last = error
            raise
        finally:
            if is_probe:
                self._judge(failed=failed)
            elif failed is not None and not self._pause:
                self._count(failed=failed)

    def _admit(self, longest: float) -> bool:
        """Whether the call is the one that tries a failing server."""
        if not self._pause:
            return False
        now = self._now()
        wait = self._until - now
        if wait <= 0 and not self._probing:
            self._probing = True
            if wait < -_WINDOW_SECONDS:  # nobody called for so long: what it did since then is not known
                self._since = now
            return True
        if now - self._since > longest:
            raise self._given_up(now - self._since)
        raise Postponed(
            f"nothing is sent to {self._origin} for the moment: most of this worker's calls to it fail",
            retry_after=max(wait, _FIRST_PAUSE) + random.uniform(0, _SPREAD),  # noqa: S311 - no secret
        )

    def _given_up(self, seconds: float) -> HttpTaskError:
        """The last failure, as that of a call that was not sent: what the server said belongs to another one."""
        last = self._last
        assert last is not None  # a failure has opened it
        status = last.details.get("status")
        said = f"{status} from {self._origin}" if status is not None else last.message
        return type(last)(
            f"{said}; nothing more is sent: most of this worker's calls to it have failed for {seconds:.0f} s",
            details={} if status is None else {"status": status},
            retryable=False,
        )

    def _count(self, *, failed: bool) -> None:
        now = self._now()
        self._calls.append((now, failed))
        self._failures += failed
        while self._calls[0][0] < now - _WINDOW_SECONDS:
            self._failures -= self._calls.popleft()[1]
        if len(self._calls) >= _FEWEST_CALLS and self._failures >= _FAILING_SHARE * len(self._calls):
            _log.warning(
                "http.breaker.opened", origin=self._origin, calls=len(self._calls), failures=self._failures
            )
            self._since = now
            self._open(_FIRST_PAUSE)

    def _judge(self, *, failed: bool | None) -> None:
        """What the call that tried the server came to; None when it says nothing about it."""
        self._probing = False
        if failed is False:
            _log.info("http.breaker.closed", origin=self._origin)
            self._pause = 0.0
            self._calls.clear()
            self._failures = 0
        elif failed:
            self._open(min(self._pause * 2, _LONGEST_PAUSE))

    def _open(self, pause: float) -> None:
        self._pause = pause
        self._until = self._now() + pause


def _blames_server(error: HttpTaskError) -> bool | None:
    """Whether a failure speaks for an outage; None when it has nothing to do with the server."""
    if isinstance(error, HttpStatusError):
        return error.retryable and error.details["status"] >= 500
    if isinstance(error, ConnectFailed | Timeout | ResponseInterrupted):
        return error.retryable
    return False if isinstance(error, ResponseInvalid | ResponseTooLarge) else None
