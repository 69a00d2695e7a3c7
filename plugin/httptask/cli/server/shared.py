"""Sharing one embedded server: the first command starts it, the last one out stops it."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path

from httptask.cli.server.files import prepare_folder
from httptask.cli.server.locks import FileLock
from httptask.cli.server.log import ServerLog
from httptask.cli.server.process import ServerProcess
from httptask.cli.terminal.background import beside
from httptask.cli.terminal.console import print_note
from httptask.cli.terminal.errors import CliError, ExitCode

__all__ = ["SharedServer"]

_TRANSITION_SECONDS = 60.0
_LOOK_SECONDS = 1.0


class SharedServer:
    """One user of the embedded server of a `.httptask` folder.

    Each user holds a shared lock for as long as it uses the server; whoever can have that lock alone is the
    last. Starting and stopping happen under a second lock, so neither ever meets a half-started or
    half-stopped server. A user that is killed leaves its server behind; the next one reuses and stops it.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._process = ServerProcess(directory)
        self._use = FileLock(directory / "users.lock")
        self._transition = FileLock(directory / "transition.lock")

    async def join(self, preferred_port: int | None = None) -> str:
        """Use the server, which is started if it does not run.

        Args:
            preferred_port: where it should listen, and have Temporal's UI beside it, if it is started now.

        Returns:
            Its address, `host:port`.

        Raises:
            CliError: it can't be started.
        """
        prepare_folder(self._directory)
        await self._begin_transition()
        try:
            self._use.try_lock(shared=True)  # nobody has it alone outside a transition
            return await self._process.reuse() or await self._process.start(preferred_port)
        except BaseException:
            with contextlib.suppress(CliError):  # what was raised first says more
                await self._stop_if_last()
            raise
        finally:
            self._transition.close()

    @property
    def ui(self) -> str | None:
        """URL of Temporal's UI, while the server is used; None where a command without one started it."""
        return self._process.ui

    async def leave(self) -> None:
        """Use the server no more; the last user stops it and waits until it is gone."""
        await self._begin_transition()
        try:
            if not await self._stop_if_last():
                print_note(
                    f"the Temporal server of {self._directory} goes on: it can't be told from here which it is"
                )
        finally:
            self._transition.close()

    @contextlib.asynccontextmanager
    async def watched(self) -> AsyncGenerator[None]:
        """End what is done in the context when the server can't write its database any more.

        It tries again for ever, and answers questions about its health as if nothing were wrong.

        Raises:
            CliError: that is so; in the server's own words.
        """
        log = self._process.log
        since = log.end()
        try:
            async with asyncio.timeout(None) as scope, beside(_end_once_failed(log, since, scope)):
                yield
        except (TimeoutError, CliError) as error:
            told = error.exit_code if isinstance(error, CliError) else ExitCode.UNREACHABLE
            failure = log.storage_failure(since)
            if failure is None or told is not ExitCode.UNREACHABLE:
                raise
            raise CliError(
                f"the embedded Temporal server can't write to {self._directory}: {failure}",
                "make room on its disk and start again; `httptask runs list` shows what has become of a run",
                ExitCode.UNREACHABLE,
            ) from None

    async def _begin_transition(self) -> None:
        if not await self._transition.lock(seconds=_TRANSITION_SECONDS):
            raise CliError(
                f"another command has been starting or stopping the server of {self._directory} for "
                f"{_TRANSITION_SECONDS:.0f} s",
                "end the other httptask commands that run in this folder",
                ExitCode.UNREACHABLE,
            )

    async def _stop_if_last(self) -> bool:
        """Whether the server is gone, or has other users."""
        try:
            return not self._use.try_lock() or await self._process.stop()
        finally:
            self._use.close()


async def _end_once_failed(log: ServerLog, since: int, scope: asyncio.Timeout) -> None:
    while log.storage_failure(since) is None:  # noqa: ASYNC110 - another process writes it
        await asyncio.sleep(_LOOK_SECONDS)
    scope.reschedule(asyncio.get_running_loop().time())
