"""Where the processor time of a worker goes, and how what a run costs depends on its calls.

    uv run python -m tests.benchmarks.shares [--rounds N]

`httptask worker` runs a definition with three calls, 1, 10 and 50 runs at once, and with 50 one with twenty and a loop that
makes none.
Linux tells the time of each of its threads: of the main one, on whose event loop activities run, of those in which workflow
tasks run, and the rest is Temporal's core. What of the main thread's time is the call itself, what its payloads and what else
belongs to an activity is measured in this process, with the same request to the same server and the same log.

The last line is JSON. `share_…` are parts of the worker's time with 50 runs of three calls at once; together they are 1.
`rate_10_over_1` is the rate of runs with 10 at once over that of one after the other, `cpu_…` the same of the worker's time for
a run. `run_over_call` is what a run costs beside its calls, `task_over_call` what a task without a call does, both as
multiples of a call.
"""

import asyncio
import json
import os
import statistics
import sys
import tempfile
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, redirect_stderr
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

import psutil
from temporalio.client import Client

from httptask.activities.calls import HttpActivities
from httptask.cli.observability.logging import configure_logging
from httptask.client.edge import Edge
from httptask.http.models import HttpRequest, JsonBody
from support.connections import secret_store
from support.runs import temporal_server

from .as_activity import as_activity, from_payload, payload_of
from .definitions import ITERATIONS
from .echo_server import echo_server
from .speed import Send, Speed, in_turns, measure, print_table, rounds_asked_for
from .workers import Runs, httptask_worker

ROUNDS = 5
CONCURRENCIES = (1, 10, 50)
RUNS = {"three-calls": {1: 20, 10: 60, 50: 150}, "twenty-calls": {50: 50}, "loop": {50: 100}}
"""How many of each definition in a round, by how many are at once."""
CALLS_OF = {"three-calls": 3, "twenty-calls": 20, "loop": 0}
CALLS = 1000


class Threads(NamedTuple):
    """Processor time of a worker, in milliseconds for one run."""

    main: float
    workflows: float
    core: float
    helpers: float

    @classmethod
    def of(cls, process: psutil.Process) -> "Threads":
        """What was used until now."""
        used = {thread.id: (thread.user_time + thread.system_time) * 1000 for thread in process.threads()}
        names = {id_: _name(process.pid, id_) for id_ in used}
        main = used[process.pid]
        # Threads of Python's have the name of its process, or their own from 3.14 on; those of Temporal's core have theirs.
        of_python = (names[process.pid], "temporal_workfl")
        workflows = sum(time for id_, time in used.items() if names[id_].startswith(of_python)) - main
        helpers = sum(sum(child.cpu_times()[:2]) for child in process.children(recursive=True)) * 1000
        whole = sum(process.cpu_times()[:2]) * 1000
        return cls(main, workflows, whole - main - workflows, helpers)

    def since(self, before: "Threads", runs: int) -> "Threads":
        """For each of the runs that were made since then."""
        return Threads(*((now - then) / runs for now, then in zip(self, before, strict=True)))


def _name(process: int, thread: int) -> str:
    try:
        return Path(f"/proc/{process}/task/{thread}/comm").read_text().strip()
    except FileNotFoundError:  # it has just ended
        return ""


@asynccontextmanager
async def parts_of_calls(url: str) -> AsyncGenerator[Mapping[str, Send]]:
    """The call alone, the activity around it, and the payloads of that."""
    request = HttpRequest(
        method="POST",
        url=f"{url}/first",
        body=JsonBody(value={"order": 1}),
        attempts=5,
        idempotency_key="0123456789abcdef",
    )
    edge = Edge({}, secret_store({}), allow_private=("loopback",))
    try:
        payload, answer = payload_of(request), await edge.send(request)

        async def call() -> object:
            return await edge.send(request)

        async def payloads() -> object:
            return from_payload(payload, HttpRequest), payload_of(answer)

        activity = as_activity(HttpActivities(lambda: edge).http_request, HttpRequest, payload)
        yield {"call": call, "payloads": payloads, "activity": activity}
    finally:
        await edge.aclose()


