"""Real `httptask` processes in a folder of their own."""

import asyncio
import contextlib
import os
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from support.forks import ForkedProcess, fork

__all__ = ["HTTPTASK", "Command", "Shell"]

HTTPTASK = str(Path(sys.executable).parent / "httptask")

_READ_AS_IT_STARTS = ("PYTHON", "LC_")
"""Variables of the interpreter's own."""


@dataclass
class Command:
    """A command that runs; `stdout` and `stderr` grow while it does."""

    process: asyncio.subprocess.Process | ForkedProcess
    stdout: str = ""
    stderr: str = ""
    _readers: list["asyncio.Task[None]"] = field(default_factory=list["asyncio.Task[None]"])
    _grown: asyncio.Event = field(default_factory=asyncio.Event)

    def follow(self) -> None:
        for name in ("stdout", "stderr"):
            self._readers.append(asyncio.create_task(self._read(name)))

    async def _read(self, name: str) -> None:
        stream: asyncio.StreamReader = getattr(self.process, name)
        while chunk := await stream.read(65536):
            setattr(self, name, getattr(self, name) + chunk.decode())
            self._grown.set()

    async def says(self, text: str, *, times: int = 1, seconds: float = 60) -> None:
        """Wait until stderr holds a text, so many times."""
        async with asyncio.timeout(seconds):
            while self.stderr.count(text) < times:
                self._grown.clear()
                await self._grown.wait()

    async def ends(self, *, seconds: float = 60) -> int:
        """Wait for the exit code."""
        try:
            async with asyncio.timeout(seconds):
                await asyncio.wait(self._readers)  # which ends none of them when the time is over
                return await self.process.wait()
        except TimeoutError:
            raise AssertionError(f"still runs after {seconds} s; it said: {self.stderr}") from None

    async def closes(self, *, seconds: float = 10) -> None:
        """Read its output to the end, once nobody writes to it any more: its pipes stay open else."""
        await asyncio.wait(self._readers, timeout=seconds)

    def press(self, number: signal.Signals) -> None:
        """Signal the whole process group, as a terminal does."""
        os.killpg(self.process.pid, number)


@dataclass
class Shell:
    """Starts `httptask` in a folder, with nothing of the caller's environment that could steer it.

    Attributes:
        program: what is started instead; `(HTTPTASK,)` where an interpreter of its own is what the test is about.
        script: without a program, the Python script that is run.
    """

    folder: Path
    environment: dict[str, str]
    program: tuple[str, ...] = ()
    script: str = HTTPTASK
    started: list[Command] = field(default_factory=list[Command])

    async def start(self, *arguments: str, **environment: str) -> Command:
        given = {**self.environment, **environment}
        steered = any(name.startswith(_READ_AS_IT_STARTS) for name in environment)
        process: asyncio.subprocess.Process | ForkedProcess
        if self.program or steered:
            process = await asyncio.create_subprocess_exec(
                *(self.program or (sys.executable, self.script)),
                *arguments,
                cwd=self.folder,
                env=given,
                start_new_session=True,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
        else:
            process = await fork(self.script, arguments, self.folder, given)
        command = Command(process)
        command.follow()
        self.started.append(command)
        return command

    async def run(self, *arguments: str, **environment: str) -> tuple[int, Command]:
        command = await self.start(*arguments, **environment)
        return await command.ends(), command

    def write(self, name: str, text: str) -> Path:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def left_over(self) -> list[psutil.Process]:
        """Processes that work in the folder or on its database."""
        return [process for process in psutil.process_iter() if _belongs_to(process, self.folder)]

    def kill_left_over(self) -> None:
        """Kill those that have not ended in between."""
        for process in self.left_over():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


def _belongs_to(process: psutil.Process, folder: Path) -> bool:
    try:
        place = str(folder)
        is_there = process.cwd() == place or place in " ".join(process.cmdline())
        return is_there and process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
