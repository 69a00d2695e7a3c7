"""A worker that is told twice to end: it does not wait, and what surrounds it is left in order."""

import subprocess
import sys

SERVE = """
import asyncio
from contextlib import asynccontextmanager
from httptask.cli import serving
from httptask.cli.interrupts import Interrupts

class Worker:
    async def run(self):
        await asyncio.Event().wait()
    async def shutdown(self):  # calls in flight hold it up
        await asyncio.Event().wait()

@asynccontextmanager
async def server():
    try:
        yield
    finally:
        await asyncio.sleep(0)
        print("server stopped", flush=True)

async def serve():
    with Interrupts.caught() as interrupts:
        interrupts.asked.set()
        interrupts.insisted.set()
        async with server():
            await serving._work(Worker(), interrupts)

serving._run(serve())
"""


def test_second_signal_leaves_the_server_and_waits_for_nothing_else() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SERVE], capture_output=True, text=True, timeout=30, check=False
    )

    assert done.stdout == "server stopped\n"
    assert done.returncode == 130, done.stderr
