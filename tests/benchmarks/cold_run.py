"""How long `httptask run` takes from the shell to its result, with nothing running before."""

import asyncio
import sys
import tempfile
import time
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "support-triage"


async def cold_run_seconds() -> float:
    """The best of three runs of an example that meets no wait, each in an empty folder."""
    return min([await _one() for _ in range(3)])


async def _one() -> float:
    with tempfile.TemporaryDirectory() as folder:
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
