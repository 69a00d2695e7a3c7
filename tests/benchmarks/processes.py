"""A worker of two processes beside one of a single process: CPU per call, memory, and what kills do.

    uv run python -m tests.benchmarks.processes [--rounds N]

Both workers stand on one Temporal server and take turns, in an order that changes from round to round; with two processes
there are twice the runs, and twice as many at once. A ratio is the median of the rounds' ratios: of the processor time of one
of the two processes for one call to that of the single one, and of both together. What a worker takes of memory before its
first run is told beside a plain Temporal worker's (`hand_written`), as resident and, for all processes, without what they share
counted twice. Then ten processes are killed while orders run at a server that honours Idempotency-Key, and the worker is ended
by one SIGTERM while more of them come, which another worker brings to their ends. The last line is JSON; the exit code is 1 if
a bound is missed, which is told.
"""

import asyncio
import json
import statistics
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import psutil
from temporalio.client import Client

from httptask.cli.terminal.background import beside
from httptask.testing import ScriptedServer
from support.cluster import address_of
from support.commands import HTTPTASK, Command, Shell
from support.orders import ORDERS, STEPS, Shop
from support.runs import temporal_server
from support.shells import opened_shell

from .definitions import definition, input_of
from .echo_server import echo_server
from .speed import rounds_asked_for
from .workers import hand_written_worker

ROUNDS = 5
RUNS = 100
CONCURRENT = 20
KILLS = 10
LARGEST_CPU_RATIO = 1.1
LONGEST_REPLACEMENT = 2.0
MOST_IDLE_MIB = 90.0
GRACE = 15.0
"""Of calls in flight, and what else a process may need (docs/operating.md, Processes)."""
_MIB = 1 << 20


class Worker:
    """One that runs, on a task queue of its own."""

    def __init__(self, command: Command, task_queue: str, processes: int) -> None:
        self.command = command
        self.task_queue = task_queue
        self.ended_after = 0.0
        """Seconds from SIGTERM on."""
        self._processes = processes

    @property
    def workers(self) -> list[psutil.Process]:
        """The processes that do the work, the first one first."""
        own = psutil.Process(self.command.process.pid)
        return [own] if self._processes == 1 else sorted(own.children(), key=lambda process: process.pid)

    def seconds(self) -> list[float]:
        """Processor time of each until now, with that of its helpers."""
        return [
            sum(sum(one.cpu_times()[:2]) for one in (process, *process.children(recursive=True)))
            for process in self.workers
        ]

    def calls(self) -> list[int]:
        """How many calls each has made until now."""
        lines = self.command.stderr[: self.command.stderr.rfind("\n") + 1].splitlines()
        made = Counter(
            line.get("process", 1)
            for line in map(json.loads, lines)
            if line["event"] == "http.request.finished"
        )
        return [made[number + 1] for number in range(self._processes)]

    def memory(self) -> int:
        """Bytes of all its processes; what they share is counted once."""
        own = psutil.Process(self.command.process.pid)
        return sum(one.memory_full_info().pss for one in (own, *own.children(recursive=True)))

    async def per_call(self, client: Client) -> list[float]:
        """Processor seconds of each process for one call, and of all together, over a round of runs."""
        calls, seconds = self.calls(), self.seconds()
        runs = RUNS * self._processes
        slots = asyncio.Semaphore(CONCURRENT * self._processes)

        async def one(number: int) -> None:
            async with slots:
                result = await client.execute_workflow(
                    "three-calls",
                    input_of("three-calls", number),
                    id=uuid.uuid4().hex,
                    task_queue=self.task_queue,
                    result_type=dict,
                )
                assert result == {"total": number + 1}, result

        await asyncio.gather(*(one(number) for number in range(runs)))
        await self.command.says("http.request.finished", times=sum(calls) + 3 * runs)
        await asyncio.sleep(0.5)  # for what is done after the last answer
        used = [after - before for before, after in zip(seconds, self.seconds(), strict=True)]
        made = [after - before for before, after in zip(calls, self.calls(), strict=True)]
        together = sum(used) / sum(made)
        return [*(cpu / max(calls, 1) for cpu, calls in zip(used, made, strict=True)), together]


@asynccontextmanager
async def working(shell: Shell, address: str, processes: int, task_queue: str) -> AsyncGenerator[Worker]:
    """A worker until one SIGTERM, which has to end it well."""
    command = await shell.start(
        *("worker", "-d", "definitions", "--processes", str(processes), "--task-queue", task_queue),
        TEMPORAL_ADDRESS=address,
    )
    await command.says("worker.started", times=processes)
    worker = Worker(command, task_queue, processes)
    yield worker
    began = time.monotonic()
    command.process.terminate()
    assert await command.ends(seconds=4 * GRACE) == 0
    worker.ended_after = time.monotonic() - began


