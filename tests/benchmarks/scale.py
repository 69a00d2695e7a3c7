"""Large runs, and what they cost: whether they end, with the right result and every call made once.

    uv run python -m tests.benchmarks.scale [--case NAME …] [--kills 3] [--scale 0.1]

A worker of its own process runs each case against a Temporal server and a server of effects, both started here. With
`--kills` it is killed so many times in the midst of the calls of a case, and each effect has to happen once all the same.

The last line is JSON. For each case: seconds, bytes of history for each item, and by how many megabytes the worker is
larger than when it began, at most and once all is over; `over_100` is what an item costs over what it costs among a
hundred. What is wrong, or costs more than `MOST_…` below, is told as well, and ends the benchmark with 1.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import psutil
from temporalio.client import Client

from httptask.plugin import HttpTaskPlugin, folder_storage
from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.cluster import address_of
from support.commands import HTTPTASK
from support.runs import temporal_server

from .workers import history_bytes

MOST_GROWTH = 1.5
"""Of the bytes of an item, from a hundred items to all."""
MOST_MEGABYTES = 100
"""That a worker may take more than when it began, beside what it works on."""
COPIES = 12
"""Of a large document that it may hold while it works on that: a worker by hand, with Temporal's SDK alone, holds 12 to 16."""
SECONDS_BETWEEN_LOOKS = 0.25
SECONDS_TO_SETTLE = 3.0
PATIENCE = 3600

HEAD = "document: { dsl: 1.0.3, namespace: bench, name: scale, version: 1.0.0 }\n"
TOML = '[connections.shop]\nbase_url = "%s"\nallow_private = ["loopback"]\n'
STORAGE = '[storage]\ndirectory = "%s"\n'

MAP = """
do:
  - all:
      call: map
      with:
        in: "${ %(items)s }"
        concurrency: %(concurrency)d
        do:
          - send: { call: httpRequest, with: { method: post, connection: shop, path: /effect, body: "${ $item }" } }
          - keep: { set: "${ .n }" }
  - last: { set: "${ length }" }
"""
FOR = """
do:
  - all:
      for: { in: "${ [range(.count)] }", at: i }
      do:
        - send: { call: httpRequest, with: { method: post, connection: shop, path: /effect, body: "${ $i }" } }
        - keep: { set: "${ $i + 1 }" }
"""
WHILE = """
do:
  - all:
      for: { in: "${ [range(.count)] }", at: i }
      while: "${ true }"
      do:
        - send:
            if: "${ $i %% %(every)d == 0 }"
            call: httpRequest
            with: { method: post, connection: shop, path: /effect, body: "${ $i }" }
        - keep: { set: "${ $i + 1 }" }
"""
TASK = """
  - task%d:
      call: httpRequest
      with: { method: post, connection: shop, path: /echo, body: "${ . }", responseBytes: 30000000 }
"""
IN_A_ROW = "do:%s\noutput: { as: '${ .count }' }"


@dataclass(frozen=True)
class Load:
    """A run; its output is `count`.

    Attributes:
        items: how many bytes of history are counted for.
        answer: bytes that each answer has besides.
        document: megabytes that go from task to task.
    """

    definition: str
    data: dict[str, Any]
    count: int
    calls: int
    items: int
    answer: int = 0
    storage: bool = False
    document: float = 0.0


def map_of(most: int, item: str, concurrency: int, answer: int, share: float) -> Load:
    count = round(most * share)
    items = f"[range(.count) | {item}]".replace('"', '\\"')
    definition = MAP % {"items": items, "concurrency": concurrency}
    return Load(definition, {"count": count}, count, count, count, answer)


def for_of(most: int, share: float) -> Load:
    count = round(most * share)
    return Load(FOR, {"count": count}, count, count, count)


