"""How long `httptask run` takes from the shell to its result, with no server running and none of its files in memory."""

import asyncio
import os
import statistics
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "support-triage"
ROOT = Path(__file__).parents[2]
ROUNDS = 3


async def cold_run_seconds() -> float:
    """The median of three runs of an example that meets no wait, each in an empty folder."""
    return statistics.median([await _one() for _ in range(ROUNDS)])


async def _one() -> float:
    with tempfile.TemporaryDirectory() as folder:
        await asyncio.to_thread(forget_files)
        began = time.perf_counter()
        process = await asyncio.create_subprocess_exec(
            str(Path(sys.executable).parent / "httptask"),
            "run",
            str(EXAMPLE / "workflow.yaml"),
            "--input",
            f"@{EXAMPLE / 'input.json'}",
            "--fixtures",
            str(EXAMPLE / "fixtures"),
            cwd=folder,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert process.stdout is not None  # asked for above
        await process.stdout.readline()
        seconds = time.perf_counter() - began
        await process.communicate()
        assert process.returncode == 0
    return seconds


def forget_files() -> None:
    """Have the system drop what it keeps in memory of the installed files; of what a process maps it keeps it."""
    for path in _installed():
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)


def _installed() -> Iterator[Path]:
    folders = [sysconfig.get_path("stdlib"), sysconfig.get_path("scripts"), sysconfig.get_path("purelib")]
    for folder in [*map(Path, folders), *(ROOT / root for root in ("plugin", "workflows", "activities"))]:
        yield from (path for path in folder.rglob("*") if path.is_file())
