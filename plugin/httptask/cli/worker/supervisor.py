"""A worker of several processes: forked from one that has everything loaded, watched over, replaced, ended together."""

import gc
import mmap
import os
import select
import signal
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Final

from httptask.cli.observability.logging import share_log
from httptask.cli.terminal.errors import CliError, ExitCode
from httptask.cli.terminal.notice import clear_notice
from httptask.cli.worker.process import STOP_SIGNALS, Member, Process
from httptask.cli.worker.serving import GRACE
from httptask.connections.connection import Connection
from httptask.dsl.expressions import pool
from httptask.http.log import get_logger
from httptask.resilience.shared_state import SharedState

__all__ = ["serve_in_processes"]

_NEEDED_BY_ALL: Final = ("httptask.plugin.worker_parts", "httptask.transport.network")
"""Modules that the first run and the first call load, which each process would do for itself."""
_LASTING_SECONDS: Final = 2.0
"""A process that ends sooner is replaced later each time."""
_FIRST_DELAY: Final = 0.25
_LONGEST_DELAY: Final = 30.0
_MOST_FAILURES: Final = 5
"""How many in a row may end before they take work while no process works."""
_PARTING_SECONDS: Final = 5.0
"""What a process may need beside the time that its calls have."""

log = get_logger("httptask.cli")


def serve_in_processes(
    count: int, connections: Mapping[str, Connection], serve: Callable[[Member | None], None]
) -> None:
    """Serve in so many processes until a signal: in this one, or in several, of which one that ends is replaced.

    Everything they have in common is to be loaded before, for they share its memory, and no thread may have been
    begun: Temporal's core and gRPC do not survive a fork.

    Args:
        count: how many.
        connections: whose limits hold for all of them together.
        serve: serves in one of them, until it gets a signal; is told which one, if there are several.

    Raises:
        CliError: they can't start, with the reason of the first; or a second signal came.
    """
    if count == 1:
        serve(None)
        return
    for module in _NEEDED_BY_ALL:
        import_module(module)
    pool.shutdown()
    clear_notice()
    SharedState.current = SharedState(
        {name: found.concurrency for name, found in connections.items() if found.concurrency}
    )
    share_log()
    gc.collect()
    gc.freeze()  # else the collector of each process would write to the memory that they share
    _Supervisor(count, serve).run()


class _Supervisor:
    """Has one thread and no event loop, so that it can fork at any time."""

    def __init__(self, count: int, serve: Callable[[Member], None]) -> None:
        self._serve = serve
        self._alive, self._kept_open = os.pipe()
        self._woken, self._wake = os.pipe()
        self._working = mmap.mmap(-1, count)
        self._processes = [Process(Member(number + 1, self._alive, self._working)) for number in range(count)]
        self._asked = 0
        self._kill_at: float | None = None
        """When those that still run after a signal are killed."""
        self._failures = 0
        """How many in a row ended before they took work."""
        self._have_worked: set[int] = set()
        self._told: set[tuple[int, str]] = set()
        self._error: CliError | None = None

    def run(self) -> None:
        for descriptor in (self._woken, self._wake):
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        for number in STOP_SIGNALS:
            signal.signal(number, self._ask)
        signal.signal(signal.SIGCHLD, self._wake_up)
        while True:
            self._fork_due()
            self._stop_or_kill()
            if self._kill_at is not None and not any(process.pid for process in self._processes):
                break
            self._wait()
            self._reap()
        if self._error is not None:
            raise self._error
        if self._asked > 1:
            os._exit(ExitCode.INTERRUPTED)

    def _ask(self, *_: object) -> None:
        self._asked += 1

    def _wake_up(self, *_: object) -> None:
        """What the signal is for: it ends the wait."""

    def _fork_due(self) -> None:
        now = time.monotonic()
        for process in self._processes:
            if process.pid is None and process.due <= now and not self._asked and self._error is None:
                process.began = now
                try:
                    process.fork(self._serve, (self._kept_open, self._woken, self._wake))
                except OSError as error:
                    self._replace_later(process, f"it can't be forked: {error.strerror}")

    def _stop_or_kill(self) -> None:
        now = time.monotonic()
        if self._asked > 1 or (self._kill_at is not None and now > self._kill_at):
            self._kill_at = now + 1.0
            self._signal(signal.SIGKILL)
        elif (self._asked or self._error) and self._kill_at is None:
            self._kill_at = now + GRACE.total_seconds() + _PARTING_SECONDS
            self._signal(signal.SIGTERM)

    def _signal(self, number: signal.Signals) -> None:
        for process in self._processes:
            process.send(number)

    def _wait(self) -> None:
        """Until there is a signal, or something is due."""
        due = [process.due for process in self._processes if process.pid is None and self._kill_at is None]
        if self._kill_at is not None:
            due.append(self._kill_at)
        seconds = max(0.0, min(due) - time.monotonic()) + 0.001 if due else None
        if select.select([self._woken], [], [], seconds)[0]:
            os.read(self._woken, 4096)

    def _reap(self) -> None:
        by_pid = {process.pid: process for process in self._processes if process.pid is not None}
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)  # as process 1 of a container, orphans too
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid in by_pid:
                self._ended(by_pid[pid], status)

    def _ended(self, process: Process, status: int) -> None:
        worked, error, reason = process.end(status)
        if self._kill_at is not None:
            return
        number = process.member.number
        if worked:
            self._failures = 0
            self._have_worked.add(number)
            self._told = {told for told in self._told if told[0] != number}
        else:
            self._failures += 1
            if error is not None and not self._all_have_worked():
                self._error = error
            elif self._failures >= _MOST_FAILURES and not any(self._working[:]):
                self._error = error or CliError(f"the processes of the worker can't start: {reason}")
        self._replace_later(process, reason)

    def _all_have_worked(self) -> bool:
        at_work = {number for number, works in enumerate(self._working[:], start=1) if works}
        return len(self._have_worked | at_work) == len(self._processes)

    def _replace_later(self, process: Process, reason: str) -> None:
        """Have another process take its place: at once, unless it did not last, time and again."""
        if self._error is not None:
            return
        now = time.monotonic()
        process.failures = 0 if now - process.began > _LASTING_SECONDS else process.failures + 1
        delay = (
            min(_FIRST_DELAY * 2 ** (process.failures - 2), _LONGEST_DELAY) if process.failures > 1 else 0.0
        )
        process.due = now + delay
        told = (process.member.number, reason)
        if told not in self._told:
            self._told.add(told)
            log.warning(
                "worker.process.ended", process=process.member.number, reason=reason, replaced_in=delay
            )
