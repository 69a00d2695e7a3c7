"""A batch of 2,000 rows: what kills of its worker do to it, and its rate beside that of a `map` over the same rows.

    uv run python -m tests.benchmarks.batches [--rounds 5]

A worker of its own process runs both against a Temporal server and a server that honours Idempotency-Key, both started here,
16 rows at once. In the first batch the worker is killed three times instead of getting an answer. Then batches and maps take
turns, in an order that changes from round to round, at a server that answers at once, where what they cost themselves counts
most; a ratio is the median of the rounds' ratios.

The last line is JSON: rows that are lost or doubled in the table, effects that are at the server, and how many times the rate
of the map the batch has. The exit code is 1 if a row is not there once, or the batch has less than 0.9 times the map's rate.
"""

import asyncio
import json
import random
import statistics
import sys
import time
import uuid
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from temporalio.client import Client

from httptask.dsl.compile import compile_definition
from httptask.evaluations import DataRow, Evaluation, fetch_results, follow_batch, start_batch, variants_of
from httptask.plugin import HttpTaskPlugin
from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.definitions import parse

from .scale import HEAD, PATIENCE, worker_of
from .speed import rounds_asked_for

ROWS = 2_000
CONCURRENCY = 16
KILLS = 3
ROUNDS = 5
LEAST_RATE = 0.9
ALLOW_INLINE = "[worker]\nallow_inline = true\n"

TASKS = """
- send: { call: httpRequest, with: { method: post, connection: shop, path: /effect, body: "${ %s }" } }
- keep: { set: "${ .n }" }
"""
BATCH = f"{HEAD}do:{TASKS % '.'}"
MAP = f"""{HEAD}
do:
  - all:
      call: map
      with:
        in: "${{ .rows }}"
        concurrency: {CONCURRENCY}
        do: {(TASKS % "$item").replace(chr(10), chr(10) + " " * 10)}
"""
INPUTS = [{"n": number, "text": f"case {number}"} for number in range(ROWS)]


@dataclass
class Effects:
    """A server that honours Idempotency-Key, and asks for the worker to be killed at some calls.

    Attributes:
        kill_at: numbers of the calls that get no answer.
        keys: of each row, those that asked for its effect.
    """

    kill: asyncio.Event = field(default_factory=asyncio.Event)
    kill_at: frozenset[int] = frozenset()
    received: int = 0
    keys: defaultdict[int, set[str]] = field(default_factory=lambda: defaultdict(set))

    def __call__(self, request: ServedRequest) -> Reply:
        self.received += 1
        row = request.json()
        self.keys[row["n"]].add(request.headers["idempotency-key"])
        if self.received in self.kill_at:
            self.kill.set()
            return Reply.silence()
        return Reply.json({"n": row["n"]})

    def expect(self, kills: int) -> None:
        """Begin to count, and to ask for kills that are spread over the calls."""
        self.received = 0
        self.kill_at = frozenset(ROWS * (number + 1) // (kills + 1) for number in range(kills))
        self.keys.clear()

    def harm(self) -> dict[str, int]:
        """How many effects are not there, or more than once."""
        return {
            "effects_lost": ROWS - len(self.keys),
            "effects_doubled": sum(len(keys) - 1 for keys in self.keys.values()),
        }


async def batch(client: Client) -> dict[str, Any]:
    """Run one to its end; what its table lacks, or has twice, and how long it took."""
    program = compile_definition(parse(BATCH)).program
    assert program is not None  # it is sound
    rows = [DataRow(number, each) for number, each in enumerate(INPUTS, start=1)]
    evaluation = Evaluation(variants_of(parse(BATCH), program), rows, concurrency=CONCURRENCY)
    began = time.perf_counter()
    started = await start_batch(client, evaluation, f"batch-{uuid.uuid4().hex}", task_queue="httptask")
    await follow_batch(client, started, rows)
    seconds = time.perf_counter() - began
    results = Counter((result.row, result.output) for result in await fetch_results(client, started))
    expected = Counter((number, number) for number in range(ROWS))
    return {
        "rows_lost": (expected - results).total(),
        "rows_doubled_or_wrong": (results - expected).total(),
        "seconds": seconds,
    }


async def mapped(client: Client) -> float:
    """Seconds that a map over the same rows takes."""
    began = time.perf_counter()
    output = await client.execute_workflow(
        "scale", {"rows": INPUTS}, id=f"map-{uuid.uuid4().hex}", task_queue="httptask", result_type=list
    )
    seconds = time.perf_counter() - began
    assert output == list(range(ROWS)), "the map has another output"
    return seconds


async def compared(client: Client, effects: Effects, rounds: int) -> dict[str, Any]:
    """The rate of batches over that of maps."""
    ratios: list[float] = []
    for number in range(rounds + 1):
        took: dict[str, float] = {}
        for way in random.sample(("batch", "map"), 2):
            effects.expect(0)
            took[way] = (await batch(client))["seconds"] if way == "batch" else await mapped(client)
            assert not any(effects.harm().values()), f"{way}: {effects.harm()}"
        rates = ", ".join(f"{way} {ROWS / seconds:.0f} rows/s" for way, seconds in sorted(took.items()))
        print(f"round {number}: {rates}", flush=True)
        if number:  # the first one warms up
            ratios.append(took["map"] / took["batch"])
    return {"rate_over_map": round(statistics.median(ratios), 2), "rounds": [round(one, 2) for one in ratios]}


async def main(rounds: int) -> int:
    effects = Effects()
    async with worker_of(ScriptedServer(effects), effects.kill) as (worker, plain, folder):
        client = await Client.connect(plain.service_client.config.target_host, plugins=[HttpTaskPlugin()])
        (folder / "definitions/scale.yaml").write_text(MAP)
        with (folder / "httptask.toml").open("a") as settings:
            settings.write(ALLOW_INLINE)
        running = asyncio.create_task(worker.run())
        try:
            async with asyncio.timeout(PATIENCE):
                effects.expect(KILLS)
                killed = await batch(client)
                found = {"kills": worker.kills, **killed, **effects.harm(), "calls": effects.received}
                print(f"killed: {found}", flush=True)
                found["seconds"] = round(killed["seconds"], 1)
                found |= await compared(client, effects, rounds)
        finally:
            running.cancel()
            await asyncio.wait([running])
    print(json.dumps(found))
    return 0 if holds(found) else 1


def holds(found: dict[str, Any]) -> bool:
    """Whether every row and effect was there once, and the rate is what it has to be."""
    harm = ("rows_lost", "rows_doubled_or_wrong", "effects_lost", "effects_doubled")
    is_right = found["kills"] == KILLS and not any(found[name] for name in harm)
    return is_right and found["rate_over_map"] >= LEAST_RATE


if __name__ == "__main__":
    sys.exit(asyncio.run(main(rounds_asked_for("batches", ROUNDS))))
