"""Runs of definitions against the same definitions run by Zigflow, and against workflows by hand.

    uv run python -m tests.benchmarks.peers --zigflow PATH [--rounds N] [--only NAME …] [--concurrency N …]

Three calls in a row, twenty, a loop of a hundred turns and a switch, at 1, 10 and 50 runs at once, with their calls as
activities and as local ones. Zigflow (https://github.com/mrsimonemms/zigflow) is a binary that the caller has built; without it
the rest is measured. The workflows by hand are plain Temporal out of the sandbox, as our interpreter runs, with an activity
that calls with httpx, with one that calls with aiohttp, and with that one as a local activity. All workers are processes of
their own on one Temporal server, which is a new one for each definition, and take turns, in an order that changes from round
to round.

What one way needs in a round is bounded, for a server that has more to do than it can keeps failing its own requests: then
that definition is left off, which the output says, and what the rounds before have shown still counts.

The last line is JSON. For each definition: `over_zigflow_10` is our rate over Zigflow's with 10 runs at once,
`cpu_over_zigflow_10` the CPU that our worker takes for a run over what Zigflow's takes, `history_over_zigflow` the bytes that
a run leaves behind; the same with `local_` where calls are local. `by_hand_httpx_over_zigflow_10` is the rate of the workflow
by hand over Zigflow's: what Temporal's SDK for Python leaves to us. `cut_off` is what took too long.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from temporalio.client import Client, WorkflowFailureError
from temporalio.service import RPCError

from support.runs import temporal_server

from .definitions import NAMES
from .echo_server import echo_server
from .speed import Speed, in_turns, print_table
from .workers import Runs, hand_written_worker, httptask_worker, zigflow_worker

ROUNDS = 5
CONCURRENCIES = (1, 10, 50)
RUNS = {1: 20, 10: 50, 50: 100}
"""How many in a round, by how many are at once."""
SECONDS = 90.0
"""What a round of one way may take."""
OURS = {"httptask": "", "local": "local_"}
"""What the ratios of our ways begin with."""


class CutOffError(Exception):
    """A way has taken too long, or the server has failed."""


@asynccontextmanager
async def workers(
    client: Client, name: str, url: str, zigflow: Path | None
) -> AsyncGenerator[dict[str, Runs]]:
    """Those of one definition, all of which work."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        found = {
            "httptask": await stack.enter_async_context(
                httptask_worker(client, folder / "httptask", name, url)
            ),
            "local": await stack.enter_async_context(
                httptask_worker(client, folder / "local", name, url, calls="local")
            ),
        }
        for library in ("httpx", "aiohttp"):
            found[f"by_hand_{library}"] = await stack.enter_async_context(
                hand_written_worker(client, name, url, library, sandboxed=False)
            )
        found["by_hand_local"] = await stack.enter_async_context(
            hand_written_worker(client, name, url, "aiohttp", sandboxed=False, local=True)
        )
        if zigflow is not None:
            found["zigflow"] = await stack.enter_async_context(
                zigflow_worker(client, folder, zigflow, name, url)
            )
        for runs in found.values():
            await runs.begin()
        yield found


async def measured(way: str, runs: Runs, concurrency: int) -> Speed:
    """A round of one way.

    Raises:
        CutOffError: it did not come to its end.
    """
    try:
        async with asyncio.timeout(SECONDS):
            return await runs.measure(RUNS.get(concurrency, 2 * concurrency), concurrency)
    except (TimeoutError, RPCError, WorkflowFailureError) as error:
        raise CutOffError(f"{way}, {concurrency} at once: {error or f'more than {SECONDS:g} s'}") from None


def ratios(speeds: Mapping[str, Sequence[Speed]], concurrency: int) -> Iterator[tuple[str, float]]:
    """Ours to the others, and those by hand to Zigflow, as far as all were measured."""
    peers = [way for way in speeds if way not in OURS]
    pairs = [(way, prefix, peer) for way, prefix in OURS.items() for peer in peers]
    if "zigflow" in speeds:
        pairs += [(way, f"{way}_", "zigflow") for way in peers if way != "zigflow"]
    for way, prefix, peer in pairs:
        rounds = list(zip(speeds[way], speeds[peer], strict=False))  # the last one may be cut off
        if rounds:
            rates = [ours.per_second / theirs.per_second for ours, theirs in rounds]
            cpu = [ours.cpu_milliseconds / theirs.cpu_milliseconds for ours, theirs in rounds]
            yield f"{prefix}over_{peer}_{concurrency}", round(statistics.median(rates), 2)
            yield f"{prefix}cpu_over_{peer}_{concurrency}", round(statistics.median(cpu), 2)


async def compare(
    found: Mapping[str, Runs], name: str, rounds: int, concurrencies: Sequence[int]
) -> dict[str, Any]:
    """Print the tables of one definition; our ratios to the others."""
    results: dict[str, Any] = {}
    async with asyncio.timeout(SECONDS):
        sizes = {way: await runs.history_bytes() for way, runs in found.items()}
    print(f"{name}, history: {', '.join(f'{way} {size:,} bytes' for way, size in sizes.items())}")
    for way, prefix in OURS.items():
        results |= {
            f"{prefix}history_over_{peer}": round(sizes[way] / size, 2)
            for peer, size in sizes.items()
            if peer not in OURS
        }
    for concurrency in concurrencies:
        speeds: dict[str, list[Speed]] = {way: [] for way in found}

        async def of(
            way: str, concurrency: int = concurrency, speeds: dict[str, list[Speed]] = speeds
        ) -> Speed:
            speeds[way].append(await measured(way, found[way], concurrency))
            return speeds[way][-1]

        try:
            for way in found:
                await measured(way, found[way], concurrency)
            await in_turns(found, rounds, of)
        except CutOffError as cut_off:
            print(f"  cut off: {cut_off}", flush=True)
            results["cut_off"] = str(cut_off)
        print_table(f"{name}, {concurrency} at once", {way: all_ for way, all_ in speeds.items() if all_})
        results |= ratios(speeds, concurrency)
        if "cut_off" in results:
            break
    return results


async def main(zigflow: Path | None, rounds: int, names: Sequence[str], concurrencies: Sequence[int]) -> None:
    """Run the benchmark."""
    if zigflow is None:
        print("without Zigflow: give its binary as --zigflow PATH to measure it too")
    results: dict[str, dict[str, Any]] = {}
    async with echo_server() as url:
        for name in names:
            async with (
                temporal_server() as environment,
                workers(environment.client, name, url, zigflow) as found,
            ):
                results[name] = await compare(found, name, rounds, concurrencies)
    print(json.dumps(results))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.peers")
    parser.add_argument("--zigflow", type=Path, metavar="PATH", help="the binary of Zigflow")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES, help="these definitions")
    parser.add_argument("--concurrency", nargs="+", type=int, default=CONCURRENCIES, metavar="N")
    given = parser.parse_args()
    asyncio.run(main(given.zigflow, given.rounds, given.only, given.concurrency))
