"""The server's process: how it is started, recognised and stopped."""

import asyncio
import contextlib
import os
import random
import shutil
import signal
import socket
import sys
import sysconfig
from dataclasses import replace
from pathlib import Path

from httptask.cli.project.installation import installing
from httptask.cli.server.files import Database
from httptask.cli.server.locks import FileLock
from httptask.cli.server.log import ServerLog
from httptask.cli.server.record import ServerRecord, start_of
from httptask.cli.terminal.errors import CliError, ExitCode
from httptask.scheduling.spending_state import SEARCH_ATTRIBUTES

__all__ = ["ServerProcess", "available_port"]

_START_SECONDS = 20.0
_HUNG_SECONDS = 5.0
_STOP_SECONDS = 5.0
_POLL_SECONDS = 0.05
_START_TRIES = 3
_HOST = "127.0.0.1"
_UI_PORTS_ABOVE = 1000
"""Where Temporal's own command puts the UI."""
_PORTS = range(20_000, 32_768)
"""Below those that systems give to whoever asks for any: one of these could be taken before a server listens on it."""
_PORT_TRIES = 100
_LAST_PORT = 65_535


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
        self._database = Database(directory)
        self.log = ServerLog(directory / "server.log")

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        probe = FileLock(self._life)
        free = probe.try_lock()
        probe.close()
        return not free

    @property
    def ui(self) -> str | None:
        """URL of the UI of the server that runs, if it has one."""
        return self._read_record().ui

    async def reuse(self) -> str | None:
        """The address of a server that runs and answers; one that doesn't answer is stopped.

        Raises:
            CliError: it doesn't answer, and can't be stopped from here.
        """
        if not self.running:
            return None
        record = self._read_record()
        cluster = await self._ask(record.address, seconds=_HUNG_SECONDS)
        ours = cluster == record.cluster if record.cluster else record.is_here(self._database.path)
        if cluster is not None and ours:
            self._database.finished()  # whoever started it may have been killed before that
            return record.address
        if not await self.stop():
            raise self._out_of_reach()
        return None

    async def start(self, preferred_port: int | None = None) -> str:
        """Start the server and wait until it answers.

        Args:
            preferred_port: where to listen; a free port when it is taken. A server with one is for people to look at:
                it has Temporal's UI, too.

        Returns:
            Its address, `host:port`.

        Raises:
            CliError: it is not installed, ended while starting, or can't write its files.
        """
        binary = _find_binary()
        for _ in range(_START_TRIES):  # somebody may take the port before the server does
            port = available_port(preferred_port)
            address = f"{_HOST}:{port}"
            try:
                self._database.prepare()
                ui_port = None if preferred_port is None else available_port(port + _UI_PORTS_ABOVE)
                record = self._spawn(binary, address, ui_port)
                cluster = await self._ask(address, seconds=_START_SECONDS)
                if cluster is not None:
                    replace(record, cluster=cluster).write(self._record)
                    self._database.finished()
                    return address
            except OSError as error:
                place = error.filename or self._directory
                raise CliError(
                    f"the embedded Temporal server did not start: {place}: {error.strerror}",
                    exit_code=ExitCode.UNREACHABLE,
                ) from None
            await self.stop()
            if self.log.storage_failure():
                break
        raise CliError(
            f"the embedded Temporal server did not start: {self.log.last_words()}",
            f"see {self.log.path}; or set TEMPORAL_ADDRESS to use a server of your own",
            ExitCode.UNREACHABLE,
        )

    async def stop(self) -> bool:
        """End the process and wait until it is gone; False when it is not certain which process it is.

        It is killed, since its own way to end takes over a second and runs survive either: commits are atomic.
        """
        if self.running:
            record = self._read_record()
            if not record.is_here(self._database.path):
                return not self.running  # it may have ended in between
            with contextlib.suppress(ProcessLookupError):  # it has just ended by itself
                os.kill(record.pid, signal.SIGKILL)
            if not await self._ended():
                return False
            _reap(record.pid)
        self._record.unlink(missing_ok=True)
        return True

    def _spawn(self, binary: Path, address: str, ui_port: int | None) -> ServerRecord:
        life = FileLock(self._life)
        if not life.try_lock():
            raise self._out_of_reach()
        try:
            life.bequeath()
            self.log.clear()
            # A session of its own keeps the terminal's Ctrl-C away from the server: a run needs it to cancel.
            pid = os.posix_spawn(
                binary,
                [str(binary), *self._arguments(address, ui_port)],
                {},
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_OPEN, 1, str(self.log.path), os.O_WRONLY | os.O_NOFOLLOW, 0),
                    (os.POSIX_SPAWN_DUP2, 1, 2),
                ],
                setsid=True,
            )
        finally:
            life.close()
        ui = None if ui_port is None else f"http://{_HOST}:{ui_port}"
        record = ServerRecord(address=address, pid=pid, started=start_of(pid), ui=ui, cluster=None)
        try:
            record.write(self._record)
        except OSError:  # nobody could stop it later
            os.kill(pid, signal.SIGKILL)
            _reap(pid)
            raise
        return record

    def _arguments(self, address: str, ui_port: int | None) -> list[str]:
        host, _, port = address.rpartition(":")
        ui = ("--ui-ip", host, "--ui-port", str(ui_port), "--ui-disable-news-fetch")
        return [
            *("server", "start-dev", "--ip", host, "--port", port),
            *(("--headless",) if ui_port is None else ui),
            *("--db-filename", str(self._database.path), "--log-level", "error"),
            *(word for name in SEARCH_ATTRIBUTES for word in ("--search-attribute", name)),
            # Timers fire when they are due instead of up to a second later.
            *("--dynamic-config-value", 'history.timerProcessorMaxTimeShift="10ms"'),
            # Each of these looks for what is due at most 20 times a second: one task after another waited 50 ms each.
            *("--dynamic-config-value", "history.transferProcessorMaxPollRPS=1000"),
            *("--dynamic-config-value", "history.timerProcessorMaxPollRPS=1000"),
            # A queue in one part: each part would give out its share of a limit on its own, in bursts.
            *("--dynamic-config-value", "matching.numTaskqueueReadPartitions=1"),
            *("--dynamic-config-value", "matching.numTaskqueueWritePartitions=1"),
            # Runs of tests skip the time that they wait; no other run asks for it.
            *("--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true"),
            *("--dynamic-config-value", "frontend.WorkflowPauseEnabled=true"),
        ]

    def _read_record(self) -> ServerRecord:
        try:
            return ServerRecord.read(self._record)
        except (FileNotFoundError, TypeError, ValueError):
            raise CliError(
                f"a Temporal server uses {self._directory}, but {self._record.name} there does not name it",
                f"stop the process that has {self._database.path} open",
                ExitCode.UNREACHABLE,
            ) from None

    def _out_of_reach(self) -> CliError:
        return CliError(
            f"a Temporal server uses {self._directory}, and neither answers here nor is a process of this machine "
            "that can be told from others: it runs in another container, or was started outside of this one",
            "end the httptask commands there, or set TEMPORAL_ADDRESS to use a server of your own",
            ExitCode.UNREACHABLE,
        )

    async def _ask(self, address: str, *, seconds: float) -> str | None:
        """The id of the cluster that answers, which a database keeps for good; None when none does in time."""
        from temporalio.api.workflowservice.v1 import GetClusterInfoRequest
        from temporalio.client import Client
        from temporalio.service import RPCError

        deadline = asyncio.get_running_loop().time() + seconds
        while self.running and asyncio.get_running_loop().time() < deadline:
            try:
                async with asyncio.timeout(seconds):
                    client = await Client.connect(address)
                    # A connection takes other services of a Temporal server for an old server.
                    found = await client.workflow_service.get_cluster_info(GetClusterInfoRequest())
            except (RuntimeError, RPCError, TimeoutError):
                if self.log.storage_failure():
                    return None
                await asyncio.sleep(_POLL_SECONDS)
            else:
                return found.cluster_id if self.running else None  # somebody else may have taken the port
        return None

    async def _ended(self) -> bool:
        life = FileLock(self._life)
        ended = await life.lock(seconds=_STOP_SECONDS)
        life.close()
        return ended


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
        f"{installing('server')}; or set TEMPORAL_ADDRESS to use a server of your own",
        ExitCode.UNREACHABLE,
    )


def available_port(preferred: int | None = None) -> int:
    """A port of the loopback interface that nobody listens on: the preferred one if possible."""
    candidates = random.sample(_PORTS, _PORT_TRIES)
    if preferred and preferred <= _LAST_PORT:
        candidates.insert(0, preferred)
    for port in candidates:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("no free port")
