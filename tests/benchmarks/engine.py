"""Runs of a definition with three calls, by name and inline, against workflows written by hand with the same three.

    uv run python -m tests.benchmarks.engine [--rounds N]

Those by hand are plain Temporal: with an activity that calls with httpx and with one that calls with aiohttp, in Temporal's
workflow sandbox, as the SDK has it by default, and out of it, as our interpreter runs. 50 runs are at once. All workers are
processes of their own on one Temporal server and take turns, in an order that changes from round to round.

The last line is JSON. `by_name_over_httpx` is the rate of runs by name over that of the workflow by hand with httpx out of
the sandbox, and `…_cpu` how many times the CPU that its worker takes; `…_sandboxed` are over the same in the sandbox.
`history_20_over_10` is how a history grows, `cold_run_seconds` what `httptask run` takes when nothing runs before.
"""

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from httptask.dsl.canonical import sha256
from httptask.interpreter.workflow_types import WORKFLOW_TYPE
from httptask.plugin import HttpTaskPlugin
from support.cluster import address_of
from support.connections import local_connection
from support.definitions import parse
from support.runs import running, temporal_server

from .cold_run import cold_run_seconds
from .definitions import definition, input_of
from .echo_server import echo_server
from .speed import Speed, in_turns, print_table, ratios, rounds_asked_for
from .workers import Runs, hand_written_worker, httptask_worker

NAME = "three-calls"
CONCURRENT = 50
RUNS = 100
ROUNDS = 5
LIBRARIES = ("httpx", "aiohttp")


@asynccontextmanager
async def ways(client: Client, url: str) -> AsyncGenerator[dict[str, Runs]]:
    """The ways to run the three calls."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ours = await stack.enter_async_context(
            httptask_worker(client, folder / "ours", NAME, url, "--allow-inline")
        )
        definition_ = definition(NAME, "benchmarks", url)
        started_with = {"definition": definition_, "sha256": sha256(definition_), "input": input_of(NAME, 1)}
        found = {"by_name": ours, "inline": replace(ours, type=WORKFLOW_TYPE, argument=started_with)}
        for library in LIBRARIES:
            for suffix, sandboxed in (("", False), ("_sandboxed", True)):
                found[library + suffix] = await stack.enter_async_context(
                    hand_written_worker(client, NAME, url, library, sandboxed=sandboxed)
                )
        for runs in found.values():
            await runs.begin()
        yield found


async def history_bytes(environment: WorkflowEnvironment, url: str, tasks: int) -> int:
    """Size of the history of a definition with so many calls in a row, each with 10 KB of answer."""
    calls = [
        {
            f"call{number}": {
                "call": "httpRequest",
                "with": {
                    "method": "post",
                    "connection": "echo",
                    "path": "/",
                    "body": {"pad": "x" * 10_000, "n": number},
                },
            }
        }
        for number in range(tasks)
    ]
    connections = {"echo": local_connection("echo", url)}
    async with running(environment, connections=connections) as runner:
        outcome = await runner.run(parse("do: []") | {"do": calls})
        history = await outcome.handle.fetch_history()
    return sum(event.ByteSize() for event in history.events)


async def main(rounds: int) -> None:
    """Run the benchmark."""
    results: dict[str, float] = {}
    async with echo_server() as url, temporal_server() as environment:
        client = await Client.connect(address_of(environment), plugins=[HttpTaskPlugin()])
        async with ways(client, url) as found:

            async def measured(way: str) -> Speed:
                return await found[way].measure(RUNS, CONCURRENT)

            for way in found:
                await measured(way)
            speeds = await in_turns(found, rounds, measured)
        print_table(f"{NAME}, {CONCURRENT} at once", speeds)
        for ours in ("by_name", "inline"):
            for theirs in (name for name in found if name.startswith(LIBRARIES)):
                key = f"{ours}_over_{theirs}"
                results[key], results[f"{key}_cpu"] = ratios(speeds[ours], speeds[theirs])
        ten, twenty = [await history_bytes(environment, url, tasks) for tasks in (10, 20)]
    cold = await cold_run_seconds()
    print(f"history {ten:,} and {twenty:,} bytes; cold run {cold:.2f} s")
    print(
        json.dumps(
            results | {"history_20_over_10": round(twenty / ten, 3), "cold_run_seconds": round(cold, 2)}
        )
    )


if __name__ == "__main__":
    asyncio.run(main(rounds_asked_for("engine", ROUNDS)))
