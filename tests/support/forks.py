"""Scripts as processes of their own that have already imported what most commands need, which takes a second anew."""

import asyncio
import contextlib
import multiprocessing
import os
import runpy
import signal
import sys
from collections.abc import Mapping
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import certifi
import structlog
import typer
from rapidfuzz import process as rapidfuzz
from rich import console, markup, table
from temporalio import envconfig, worker
from temporalio.contrib import pydantic

from httptask import config, definitiontests, plugin, testing, testrequest
from httptask.catalog import catalog, markdown
from httptask.config import file
from httptask.dsl import loader
from httptask.explain import findings
from httptask.fixtures import transport as fixtures
from httptask.interpreter import batch, workflow_types
from httptask.plugin import plugin as plugin_of_workers
from httptask.plugin import worker_parts
from httptask.runs import records
from httptask.transport import network

__all__ = ["ForkedProcess", "fork"]

_FORKS = multiprocessing.get_context("forkserver")
# Without `httptask.cli`: it looks at streams and variables while it is imported.
_FORKS.set_forkserver_preload(
    [
        module.__name__
        for module in (
            *(config, plugin, testing, testrequest, loader, fixtures, workflow_types),
            *(worker_parts, batch, records),  # with which a run begins: two thirds of what it takes
            *(network, certifi),  # with which its first call begins: half of what is left
            *(file, findings, plugin_of_workers, definitiontests, catalog, markdown),
            *(console, markup, table, envconfig, worker, pydantic, rapidfuzz, structlog, typer),
        )
    ]
)
_INHERITED = 64
"""More open files than a forked process begins with."""


class ForkedProcess:
    """A process as `asyncio.subprocess.Process` shows one."""

    def __init__(
        self, process: ForkServerProcess, stdout: asyncio.StreamReader, stderr: asyncio.StreamReader
    ) -> None:
        assert process.pid is not None
        self.pid: int = process.pid
        self.returncode: int | None = None
        self.stdout = stdout
        self.stderr = stderr
        self._process = process
        self._ended = asyncio.Event()
        asyncio.get_running_loop().add_reader(process.sentinel, self._end)

    def _end(self) -> None:
        asyncio.get_running_loop().remove_reader(self._process.sentinel)
        self._process.join()
        self.returncode = self._process.exitcode
        self._process.close()
        self._ended.set()

    async def wait(self) -> int:
        await self._ended.wait()
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: signal.Signals) -> None:
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError):  # the fork server has seen its end already
                os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


async def fork(
    script: str, arguments: tuple[str, ...], folder: Path, environment: Mapping[str, str]
) -> ForkedProcess:
    """Run a Python script in a folder and a session of its own, with no other environment than that."""
    pipes = [_FORKS.Pipe(duplex=False) for _ in ("stdout", "stderr")]
    theirs = [writer for _, writer in pipes]
    process = _FORKS.Process(
        target=_become, args=((script, *arguments), folder, dict(environment), *theirs), name="httptask"
    )
    with contextlib.chdir(
        Path(__file__).parent
    ):  # the server, if it starts now, is none that works in a test's folder
        process.start()
    for pipe in theirs:
        pipe.close()
    stdout, stderr = [await _reader(reader) for reader, _ in pipes]
    return ForkedProcess(process, stdout, stderr)


async def _reader(pipe: Connection) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
    return reader


def _become(
    argv: tuple[str, ...], folder: Path, environment: dict[str, str], stdout: Connection, stderr: Connection
) -> None:
    os.setsid()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    os.dup2(stdout.fileno(), 1)
    os.dup2(stderr.fileno(), 2)
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115 - as a new interpreter opens them
    sys.stderr = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115
    stdout.close()
    stderr.close()
    for descriptor in range(3, _INHERITED):
        with contextlib.suppress(OSError):
            os.set_inheritable(descriptor, False)
    sys.argv = [*argv]
    runpy.run_path(argv[0], run_name="__main__")
