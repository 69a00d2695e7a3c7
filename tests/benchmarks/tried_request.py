"""How long a test request takes, over the bare call, and how many inputs lie between a curl command and a response.

    uv run python -m tests.benchmarks.tried_request [--rounds N]

A worker in a process of its own is warm. Four ways to the same server take turns: `api`, which asks the worker for the
connection, plans and sends, as a designer does; `sent`, which only sends what was planned before; `standalone`, which has
Temporal run the activity without any of that; and `bare`, httpx alone. `command` is `httptask test-request` from Enter to
its end, over `temporal activity execute`, which does the last part of it only. `cold` has no server, no worker and none of
its files in memory.

The last line is JSON, of medians: `api_over_bare_ms` (at most 60), `sent_over_standalone` (times), `command_seconds` (at
most 0.7), `command_over_temporal` (times), `cold_seconds` (at most 3), and `inputs_from_curl` (at most 3).
"""

import asyncio
import json
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import httpx
from temporalio.client import Client

from httptask.dsl.compile import compile_definition
from httptask.dsl.program import Program
from httptask.plugin import HttpTaskPlugin
from httptask.testing.temporal_server import find_temporal
from httptask.testrequest import Sample, plan_request, profiles_on, send_once
from support.cluster import address_of
from support.runs import temporal_server

from .cold_run import forget_files
from .echo_server import echo_server
from .speed import rounds_asked_for
from .workers import httptask_worker

TASK = "order"
DEFINITION = {
    "document": {"dsl": "1.0.3", "namespace": "benchmarks", "name": "orders", "version": "1.0.0"},
    "do": [
        {
            TASK: {
                "call": "httpRequest",
                "with": {"method": "post", "connection": "echo", "path": "/", "body": "${ .n }"},
            }
        }
    ],
}
DATA = {"n": 1}
SAMPLE = Sample(DATA)
POLICY = '[policy]\nallow_private = ["loopback"]\n'
"""For a server on this machine, as no API is."""
ROUNDS = 5
CALLS = 20
HTTPTASK = str(Path(sys.executable).parent / "httptask")

Way = Callable[[], Awaitable[object]]


async def milliseconds(ways: dict[str, Way], rounds: int) -> dict[str, float]:
    """The median of each way, which take turns."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds * CALLS):
        for name, way in ways.items():
            began = time.perf_counter()
            await way()
            found[name].append((time.perf_counter() - began) * 1000)
    return {name: statistics.median(times) for name, times in found.items()}


async def ended(*command: str, folder: Path, **environment: str) -> float:
    """Seconds that a command takes."""
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), **environment},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await process.communicate()
    assert process.returncode == 0, told.decode()
    return time.perf_counter() - began


def ways_of(
    client: Client, task_queue: str, program: Program, url: str, bare: httpx.AsyncClient
) -> dict[str, Way]:
    """The ways that need no command."""

    async def api() -> None:
        profiles = await profiles_on(client, task_queue, program, TASK)
        outcome = await send_once(client, task_queue, plan_request(program, TASK, SAMPLE, profiles))
        assert outcome.problem is None, outcome.problem

    async def sent() -> None:
        await send_once(client, task_queue, plan_request(program, TASK, SAMPLE))

    async def standalone() -> None:
        await client.execute_activity(
            "httptask.http_request",
            {"method": "POST", "connection": "echo", "url": "/", "body": {"kind": "json", "value": 1}},
            id=uuid.uuid4().hex,
            task_queue=task_queue,
            start_to_close_timeout=timedelta(seconds=60),
        )

    async def alone() -> None:
        (await bare.post(url, json=1)).raise_for_status()

    return {"api": api, "sent": sent, "standalone": standalone, "bare": alone}


async def commands(address: str, task_queue: str, folder: Path, rounds: int) -> dict[str, float]:
    """Seconds of each command, which take turns."""
    request = json.dumps(
        {"method": "POST", "connection": "echo", "url": "/", "body": {"kind": "json", "value": 1}}
    )
    found: dict[str, list[float]] = {"command": [], "temporal": []}
    for number in range(rounds + 1):
        ours = await ended(
            *(HTTPTASK, "test-request", "workflow.yaml", TASK, "--input", json.dumps(DATA), "--json"),
            *("--yes", "--task-queue", task_queue),
            folder=folder,
            TEMPORAL_ADDRESS=address,
        )
        theirs = await ended(
            *(find_temporal(), "activity", "execute", "--address", address, "--task-queue", task_queue),
            *("--type", "httptask.http_request", "--activity-id", uuid.uuid4().hex, "--input", request),
            *("--start-to-close-timeout", "60s"),
            folder=folder,
        )
        if number:  # the first has files read
            found["command"].append(ours)
            found["temporal"].append(theirs)
    return {name: statistics.median(times) for name, times in found.items()}


async def cold(folder: Path, rounds: int) -> float:
    """Seconds from the shell to the report, each time without anything that runs already."""
    times: list[float] = []
    for _ in range(rounds):
        await asyncio.to_thread(forget_files)
        command = ("test-request", "workflow.yaml", TASK, "--input", json.dumps(DATA), "--json", "--yes")
        times.append(await ended(HTTPTASK, *command, folder=folder))
    return statistics.median(times)


async def inputs_from_curl(url: str, folder: Path) -> int:
    """How many commands lead from a curl command to its first response, in an empty folder."""
    given = (
        ("init", "."),
        ("catalog", "from-curl", f"curl {url}/orders --json 7", "--into", "workflow.yaml", "--name", "order"),
        ("test-request", "workflow.yaml", "order", "--yes"),
    )
    (folder / "home").mkdir()
    for command in given:
        await ended(HTTPTASK, *command, folder=folder / "home")
        if command[0] == "init":
            with (folder / "home" / "httptask.toml").open("a") as config:
                config.write(POLICY)
    return len(given)


async def main(rounds: int) -> None:
    """Run the benchmark."""
    async with echo_server() as url, temporal_server() as environment:
        address = address_of(environment)
        client = await Client.connect(address, plugins=[HttpTaskPlugin(connections={})])
        program = compile_definition(DEFINITION).program
        assert program is not None
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            async with (
                httptask_worker(client, folder / "worker", "three-calls", url) as worker,
                httpx.AsyncClient() as bare,
            ):
                await worker.begin()
                took = await milliseconds(ways_of(client, worker.task_queue, program, url, bare), rounds)
                home = folder / "worker"
                (home / "workflow.yaml").write_text(json.dumps(DEFINITION))
                seconds = await commands(address, worker.task_queue, home, rounds)
            seconds["cold"] = await cold(home, rounds)
            inputs = await inputs_from_curl(url, folder)
    for name, value in took.items():
        print(f"  {name:12} {value:8.1f} ms")
    for name, value in seconds.items():
        print(f"  {name:12} {value:8.2f} s")
    print(
        json.dumps(
            {
                "api_over_bare_ms": round(took["api"] - took["bare"], 1),
                "sent_over_standalone": round(took["sent"] / took["standalone"], 2),
                "command_seconds": round(seconds["command"], 2),
                "command_over_temporal": round(seconds["command"] / seconds["temporal"], 2),
                "cold_seconds": round(seconds["cold"], 2),
                "inputs_from_curl": inputs,
            }
        )
    )


if __name__ == "__main__":
    asyncio.run(main(rounds_asked_for("tried_request", ROUNDS)))
