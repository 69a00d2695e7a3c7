"""One helper process, as the worker sees it: started, asked under a time limit, stopped without a trace."""

import contextlib
import importlib.util
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final, NamedTuple

from httptask.dsl.expressions import helper
from httptask.dsl.expressions.errors import Bound, ExpressionsBusy

__all__ = ["HelperLost", "HelperProcess", "HelperStarting", "HelperStopped", "Limit", "Reply"]

_LEAST_SHARE: Final = 0.5
"""Of the time that passes, how much a program has to have had the processor for, to be what takes too long."""
_CHUNK: Final = 1 << 18
_END_SECONDS: Final = 1.0
_BOUND_OF_STATUS: Final[dict[int, Bound]] = {
    helper.OUT_OF_MEMORY: "memory",
    -signal.SIGPROF: "time",
    -signal.SIGABRT: "memory",  # how jq ends when an allocation fails
    -signal.SIGSEGV: "memory",  # recursion in C beyond the stack
    -signal.SIGBUS: "memory",
}


class Limit(NamedTuple):
    """How long a program may take: it is stopped at the first, and not waited for any longer at the second.

    Attributes:
        processor: seconds of processor time, which do not depend on what else the machine does.
        clock: seconds that pass meanwhile.
    """

    processor: float
    clock: float


class HelperStopped(Exception):
    """The helper met a bound and is gone.

    Attributes:
        which: the bound.
        outputs: how many outputs were complete.
    """

    def __init__(self, which: Bound, outputs: int) -> None:
        super().__init__(which)
        self.which: Bound = which
        self.outputs = outputs


class HelperLost(Exception):
    """The helper is gone for a reason that is none of the program's.

    Attributes:
        killed: whether somebody killed it, the system for want of memory perhaps.
        outputs: how many outputs were complete.
    """

    def __init__(self, outputs: int, *, killed: bool) -> None:
        super().__init__(outputs)
        self.killed = killed
        self.outputs = outputs


class HelperStarting(ExpressionsBusy):
    """The helper has not started yet, and nothing was sent to it."""


class Reply(NamedTuple):
    """What came of one program: its outputs, then kind and text of the last frame (see `helper`)."""

    outputs: list[str]
    kind: bytes
    text: str


class HelperProcess:
    """A helper with an empty environment, in a session of its own: no key of the terminal reaches it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-I", "-S", helper.__file__, _jq_folder()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            cwd="/",
            start_new_session=True,
            bufsize=0,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._requests, self._replies = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._requests, False)
        self._received = bytearray()
        self._used = 0.0
        self._is_ready = False
        self._watch = select.poll()
        self._watch.register(self._replies, select.POLLIN)

    def ask(self, program: bytes, values: bytes, outputs: int, seconds: float, deadline: float) -> Reply:
        """Run a program, or only compile it if there are no values.

        Args:
            program: jq text, UTF-8.
            values: its input, JSON.
            outputs: how many outputs it has.
            seconds: of processor time that it may take.
            deadline: when to wait no longer, by the monotonic clock.

        Raises:
            HelperStopped: it met a bound; this helper is gone.
            HelperLost: the helper is gone for another reason.
            HelperStarting: it is not ready yet, and can be asked again.
            ExpressionsBusy: it hardly had the processor in its time; this helper is gone.
        """
        if not self._is_ready:
            self._wait_for_start(deadline)
        header = helper.REQUEST.pack(len(program), len(values), outputs, seconds)
        return self._exchange(header + program + values, deadline)

    def stop(self) -> None:
        """End the process, whatever it is doing."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._close()

    def disown(self) -> None:
        """Let go of a process that belongs to the parent of this one."""
        self._process.returncode = 0  # else Python would want to wait for it
        self._close()

    def __del__(self) -> None:
        """End one that an interruption took from everybody; `Popen` would keep its pipes open."""
        with contextlib.suppress(AttributeError):  # it may not have come to be started
            self._close()

    def _close(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _wait_for_start(self, deadline: float) -> None:
        if not self._watch.poll(_milliseconds_until(deadline)):
            raise HelperStarting("a helper process for expressions has not started yet")
        try:
            self._is_ready = self._receive([]) is not None
        except BrokenPipeError:
            raise self._ended(0) from None

    def _exchange(self, request: bytes, deadline: float) -> Reply:
        """Write a request and read its reply at the same time, for neither pipe holds all of a large one."""
        began, used_before = time.monotonic(), self._used
        outputs: list[str] = []
        try:
            unsent = self._send(memoryview(request))
            if unsent:
                self._watch.register(self._requests, select.POLLOUT)
            while ready := self._watch.poll(_milliseconds_until(deadline)):
                for file, _ in ready:
                    if file == self._replies:
                        last = self._receive(outputs)
                        if last is not None:
                            return last
                    else:
                        unsent = self._send(unsent)
                        if not unsent:
                            self._watch.unregister(self._requests)
        except BrokenPipeError:
            raise self._ended(len(outputs)) from None
        passed, used = time.monotonic() - began, self._stop_and_measure() - used_before
        if used < _LEAST_SHARE * passed:
            raise ExpressionsBusy(
                f"in {passed:.1f} s an expression had the processor for {used:.1f} s: the machine has too much to do"
            )
        raise HelperStopped("time", len(outputs))

    def _stop_and_measure(self) -> float:
        """End the process and return the seconds of processor time that it has used in all."""
        os.kill(self._process.pid, signal.SIGKILL)
        _, status, usage = os.wait4(self._process.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(status)
        self._close()
        return usage.ru_utime + usage.ru_stime

    def _send(self, unsent: memoryview) -> memoryview:
        """Write as much as the pipe takes and return the rest."""
        with contextlib.suppress(BlockingIOError):
            while unsent:
                unsent = unsent[os.write(self._requests, unsent) :]
        return unsent

    def _receive(self, outputs: list[str]) -> Reply | None:
        """Read what has come; the reply once its last frame is complete.

        Raises:
            BrokenPipeError: nothing will come any more.
        """
        data = os.read(self._replies, _CHUNK)
        if not data:
            raise BrokenPipeError
        self._received += data
        while len(self._received) >= helper.REPLY.size:
            kind, size, self._used = helper.REPLY.unpack_from(self._received)
            end = helper.REPLY.size + size
            if len(self._received) < end:
                return None
            text = self._received[helper.REPLY.size : end].decode()
            del self._received[:end]
            if kind != b"V":
                return Reply(outputs, kind, text)
            outputs.append(text)
        return None

    def _ended(self, outputs: int) -> HelperStopped | HelperLost:
        """Reap a process that ends by itself, and tell why it does."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_SECONDS)
        self.stop()
        status = self._process.returncode
        bound = _BOUND_OF_STATUS.get(status)
        return (
            HelperLost(outputs, killed=status == -signal.SIGKILL)
            if bound is None
            else HelperStopped(bound, outputs)
        )


def _milliseconds_until(deadline: float) -> float:
    return max(0.0, deadline - time.monotonic()) * 1000


def _jq_folder() -> str:
    """The folder of the module `jq`, which is never imported here: what it runs can't be interrupted."""
    found = importlib.util.find_spec("jq")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("the package `jq` is not installed", name="jq")
    return str(Path(found.origin).parent)