@contextmanager
def log_of_a_worker() -> Generator[None]:
    """Calls are logged as a worker logs them, to nowhere."""
    with Path(os.devnull).open("w") as nowhere, redirect_stderr(nowhere):
        configure_logging("INFO", begin_core=False)
        yield


async def shares_of_calls(url: str, rounds: int) -> Mapping[str, float]:
    """Milliseconds that each part takes for one call."""
    async with parts_of_calls(url) as parts:
        with log_of_a_worker():
            speeds = await in_turns(parts, rounds, lambda name: measure(parts[name], CALLS, 50))
    print_table("parts of a call, 50 at once", speeds)
    return {name: statistics.median(one.cpu_milliseconds for one in found) for name, found in speeds.items()}


def shares(threads: Threads, calls: int, parts: Mapping[str, float]) -> dict[str, float]:
    """Parts of a run that makes so many calls."""
    of_activities = {
        "call": parts["call"],
        "payloads": parts["payloads"],
        "activity": max(0.0, parts["activity"] - parts["call"] - parts["payloads"]),
    }
    told = {name: time * calls for name, time in of_activities.items()}
    told |= {"sdk": max(0.0, threads.main - sum(told.values())), "workflows": threads.workflows}
    told |= {"core": threads.core, "helpers": threads.helpers}
    return {f"share_{name}": round(time / sum(told.values()), 3) for name, time in told.items()}


async def compare(
    client: Client, url: str, rounds: int
) -> tuple[dict[str, dict[int, list[Speed]]], list[Threads]]:
    """The speeds of each definition by how many runs are at once, and the threads of the first with 50."""
    speeds: dict[str, dict[int, list[Speed]]] = {name: {} for name in RUNS}
    threads: list[Threads] = []
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        found: dict[str, Runs] = {}
        for name in RUNS:
            worker = httptask_worker(client, folder / name, name, url)
            found[name] = await stack.enter_async_context(worker)
            await found[name].begin()
        for concurrency in CONCURRENCIES:

            async def measured(name: str, concurrency: int = concurrency) -> Speed:
                before = Threads.of(found[name].worker)
                speed = await found[name].measure(RUNS[name][concurrency], concurrency)
                if (name, concurrency) == ("three-calls", 50):
                    threads.append(Threads.of(found[name].worker).since(before, RUNS[name][concurrency]))
                return speed

            names = [name for name, counts in RUNS.items() if concurrency in counts]
            for name in names:
                await found[name].measure(concurrency, concurrency)
            told = await in_turns(names, rounds, measured)
            print_table(f"{concurrency} at once", told)
            for name, of_it in told.items():
                speeds[name][concurrency] = of_it
    return speeds, threads


def costs(speeds: Mapping[str, Mapping[int, Sequence[Speed]]]) -> dict[str, float]:
    """How rate and cost depend on how many runs are at once, and on their calls."""
    rate = {
        count: statistics.median(one.per_second for one in found)
        for count, found in speeds["three-calls"].items()
    }
    cpu = {
        name: {count: statistics.median(one.cpu_milliseconds for one in found) for count, found in by.items()}
        for name, by in speeds.items()
    }
    results: dict[str, float] = {}
    for count in CONCURRENCIES[1:]:
        results[f"rate_{count}_over_1"] = rate[count] / rate[1]
        results[f"cpu_{count}_over_1"] = cpu["three-calls"][count] / cpu["three-calls"][1]
    three, twenty, loop = (cpu[name][50] for name in RUNS)
    call = (twenty - three) / (CALLS_OF["twenty-calls"] - CALLS_OF["three-calls"])
    run = three - CALLS_OF["three-calls"] * call
    results["run_over_call"] = run / call
    results["task_over_call"] = (loop - run) / ITERATIONS / call
    return {name: round(value, 3) for name, value in results.items()}


async def main(rounds: int) -> None:
    """Run the benchmark."""
    async with echo_server() as url, temporal_server() as environment:
        speeds, threads = await compare(environment.client, url, rounds)
        parts = await shares_of_calls(url, rounds)
    middle = Threads(*map(statistics.median, zip(*threads, strict=True)))
    found = shares(middle, CALLS_OF["three-calls"], parts) | costs(speeds)
    print(json.dumps(found))


if __name__ == "__main__":
    asyncio.run(main(rounds_asked_for("shares", ROUNDS)))
