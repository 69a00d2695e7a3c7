"""The helper processes of this worker: as many as are needed at once, kept warm, replaced when they end.

Temporal ends a workflow that it takes for stuck by an exception in its thread, wherever that is. So what stands here
holds against one at any place: a lock is let go whether it was taken or not, and a helper is nobody's while asked.
"""

import atexit
import contextlib
import os
import threading
import time
from typing import Final

from httptask.dsl.expressions.errors import ExpressionsBusy
from httptask.dsl.expressions.helper_process import (
    HelperLost,
    HelperProcess,
    HelperStarting,
    HelperStopped,
    Limit,
    Reply,
)

__all__ = ["run_program", "shutdown", "warm_up"]

_MOST_HELPERS: Final = 8
_WAIT_SECONDS: Final = 0.75
"""How long to wait for a free helper: with the usual limit, less than Temporal's deadlock detector allows."""


def run_program(program: bytes, values: bytes, outputs: int, limit: Limit) -> Reply:
    """Run a program in a helper process; see `HelperProcess.ask`.

    Raises:
        HelperStopped: it met a bound.
        ExpressionsBusy: no helper was free, could be started in time, or had the processor.
    """
    return _pool.run(program, values, outputs, limit)


def warm_up() -> None:
    """Begin to start a helper process, for who needs one in a moment and has something else to do until then."""
    _pool.warm_up()


def shutdown() -> None:
    """Stop all helper processes; they start again when they are needed."""
    _pool.shutdown()


class _Slot:
    """One helper at most, for one thread at a time.

    Attributes:
        lock: held by that thread; one that knows its holder, since only such can be let go of in doubt.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.helper: HelperProcess | None = None
        self._is_closed = False

    def ask(self, program: bytes, values: bytes, outputs: int, seconds: float, deadline: float) -> Reply:
        helper, self.helper = self.helper or HelperProcess(), None
        try:
            reply = helper.ask(program, values, outputs, seconds, deadline)
        except HelperStarting:
            self._keep(helper)
            raise
        except BaseException:
            helper.stop()
            raise
        self._keep(helper)
        return reply

    def warm_up(self) -> None:
        """Have a helper start, unless a thread has this one already."""
        if self.lock.acquire(blocking=False):
            try:
                self.helper = self.helper or HelperProcess()
            finally:
                self.lock.release()

    def close(self) -> None:
        """Stop the helper now, or when it comes back."""
        self._is_closed = True
        helper, self.helper = self.helper, None
        if helper is not None:
            helper.stop()

    def _keep(self, helper: HelperProcess) -> None:
        self.helper = helper
        if self._is_closed:
            self.close()


class _Pool:
    """Lends helpers to threads; the first that is free, which has compiled most."""

    def __init__(self) -> None:
        self._slots = _new_slots()

    def run(self, program: bytes, values: bytes, outputs: int, limit: Limit) -> Reply:
        deadline = time.monotonic() + limit.clock
        for patience in (0.0, _WAIT_SECONDS / _MOST_HELPERS):
            for slot in self._slots:
                try:
                    if slot.lock.acquire(timeout=patience):
                        return _ask(slot, program, values, outputs, limit.processor, deadline)
                finally:
                    try:  # noqa: SIM105 - between here and the call nothing may run that can be interrupted
                        slot.lock.release()
                    except RuntimeError:  # another thread holds it
                        pass
        raise ExpressionsBusy("all helper processes for expressions are at work")

    def warm_up(self) -> None:
        """Have the helper start that is lent first; where it can't, who needs it is told."""
        with contextlib.suppress(OSError):
            self._slots[0].warm_up()

    def shutdown(self) -> None:
        """Stop idle helpers now, and lent ones when they come back."""
        slots, self._slots = self._slots, _new_slots()
        for slot in slots:
            slot.close()

    def forget(self) -> None:
        """Begin anew in a forked process: the helpers are its parent's."""
        slots, self._slots = self._slots, _new_slots()
        for slot in slots:
            if slot.helper is not None:
                slot.helper.disown()


def _ask(slot: _Slot, program: bytes, values: bytes, outputs: int, seconds: float, deadline: float) -> Reply:
    """Ask a helper, and another one where the first is gone for a reason that is none of the program's."""
    with contextlib.suppress(HelperLost):
        return slot.ask(program, values, outputs, seconds, deadline)
    try:
        return slot.ask(program, values, outputs, seconds, deadline)
    except HelperLost as lost:
        if lost.killed:  # twice in a row: the system has too little memory for this program
            raise HelperStopped("memory", lost.outputs) from None
        raise ExpressionsBusy("helper processes for expressions end at once") from None


def _new_slots() -> list[_Slot]:
    return [_Slot() for _ in range(_MOST_HELPERS)]


_pool = _Pool()
atexit.register(shutdown)
os.register_at_fork(after_in_child=_pool.forget)
