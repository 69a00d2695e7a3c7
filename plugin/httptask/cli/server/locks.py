"""Locks between processes that can't outlive their holders."""

import asyncio
import fcntl
import os
from pathlib import Path

from httptask.cli.server.files import open_regular

__all__ = ["FileLock"]

_POLL_SECONDS = 0.02


class FileLock:
    """An advisory lock on a file (flock(2)): however its holders die, the kernel releases it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def try_lock(self, *, shared: bool = False) -> bool:
        """Take the lock, or turn a lock that is already held into the other kind, unless others hold it.

        A conversion that fails loses the lock (flock(2)).
        """
        if self._descriptor is None:
            self._descriptor = open_regular(self._path, os.O_RDWR | os.O_CREAT)
        try:
            fcntl.flock(self._descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            return False
        return True

    async def lock(self, *, seconds: float) -> bool:
        """Wait for the exclusive lock; False when others still hold it after that many seconds."""
        deadline = asyncio.get_running_loop().time() + seconds
        while not self.try_lock():
            if asyncio.get_running_loop().time() > deadline:
                return False
            await asyncio.sleep(_POLL_SECONDS)
        return True

    def bequeath(self) -> None:
        """Let a process that is started next hold the lock too, until it ends."""
        if self._descriptor is not None:
            os.set_inheritable(self._descriptor, True)

    def close(self) -> None:
        """Give up this holder's share; a process that inherited the lock keeps it."""
        if self._descriptor is not None:
            os.close(self._descriptor)  # never LOCK_UN, which would release it for the heir as well
            self._descriptor = None
