"""Sharing one embedded server: the first command starts it, the last one out stops it."""

from pathlib import Path

from httptask.cli.errors import CliError, ExitCode
from httptask.cli.server.locks import FileLock
from httptask.cli.server.process import ServerProcess

__all__ = ["SharedServer"]

_TRANSITION_SECONDS = 60.0


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
            preferred_port: where it should listen if it is started now.

        Returns:
            Its address, `host:port`.

        Raises:
            CliError: it can't be started.
        """
        _prepare(self._directory)
        await self._begin_transition()
        try:
            self._use.try_lock(shared=True)  # nobody has it alone outside a transition
            return await self._process.reuse() or await self._process.start(preferred_port)
        except BaseException:
            await self._stop_if_last()
            raise
        finally:
            self._transition.close()

    async def leave(self) -> None:
        """Use the server no more; the last user stops it and waits until it is gone."""
        await self._begin_transition()
        try:
            await self._stop_if_last()
        finally:
            self._transition.close()

    async def _begin_transition(self) -> None:
        if not await self._transition.lock(seconds=_TRANSITION_SECONDS):
            raise CliError(
                f"another command has been starting or stopping the server of {self._directory} for "
                f"{_TRANSITION_SECONDS:.0f} s",
                "end the other httptask commands that run in this folder",
                ExitCode.UNREACHABLE,
            )

    async def _stop_if_last(self) -> None:
        if self._use.try_lock():
            await self._process.stop()
        self._use.close()


def _prepare(directory: Path) -> None:
    """Create the folder, readable by its owner alone: the database in it holds inputs and outputs of runs."""
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o700)
    ignore = directory / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n!.gitignore\n!schema.json\n")
