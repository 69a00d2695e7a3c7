"""Large runs, and what they cost: whether they end, with the right result and every call made once.

    uv run python -m tests.benchmarks.scale [CASE ...] [--kills 3]

A worker of its own process runs each case against a Temporal server and a server of effects, both started here. With
`--kills` it is killed so many times during the calls of a case, and each effect has to happen once all the same. The
last line is JSON: seconds, bytes of history for each item, and by how many megabytes the worker has grown.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import psutil
from temporalio.client import Client, WorkflowHandle

from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.cluster import address_of, run_ids
from support.commands import HTTPTASK, Command, Shell
from support.runs import temporal_server

HEAD = "document: { dsl: 1.0.3, namespace: bench, name: scale, version: 1.0.0 }\n"
TOML = '[connections.shop]\nbase_url = "%s"\nallow_private = ["loopback"]\n'
STORAGE = '[storage]\ndirectory = "storage"\n'
PATIENCE = 3600

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
  - last: { set: { count: "${ length }" } }
"""
FOR = """
do:
  - all:
      for: { in: "${ [range(.count)] }", at: i }
      do:
        - send: { call: httpRequest, with: { method: post, connection: shop, path: /effect, body: "${ $i }" } }
        - keep: { set: { count: "${ $i + 1 }" } }
"""
WHILE = """
do:
  - all: { for: { in: "${ [range(.count)] }" }, while: "${ true }", do: [{ add: { set: { count: "${ $index + 1 }" } } }] }
"""
TASK = """
  - task%d:
      call: httpRequest
      with: { method: post, connection: shop, path: /echo, body: "${ . }", responseBytes: 30000000 }
"""
PASS_ON = "do:%s\noutput: { as: '${ { count: (.text | length) } }' }"
IN_A_ROW = "do:%s\noutput: { as: '${ { count: .count } }' }"


@dataclass(frozen=True)
class Case:
    """A run; its output is `{ count: N }`.

    Attributes:
        items: how many bytes of history are counted for.
        answer: bytes that each answer has besides.
    """

    definition: str
    data: dict[str, Any]
    count: int
    calls: int
    items: int
    answer: int = 0
    storage: bool = False


def map_of(count: int, item: str, concurrency: int = 16, answer: int = 0) -> Case:
    items = f"[range(.count) | {item}]"
    definition = MAP % {"items": items.replace('"', '\\"'), "concurrency": concurrency}
    return Case(definition, {"count": count}, count, count, count, answer)


def document_of(megabytes: int, *, storage: bool) -> Case:
    size = megabytes * 1_000_000 - 100
    definition = PASS_ON % "".join(TASK % number for number in range(20))
    return Case(definition, {"text": "x" * size}, size, 20, 20, storage=storage)


OF_425_BYTES = '{ id: ., text: ("x" * 400) }'
CASES: dict[str, Case] = {
    "map of 100 integers": map_of(100, "."),
    "map of 20,000 integers": map_of(20_000, "."),
    "map of 13,000 x 27 bytes": map_of(13_000, '{ id: (1000000 + .), k: "abcdef" }'),
    "map of 5,000 x 1 KB": map_of(5_000, '{ id: ., text: ("x" * 1000) }'),
    "map of 400 x 425 bytes, one at once": map_of(400, OF_425_BYTES, 1, 15_000),
    "map of 400 x 425 bytes, 16 at once": map_of(400, OF_425_BYTES, 16, 15_000),
    "map of 400 x 425 bytes, 50 at once": map_of(400, OF_425_BYTES, 50, 15_000),
    "for of 10,000": Case(FOR, {"count": 10_000}, 10_000, 10_000, 10_000),
    "while of 100,000": Case(WHILE, {"count": 100_000}, 100_000, 0, 100_000),
    "300 tasks": Case(
        IN_A_ROW % "".join(TASK % number for number in range(300)), {"count": 300}, 300, 300, 300
    ),
    "1 MB along 20 tasks": document_of(1, storage=False),
    "20 MB along 20 tasks, stored": document_of(20, storage=True),
}


