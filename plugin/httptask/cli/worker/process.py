"""One of several processes of a worker: forked, told apart, and what it tells the one that watches over it."""

import contextlib
import json
import mmap
import os
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NoReturn

from httptask.cli.observability.logging import log_as_process
from httptask.cli.observability.telemetry import flush_spans
from httptask.cli.terminal.errors import CliError, ExitCode
from httptask.cli.terminal.notice import clear_notice

__all__ = ["STOP_SIGNALS", "Member", "Process"]

STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_WATCHED_SIGNALS: Final = (*STOP_SIGNALS, signal.SIGCHLD)
_MOST_TOLD: Final = 65_536
"""Bytes of a reason; what a pipe holds without a reader."""


@dataclass(frozen=True, slots=True)
class Member:
    """What a process of a worker knows of the others.

    Attributes:
        number: from 1; who replaces a process has its number.
        supervisor: a descriptor that ends when the process is gone that watches over this one.
        working: a byte for each process, 1 while it takes work.
    """

    number: int
    supervisor: int
    working: mmap.mmap

    def begin_work(self) -> None:
        """Let the others know that this one takes work."""
        self.working[self.number - 1] = 1

    def why_not_all(self) -> str | None:
        """Which process does not work at the moment, if one does not."""
        idle = self.working.find(b"\0")
        return None if idle < 0 else f"process {idle + 1} of {len(self.working)} does not work"


class Process:
    """A place for a process, which is filled anew when one ends.

    Attributes:
        member: what its process is told.
        pid: of its process, None while there is none.
        began: when that was forked, in seconds of the monotonic clock.
        due: when the next one is.
        failures: how many in a row did not last.
    """

    def __init__(self, member: Member) -> None:
        self.member = member
        self.pid: int | None = None
        self.began = 0.0
        self.due = 0.0
        self.failures = 0
        self._told = -1

    def fork(self, serve: Callable[[Member], None], not_theirs: tuple[int, ...]) -> None:
        """Begin a process that serves, and ends afterwards.

        Args:
            serve: what it does.
            not_theirs: descriptors that it closes.

        Raises:
            OSError: the system has no room for one more.
        """
        told, tell = os.pipe()
        signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED_SIGNALS)  # else the child could miss one
        try:
            pid = os.fork()
            if pid == 0:
                for descriptor in (*not_theirs, told):
                    os.close(descriptor)
                _become(self.member, serve, tell)
        except OSError:
            os.close(told)
            raise
        finally:
            os.close(tell)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _WATCHED_SIGNALS)
        self.pid, self._told = pid, told

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, if it is there."""
        if self.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def end(self, status: int) -> tuple[bool, CliError | None, str]:
        """Take note that its process has ended.

        Args:
            status: as `os.waitpid` tells it.

        Returns:
            Whether it ever took work, the error that it ended with, if it told one, and why it ended in words.
        """
        worked = bool(self.member.working[self.member.number - 1])
        self.member.working[self.member.number - 1] = 0
        data = os.read(self._told, _MOST_TOLD)
        os.close(self._told)
        self.pid = None
        code = os.waitstatus_to_exitcode(status)
        if data:
            message, hint, exit_code = json.loads(data)
            return worked, CliError(message, hint, ExitCode(exit_code)), message
        return worked, None, f"exit code {code}" if code >= 0 else signal.Signals(-code).name


def _become(member: Member, serve: Callable[[Member], None], tell: int) -> NoReturn:
    """Be a process of the worker, and never come back."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        for number in _WATCHED_SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _WATCHED_SIGNALS)
        log_as_process(member.number)
        serve(member)
        code = 0
    except CliError as error:
        os.write(tell, json.dumps([error.message, error.hint, error.exit_code]).encode()[:_MOST_TOLD])
        code = error.exit_code
    except BaseException:  # noqa: BLE001 - as an interpreter ends
        traceback.print_exc()
    finally:
        with contextlib.suppress(BaseException):
            clear_notice()
            flush_spans()
            sys.stderr.flush()
        os._exit(code)  # nothing of the supervisor's, whose memory this is, is to be ended here
