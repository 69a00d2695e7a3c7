"""Runs of definitions against the same definitions run by Zigflow, and against workflows by hand.

    uv run python -m tests.benchmarks.peers --zigflow PATH [--rounds N] [--only NAME …]

Three calls in a row, twenty, a loop of a hundred turns and a switch, at 1, 10 and 50 runs at once. Zigflow
(https://github.com/mrsimonemms/zigflow) is a binary that the caller has built; without it the rest is measured. The
workflows by hand are plain Temporal with an activity that calls with httpx, in Temporal's sandbox as the SDK has it by
default. All workers are processes of their own on one Temporal server and take turns, in an order that changes from round
to round.

The last line is JSON. For each definition: `over_zigflow_10` is our rate over Zigflow's with 10 runs at once, and
`cpu_over_zigflow_10` the CPU that our worker takes for a run over what Zigflow's takes; `history_over_…` compares the bytes
that a run leaves behind.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from temporalio.client import Client

from support.runs import temporal_server

from .definitions import NAMES
from .echo_server import echo_server
from .speed import Speed, in_turns, print_table
from .workers import Runs, hand_written_worker, httptask_worker, zigflow_worker

ROUNDS = 5
CONCURRENCIES = (1, 10, 50)
RUNS = {1: 20, 10: 50, 50: 100}
"""How many in a round, by how many are at once."""


@asynccontextmanager
async def workers(
    client: Client, name: str, url: str, zigflow: Path | None
) -> AsyncGenerator[dict[str, Runs]]:
    """Those of one definition, all of which work."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        found = {
            "httptask": await stack.enter_async_context(httptask_worker(client, folder / "ours", name, url)),
            "by_hand": await stack.enter_async_context(
                hand_written_worker(client, name, url, "httpx", sandboxed=True)
            ),
        }
        if zigflow is not None:
            found["zigflow"] = await stack.enter_async_context(
                zigflow_worker(client, folder, zigflow, name, url)
            )
        for runs in found.values():
            await runs.begin()
        yield found


async def compare(client: Client, name: str, url: str, zigflow: Path | None, rounds: int) -> dict[str, float]:
    """Print the tables of one definition; our ratios to the others."""
    results: dict[str, float] = {}
    async with workers(client, name, url, zigflow) as found:
        peers = [peer for peer in found if peer != "httptask"]
        for concurrency in CONCURRENCIES:

            async def measured(way: str, concurrency: int = concurrency) -> Speed:
                return await found[way].measure(RUNS[concurrency], concurrency)

            for way in found:
                await measured(way)
            speeds = await in_turns(found, rounds, measured)
            print_table(f"{name}, {concurrency} at once", speeds)
            for peer in peers:
                pairs = list(zip(speeds["httptask"], speeds[peer], strict=True))
                rates = [ours.per_second / theirs.per_second for ours, theirs in pairs]
                cpu = [ours.cpu_milliseconds / theirs.cpu_milliseconds for ours, theirs in pairs]
                results[f"over_{peer}_{concurrency}"] = round(statistics.median(rates), 2)
                results[f"cpu_over_{peer}_{concurrency}"] = round(statistics.median(cpu), 2)
        sizes = {way: await runs.history_bytes() for way, runs in found.items()}
        print(f"  history: {', '.join(f'{way} {size:,} bytes' for way, size in sizes.items())}")
        results |= {f"history_over_{peer}": round(sizes["httptask"] / sizes[peer], 2) for peer in peers}
    return results


async def main(zigflow: Path | None, rounds: int, names: Sequence[str]) -> None:
    """Run the benchmark."""
    if zigflow is None:
        print("without Zigflow: give its binary as --zigflow PATH to measure it too")
    results: dict[str, dict[str, float]] = {}
    async with echo_server() as url, temporal_server() as environment:
        for name in names:
            results[name] = await compare(environment.client, name, url, zigflow, rounds)
    print(json.dumps(results))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.peers")
    parser.add_argument("--zigflow", type=Path, metavar="PATH", help="the binary of Zigflow")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES, help="these definitions")
    given = parser.parse_args()
    asyncio.run(main(given.zigflow, given.rounds, given.only))