@dataclass
class Effects:
    """A server that honours Idempotency-Key, and asks for the worker to be killed at some calls."""

    answer: int
    kill_at: frozenset[int]
    keys: set[str] = field(default_factory=set[str])
    received: int = 0
    kill: asyncio.Event = field(default_factory=asyncio.Event)

    def __call__(self, request: ServedRequest) -> Reply:
        self.received += 1
        self.keys.add(request.headers["idempotency-key"])
        if self.received in self.kill_at:
            self.kill.set()
            return Reply.silence()
        if request.target == "/echo":
            return Reply.of(request.body, headers={"Content-Type": "application/json"})
        return Reply.json({"n": 1, "pad": "x" * self.answer})


class Worker:
    """A worker of its own process, started anew whenever it is killed."""

    def __init__(self, shell: Shell, effects: Effects) -> None:
        self.grown = 0.0
        self._shell = shell
        self._effects = effects
        self._command: Command | None = None

    async def run(self) -> None:
        while True:
            self._command = await self._shell.start("worker", "--definitions", "definitions")
            await self._command.says("worker.started")
            watching = asyncio.create_task(self._watch(psutil.Process(self._command.process.pid)))
            try:
                await self._effects.kill.wait()
            finally:
                watching.cancel()
            self._effects.kill.clear()
            await self.stop()

    async def stop(self) -> None:
        if self._command is not None:
            self._command.process.send_signal(signal.SIGKILL)
            await self._command.ends()

    async def _watch(self, process: psutil.Process) -> None:
        began = process.memory_info().rss
        while True:
            await asyncio.sleep(1)
            self.grown = max(self.grown, (process.memory_info().rss - began) / 1e6)


async def history_bytes(client: Client, handle: WorkflowHandle[Any, Any]) -> int:
    """Of all runs of a chain."""
    total = 0
    async for run_id in run_ids(client, handle):
        history = await client.get_workflow_handle(handle.id, run_id=run_id).fetch_history()
        total += sum(event.ByteSize() for event in history.events)
    return total


async def run_case(case: Case, kills: int) -> dict[str, float]:
    """Run it, and see that all is right.

    Raises:
        AssertionError: it is not.
    """
    at = (
        frozenset(random.Random(case.count).sample(range(1, case.calls + 1), kills))
        if case.calls
        else frozenset[int]()
    )
    effects = Effects(case.answer, at)
    with tempfile.TemporaryDirectory() as folder:
        async with ScriptedServer(effects) as server, temporal_server() as environment:
            shell = Shell(Path(folder), dict(os.environ), program=(HTTPTASK,))
            shell.write("definitions/scale.yaml", HEAD + case.definition)
            shell.write("httptask.toml", TOML % server.url + (STORAGE if case.storage else ""))
            shell.environment["TEMPORAL_ADDRESS"] = address_of(environment)
            worker = Worker(shell, effects)
            running = asyncio.create_task(worker.run())
            try:
                began = time.perf_counter()
                handle = await environment.client.start_workflow(
                    "scale", case.data, id="scale", task_queue="httptask", result_type=dict
                )
                output = await asyncio.wait_for(handle.result(), PATIENCE)
                seconds = time.perf_counter() - began
                size = await history_bytes(environment.client, handle)
            finally:
                running.cancel()
                await worker.stop()
    assert output == {"count": case.count}, output
    assert len(effects.keys) == case.calls, f"{len(effects.keys)} effects of {case.calls}"
    assert kills or effects.received == case.calls, f"{effects.received} calls of {case.calls}"
    return {
        "seconds": round(seconds, 1),
        "bytes_per_item": round(size / case.items),
        "worker_mb": round(worker.grown, 1),
    }


async def main(names: list[str], kills: int) -> None:
    """Run the benchmark."""
    found: dict[str, Any] = {}
    for name in names or CASES:
        try:
            found[name] = await run_case(CASES[name], kills)
        except Exception as error:  # noqa: BLE001 - the others are of interest all the same
            found[name] = {"error": str(error)[:300]}
        print(f"{name}: {found[name]}", flush=True)
    print(json.dumps({"kills": kills, "scale": found}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.scale")
    parser.add_argument(
        "names", nargs="*", metavar="CASE", choices=[*CASES, []], help="all when none is named"
    )
    parser.add_argument("--kills", type=int, default=0, help="how often the worker is killed in each case")
    given = parser.parse_args()
    asyncio.run(main(given.names, given.kills))
