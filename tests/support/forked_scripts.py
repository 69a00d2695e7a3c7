"""Scripts that fork, as processes of their own: the tests' process has threads, which no fork survives."""

import asyncio
import os
import sys

__all__ = ["forked_script"]


async def forked_script(code: str) -> tuple[list[str], str]:
    """Run Python code that ends well, and return the lines of its stdout, and its stderr."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    stdout, stderr = await process.communicate()
    assert process.returncode == 0, stderr.decode()
    return stdout.decode().splitlines(), stderr.decode()
