"""Workers of commands: how they begin, and how they end."""

import platform
import subprocess
import sys
from importlib.metadata import version

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import _worker

from httptask.cli.temporal.worker import new_worker
from httptask.plugin import HttpTaskPlugin
from support.cluster import address_of
from support.connections import local_connection

SERVE = """
import asyncio
from contextlib import asynccontextmanager
from httptask.cli.worker import serving
from httptask.cli.terminal.interrupts import Interrupts

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

LARGE_VALUES = """
import psutil
from httptask.cli.worker import serving

def size():
    return psutil.Process().memory_info().rss

async def work():
    before = size()
    for _ in range(2):  # glibc keeps the second, when it has seen the first
        large = bytearray(20_000_000)
        small = [bytes(5000) for _ in range(50)]
        del large
    print(size() - before)

serving._run(work())
"""


def test_second_signal_leaves_the_server_and_waits_for_nothing_else() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SERVE], capture_output=True, text=True, timeout=30, check=False
    )

    assert done.stdout == "server stopped\n"
    assert done.returncode == 130, done.stderr


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other allocators give it back by themselves")
def test_memory_of_large_values_is_given_back() -> None:
    done = subprocess.run([sys.executable, "-c", LARGE_VALUES], capture_output=True, text=True, check=True)

    assert int(done.stdout) < 5_000_000


async def test_a_worker_names_its_release_and_reads_no_code_to_tell_it(
    temporal: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_all() -> str:
        raise AssertionError("all loaded modules would be read")

    monkeypatch.setattr(_worker, "load_default_build_id", read_all)
    limited = {"shop": local_connection("shop", "http://127.0.0.1:1", requests_per_minute=60)}
    client = await Client.connect(address_of(temporal), plugins=[HttpTaskPlugin(connections=limited)])
    async with new_worker(client, "named") as worker:  # and one beside it, for the connection
        assert worker.config().get("build_id") == f"httptask-{version('httptask')}"