def while_of(most: int, share: float) -> Load:
    """Some ten calls, for it to be killed at some."""
    count = round(most * share)
    every = max(count // 10, 1)
    return Load(WHILE % {"every": every}, {"count": count}, count, len(range(0, count, every)), count)


def tasks(most: int, share: float) -> Load:
    count = round(most * share)
    definition = IN_A_ROW % "".join(TASK % number for number in range(count))
    return Load(definition, {"count": count}, count, count, count)


def document_of(most: int, storage: bool, share: float) -> Load:
    size = round(most * share)
    definition = IN_A_ROW % "".join(TASK % number for number in range(20))
    return Load(definition, {"text": "x" * size, "count": 20}, 20, 20, 20, 0, storage, size / 1e6)


OF_27_BYTES = '{ id: (1000000 + .), k: "abcdef" }'
OF_425_BYTES = '{ id: ., text: ("x" * 400) }'
OF_1_KB = '{ id: ., text: ("x" * 1000) }'

CASES: dict[str, Callable[[float], Load]] = {
    "map-of-20000-integers": partial(map_of, 20_000, ".", 16, 0),
    "map-of-13000-by-27-bytes": partial(map_of, 13_000, OF_27_BYTES, 16, 0),
    "map-of-5000-by-1-kilobyte": partial(map_of, 5_000, OF_1_KB, 16, 0),
    "map-of-400-1-at-once": partial(map_of, 400, OF_425_BYTES, 1, 15_000),
    "map-of-400-16-at-once": partial(map_of, 400, OF_425_BYTES, 16, 15_000),
    "map-of-400-50-at-once": partial(map_of, 400, OF_425_BYTES, 50, 15_000),
    "for-of-10000": partial(for_of, 10_000),
    "while-of-100000": partial(while_of, 100_000),
    "300-tasks": partial(tasks, 300),
    "1-megabyte-along-20-tasks": partial(document_of, 1_000_000, False),
    "20-megabytes-along-20-tasks-stored": partial(document_of, 20_000_000, True),
}
"""By its name, the share of it that is wanted."""


@dataclass
class Effects:
    """A server that honours Idempotency-Key, and asks for the worker to be killed at some calls.

    Attributes:
        echoed: bytes of the documents that it has sent back.
    """

    answer: int = 0
    kill_at: frozenset[int] = frozenset()
    keys: set[str] = field(default_factory=set[str])
    echoed: set[int] = field(default_factory=set[int])
    received: int = 0
    kill: asyncio.Event = field(default_factory=asyncio.Event)

    def expect(self, load: Load, kills: int) -> None:
        """Begin to count, and to ask for kills that are spread over the calls."""
        self.answer, self.received = load.answer, 0
        self.kill_at = frozenset(load.calls * (number + 1) // (kills + 1) for number in range(kills))
        self.keys.clear()

    def __call__(self, request: ServedRequest) -> Reply:
        self.received += 1
        self.keys.add(request.headers["idempotency-key"])
        if self.received in self.kill_at:
            self.kill.set()
            return Reply.silence()
        if request.target == "/echo":
            self.echoed.add(len(request.body))
            return Reply.of(request.body, headers={"Content-Type": "application/json"})
        return Reply.json({"n": 1, "pad": "x" * self.answer})


class Worker:
    """`httptask worker`, started anew whenever it is killed.

    Attributes:
        grown: by how many megabytes, at most.
        larger: by how many megabytes it is now.
        kills: how many there were.
    """

    def __init__(self, folder: Path, address: str, kill: asyncio.Event) -> None:
        self.grown = self.larger = 0.0
        self.kills = 0
        self._began = 0
        self._folder = folder
        self._environment = {**os.environ, "TEMPORAL_ADDRESS": address}
        self._kill = kill

    async def run(self) -> None:
        while True:
            process = await asyncio.create_subprocess_exec(
                *(HTTPTASK, "worker", "--definitions", "definitions"),
                cwd=self._folder,
                env=self._environment,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
            )
            watching = [asyncio.create_task(each) for each in (self._drain(process), self._look(process))]
            try:
                await self._kill.wait()
            finally:
                for each in watching:
                    each.cancel()
                process.send_signal(signal.SIGKILL)
                await process.wait()
            self._kill.clear()
            self.kills += 1

    async def _drain(self, process: asyncio.subprocess.Process) -> None:
        """Note how large it is when it begins; what it logs else is of no interest, and must not fill its pipe."""
        assert process.stderr is not None
        async for line in process.stderr:
            if b"worker.started" in line:
                self._began = psutil.Process(process.pid).memory_info().rss

    async def _look(self, process: asyncio.subprocess.Process) -> None:
        """Measure it while it works."""
        self._began = 0
        while True:
            if self._began:
                self.larger = (psutil.Process(process.pid).memory_info().rss - self._began) / 1e6
                self.grown = max(self.grown, self.larger)
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)


@asynccontextmanager
async def worker_of(
    server: ScriptedServer, kill: asyncio.Event, *, storage: bool = False
) -> AsyncGenerator[tuple[Worker, Client, Path]]:
    """A worker whose connection leads to a server, on one of Temporal's own, and a client of that.

    Args:
        server: where the connection `shop` leads.
        kill: set when it is to be killed.
        storage: whether large payloads are stored in a folder.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "definitions").mkdir()
        async with server, temporal_server() as environment:
            client, settings = environment.client, TOML % server.url
            if storage:
                plugin = HttpTaskPlugin(storage=folder_storage(folder / "storage"))
                client = await Client.connect(address_of(environment), plugins=[plugin])
                settings += STORAGE % (folder / "storage")
            (folder / "httptask.toml").write_text(settings)
            worker = Worker(folder, address_of(environment), kill)
            yield worker, client, folder


async def measure(load: Load, kills: int) -> dict[str, float]:
    """Run it, and see that all is right.

    Raises:
        AssertionError: it is not.
    """
    effects = Effects()
    served = ScriptedServer(effects)
    async with worker_of(served, effects.kill, storage=load.storage) as (worker, client, folder):
        (folder / "definitions/scale.yaml").write_text(HEAD + load.definition)
        effects.expect(load, kills)
        running = asyncio.create_task(worker.run())
        try:
            began = time.perf_counter()
            handle = await client.start_workflow(
                "scale", load.data, id="scale", task_queue="httptask", result_type=int
            )
            output = await asyncio.wait_for(handle.result(), PATIENCE)
            seconds = time.perf_counter() - began
            size = await history_bytes(client, handle.id, handle.first_execution_run_id)
            await asyncio.sleep(SECONDS_TO_SETTLE)
        finally:
            running.cancel()
            await asyncio.wait([running])
    assert output == load.count, f"the output is {output}"
    assert len(effects.echoed) <= 1, f"documents of {effects.echoed} bytes"
    assert len(effects.keys) == load.calls, f"{len(effects.keys)} effects of {load.calls}"
    assert kills or effects.received == load.calls, f"{effects.received} calls of {load.calls}"
    assert worker.kills == kills, f"{worker.kills} kills of {kills}"
    return {
        "seconds": round(seconds, 1),
        "bytes_per_item": round(size / load.items, 1),
        "worker_mb": round(worker.larger, 1),
        "most_worker_mb": round(worker.grown, 1),
    }


async def compare(name: str, kills: int, share: float) -> dict[str, float]:
    """Run a case, and a hundred of its items for comparison."""
    load = CASES[name](share)
    found = await measure(load, kills)
    if load.items > 100:
        few = await measure(CASES[name](share * 100 / load.items), 0)
        found["over_100"] = round(found["bytes_per_item"] / few["bytes_per_item"], 2)
    return found


def missed(found: dict[str, float], document: float) -> Sequence[str]:
    """The bounds that a case does not keep whose tasks pass on a document of so many megabytes."""
    bounds = {
        "over_100": MOST_GROWTH,
        "worker_mb": MOST_MEGABYTES,
        "most_worker_mb": MOST_MEGABYTES + COPIES * document,
    }
    return [
        f"{key} is {found[key]}, more than {most}" for key, most in bounds.items() if found.get(key, 0) > most
    ]


async def main(names: Sequence[str], kills: int, share: float) -> int:
    """Run the benchmark; 1 where something is wrong."""
    results: dict[str, dict[str, Any]] = {}
    for name in names:
        try:
            found = await compare(name, kills, share)
            results[name] = {**found, "wrong": missed(found, CASES[name](share).document)}
        except Exception as error:  # noqa: BLE001 - the others are of interest all the same
            results[name] = {"wrong": [f"{error!r}: {error.__cause__!r}"[:600]]}
        print(f"{name}: {results[name]}", flush=True)
    print(json.dumps({"kills": kills, "scale": share, "cases": results}))
    wrong = {name: found["wrong"] for name, found in results.items() if found["wrong"]}
    for name, faults in wrong.items():
        print(f"{name}: {'; '.join(faults)}", file=sys.stderr)
    return int(bool(wrong))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.scale")
    parser.add_argument(
        "--case", action="append", choices=CASES, help="once for each; all where none is named"
    )
    parser.add_argument("--kills", type=int, default=0, help="how often the worker is killed in each case")
    parser.add_argument("--scale", type=float, default=1.0, help="which part of each case is run")
    given = parser.parse_args()
    sys.exit(asyncio.run(main(given.case or list(CASES), given.kills, given.scale)))