async def compared(shell: Shell, client: Client, address: str, echo: str, rounds: int) -> dict[str, Any]:
    async with AsyncExitStack() as both:
        double = await both.enter_async_context(working(shell, address, 2, "double"))
        # The second to start, for the first one in a new environment compiles what it loads, and keeps that memory.
        single = await both.enter_async_context(working(shell, address, 1, "single"))
        async with hand_written_worker(client, "three-calls", echo, "httpx", sandboxed=False) as by_hand:
            await by_hand.until_polled()
            await asyncio.sleep(1)
            idle = [single.memory(), double.memory()]
            resident, plain = (each.memory_info().rss for each in (single.workers[0], by_hand.worker))
        ratios: list[list[float]] = []
        for number in range(rounds + 1):
            order = (single, double) if number % 2 else (double, single)
            found = {worker: await worker.per_call(client) for worker in order}
            alone = found[single][-1]
            print(
                f"round {number}: " + ", ".join(f"{each / alone:.2f}" for each in found[double]), flush=True
            )
            if number:  # the first one warms up
                ratios.append([each / alone for each in found[double]])
    first, second, together = (round(statistics.median(each), 2) for each in zip(*ratios, strict=True))
    return {
        "cpu_per_call": [first, second],
        "cpu_per_call_together": together,
        "idle_mib": [round(each / _MIB, 1) for each in idle],
        "idle_resident_mib": round(resident / _MIB, 1),
        "idle_resident_of_plain": round(resident / plain, 2),
    }


async def killed(shell: Shell, client: Client, address: str, shop: Shop) -> dict[str, Any]:
    replaced: list[float] = []
    orders: list[asyncio.Task[Any]] = []

    async def keep_ordering() -> None:
        while True:
            number = len(orders)
            order = client.execute_workflow(
                "orders", {"order": number}, id=f"order-{number}", task_queue="killed", result_type=list
            )
            orders.append(asyncio.create_task(order))
            await asyncio.sleep(0.1)

    async with beside(keep_ordering()), working(shell, address, 2, "killed") as worker:
        for kill in range(KILLS):
            await asyncio.sleep(1)
            worker.workers[kill % 2].kill()
            began = time.monotonic()
            await worker.command.says("worker.started", times=3 + kill)
            replaced.append(time.monotonic() - began)
        await asyncio.sleep(1)
        under_way = sum(not order.done() for order in orders)
    async with working(shell, address, 2, "killed"):
        results = await asyncio.gather(*orders)
    return {
        "kills": KILLS,
        "lost": len(orders) - len({number for number, _ in results}),
        "doubled": len(shop.effects) - len(set(shop.effects)),
        "missing": len(orders) * len(STEPS) - len(set(shop.effects)),
        "slowest_replacement_seconds": round(max(replaced), 2),
        "under_way_at_sigterm": under_way,
        "ended_after_sigterm_seconds": round(worker.ended_after, 2),
    }


def missed(found: dict[str, Any]) -> list[str]:
    """The bounds that are not kept."""
    bounds: dict[str, bool] = {
        "cpu_per_call": max(found["cpu_per_call"]) <= LARGEST_CPU_RATIO,
        "cpu_per_call_together": found["cpu_per_call_together"] <= LARGEST_CPU_RATIO,
        "idle_resident_mib": found["idle_resident_mib"] <= MOST_IDLE_MIB,
        **{name: found[name] == 0 for name in ("lost", "doubled", "missing")},
        "under_way_at_sigterm": found["under_way_at_sigterm"] > 0,
        "slowest_replacement_seconds": found["slowest_replacement_seconds"] <= LONGEST_REPLACEMENT,
        "ended_after_sigterm_seconds": found["ended_after_sigterm_seconds"] <= GRACE,
    }
    return [name for name, kept in bounds.items() if not kept]


async def main(rounds: int) -> int:
    shop = Shop()
    async with (
        temporal_server() as environment,
        echo_server() as echo,
        ScriptedServer(shop) as shop_server,
    ):
        with tempfile.TemporaryDirectory() as folder:
            async with opened_shell(Path(folder)) as shell:
                shell.program = (HTTPTASK,)  # its memory is shared with nobody
                shell.write(
                    "definitions/calls.yaml", json.dumps(definition("three-calls", "benchmarks", echo))
                )
                shell.write("definitions/orders.yaml", ORDERS)
                shell.write(
                    "httptask.toml",
                    f'[policy]\nallow_private = ["loopback"]\n'
                    f'[connections.shop]\nbase_url = "{shop_server.url}"\nallow_private = ["loopback"]\n',
                )
                address = address_of(environment)
                found = await compared(shell, environment.client, address, echo, rounds)
                found |= await killed(shell, environment.client, address, shop)
    found["missed"] = missed(found)
    print(json.dumps(found))
    return 1 if found["missed"] else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(rounds_asked_for("processes", ROUNDS))))
