"""Ctrl-C and its kin, as events that a command can wait for."""

import asyncio
import contextlib
import signal
from collections.abc import Coroutine, Generator
from typing import Any, NoReturn, TypeVar

from httptask.cli.terminal.background import beside, first_of
from httptask.cli.terminal.errors import CliError, ExitCode

__all__ = ["Interrupts", "interruptible"]

_T = TypeVar("_T")
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """Counts the signals that ask a command to end.

    Attributes:
        asked: set by the first: end in good order.
        insisted: set by the second: end at once.
    """

    def __init__(self, *, counted: bool = True) -> None:
        self.asked = asyncio.Event()
        self.insisted = asyncio.Event()
        self._counted = counted

    @classmethod
    @contextlib.contextmanager
    def caught(cls, *, counted: bool = True) -> Generator["Interrupts"]:
        """Catch the signals while the context lasts; needs a running event loop.

        Args:
            counted: whether a second one insists; not where the same wish may come on several ways.
        """
        interrupts = cls(counted=counted)
        interrupts._catch()
        try:
            yield interrupts
        finally:
            interrupts._let_go()

    @contextlib.contextmanager
    def let_through(self) -> Generator[None]:
        """Leave the signals to what asks a person and blocks until there is an answer."""
        self._let_go()
        try:
            yield
        finally:
            self._catch()

    async def guard(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Do some work unless asked to end before it is done; then it is cancelled.

        Raises:
            CliError: asked to end.
        """
        async with beside(work) as task, beside(self.asked.wait()) as asked:
            await first_of(task, asked)
            if not task.done():
                raise CliError("interrupted", exit_code=ExitCode.INTERRUPTED)
            return task.result()

    def ask(self) -> None:
        """Take it that there was a signal."""
        if self.asked.is_set() and self._counted:
            self.insisted.set()
        self.asked.set()

    def _catch(self) -> None:
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self.ask)

    def _let_go(self) -> None:
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.remove_signal_handler(number)


@contextlib.contextmanager
def interruptible() -> Generator[None]:
    """Have a signal end what blocks in the context, where there is no event loop.

    Raises:
        CliError: one came.
    """

    def end(_number: int, _frame: object) -> NoReturn:
        raise CliError("interrupted", exit_code=ExitCode.INTERRUPTED)

    before = {number: signal.signal(number, end) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
