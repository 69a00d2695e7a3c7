"""The helper processes of this worker: as many as are needed at once, kept warm, replaced when they end."""

import atexit
import os
import threading
from typing import Final

from httptask.dsl.expressions.errors import ExpressionsBusy
from httptask.dsl.expressions.helper_process import HelperLost, HelperProcess, HelperStopped, Reply

__all__ = ["run_program", "shutdown"]

_MOST_HELPERS: Final = 8
_WAIT_SECONDS: Final = 0.75
"""How long to wait for a free helper: with the usual limit, less than Temporal's deadlock detector allows."""


def run_program(program: bytes, values: bytes, outputs: int, seconds: float) -> Reply:
    """Run a program in a helper process; see `HelperProcess.ask`.

    Raises:
        HelperStopped: it met a bound.
        ExpressionsBusy: no helper was free or could be started in time.
    """
    return _pool.run(program, values, outputs, seconds)


def shutdown() -> None:
    """Stop all helper processes; they start again when they are needed."""
    _pool.shutdown()


class _Pool:
    """Lends helpers to threads.

    The helper returned last is lent first: what it has compiled is likely to be wanted again.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._idle: list[HelperProcess] = []
        self._count = 0
        self._shutdowns = 0

    def run(self, program: bytes, values: bytes, outputs: int, seconds: float) -> Reply:
        with self._changed:
            shutdowns = self._shutdowns
        helper = self._take()
        usable = False
        try:
            try:
                reply = helper.ask(program, values, outputs, seconds)
            except HelperLost:
                helper = HelperProcess()
                reply = self._ask_again(helper, program, values, outputs, seconds)
            usable = True
            return reply
        finally:
            self._give_back(helper, usable=usable, shutdowns=shutdowns)

    def shutdown(self) -> None:
        """Stop idle helpers now, and lent ones when they come back."""
        with self._changed:
            idle, self._idle = self._idle, []
            self._count -= len(idle)
            self._shutdowns += 1
            self._changed.notify_all()
        for helper in idle:
            helper.stop()

    def forget(self) -> None:
        """Begin anew in a forked process: the helpers are its parent's."""
        idle, self._idle = self._idle, []
        self._changed = threading.Condition()  # another thread of the parent may have held the old one
        self._count = 0
        for helper in idle:
            helper.disown()

    def _take(self) -> HelperProcess:
        with self._changed:
            if not self._changed.wait_for(lambda: self._idle or self._count < _MOST_HELPERS, _WAIT_SECONDS):
                raise ExpressionsBusy("all helper processes for expressions are at work")
            if self._idle:
                return self._idle.pop()
            self._count += 1
        try:
            return HelperProcess()
        except BaseException:
            self._drop()
            raise

    def _give_back(self, helper: HelperProcess, *, usable: bool, shutdowns: int) -> None:
        with self._changed:
            if usable and shutdowns == self._shutdowns:
                self._idle.append(helper)
                self._changed.notify()
                return
        helper.stop()
        self._drop()

    def _drop(self) -> None:
        with self._changed:
            self._count -= 1
            self._changed.notify()

    def _ask_again(
        self, helper: HelperProcess, program: bytes, values: bytes, outputs: int, seconds: float
    ) -> Reply:
        try:
            return helper.ask(program, values, outputs, seconds)
        except HelperLost as lost:
            if lost.killed:  # twice in a row: the system has too little memory for this program
                raise HelperStopped("memory", lost.outputs) from None
            raise ExpressionsBusy("helper processes for expressions end at once") from None


_pool = _Pool()
atexit.register(shutdown)
os.register_at_fork(after_in_child=_pool.forget)
