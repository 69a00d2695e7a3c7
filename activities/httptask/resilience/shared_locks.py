"""Locks between the processes of one worker, which end with the process that holds them, however that ends."""

import fcntl
import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager

__all__ = ["SharedLocks"]


class SharedLocks:
    """Numbered locks of the processes that are forked after it is made.

    A lock belongs to a process, not to a thread or a task: what takes one must see to it that no other task of its
    process takes the same. They are POSIX record locks, the only ones that both survive a fork apart and are let go
    by the system when their holder is killed.
    """

    def __init__(self) -> None:
        self._file = _nameless_file()

    def try_take(self, number: int) -> bool:
        """Take a lock unless another process holds it."""
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, number)
        except OSError:
            return False
        return True

    def give_back(self, number: int) -> None:
        """Let another process take it."""
        fcntl.lockf(self._file, fcntl.LOCK_UN, 1, number)

    @contextmanager
    def held(self, number: int) -> Generator[None]:
        """Hold a lock, waiting for it; for what takes microseconds.

        It is let go of also where Temporal interrupts a workflow's thread, which may be anywhere: it is taken within
        `try`, for to let go of one that is not held does no harm, and what lets go of it is one call of C.
        """
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX, 1, number)
            yield
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, number)


def _nameless_file() -> int:
    if hasattr(os, "memfd_create"):  # containers may have no place to write to
        return os.memfd_create("httptask")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
