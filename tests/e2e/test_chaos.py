"""Workers and the Temporal server itself are killed again and again: nothing is lost, no effect happens twice."""

import asyncio
import contextlib
import random
import signal
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from httptask.cli.server.process import available_port
from httptask.testing import ScriptedServer
from httptask.testing.temporal_server import find_temporal
from support.commands import Command, Shell
from support.orders import ORDERS, STEPS, Shop
from support.runs import NOT_WAITING_FOR_THE_DISK

RUNS = 100
WORKERS = 3
WORKER_KILLS = 25
SERVER_KILLS = 10
SEED = 20261126


@dataclass
class Temporal:
    """A server whose database outlives it."""

    port: int
    database: Path
    process: asyncio.subprocess.Process | None = None
    kills: int = 0

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def start(self) -> None:
        self.process = await asyncio.create_subprocess_exec(
            *(find_temporal(), "server", "start-dev", "--headless", "--port", str(self.port)),
            *("--db-filename", str(self.database), "--log-level", "never"),
            *NOT_WAITING_FOR_THE_DISK,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )

    async def kill(self) -> None:
        assert self.process is not None  # started
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()
        self.kills += 1

    async def client(self) -> Client:
        async with asyncio.timeout(30):
            while True:
                try:
                    return await Client.connect(self.address)
                except RuntimeError:
                    await asyncio.sleep(0.1)


class Workers:
    """Processes that serve the orders; whoever is killed, or ends, is replaced.

    All that are killed were at work: one that still begins has nothing to lose.
    """

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._running: list[Command] = []
        self.kills = 0

    async def start(self) -> None:
        self._running = [await self._start() for _ in range(WORKERS)]

    async def kill(self, randomness: random.Random) -> None:
        place = randomness.randrange(WORKERS)
        command = self._running[place]
        if command.process.returncode is None and "worker.started" in command.stderr:
            command.process.kill()
            self.kills += 1
        elif command.process.returncode is None:
            return
        await command.process.wait()
        self._running[place] = await self._start()

    async def _start(self) -> Command:
        return await self._shell.start("worker", "--definitions", "definitions")


async def wreak_havoc(temporal: Temporal, workers: Workers, worker_kills: int, server_kills: int) -> None:
    randomness = random.Random(SEED)
    while workers.kills < worker_kills or temporal.kills < server_kills:
        await asyncio.sleep(randomness.uniform(0.2, 1.0))
        left = (worker_kills - workers.kills, server_kills - temporal.kills)
        if randomness.choices(("worker", "server"), [max(0, count) for count in left])[0] == "worker":
            await workers.kill(randomness)
        else:
            await temporal.kill()
            await temporal.start()


async def order(client: Client, number: int) -> list[Any]:
    """Start a run and wait for it, through every outage of the server."""
    id_ = f"order-{number}"
    while True:
        try:
            with contextlib.suppress(WorkflowAlreadyStartedError):
                await client.start_workflow(
                    "orders",
                    {"order": number},
                    id=id_,
                    task_queue="httptask",
                    id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,  # it may have ended unseen
                )
            done: list[Any] = await client.get_workflow_handle(id_, result_type=list).result()
        except RPCError:
            await asyncio.sleep(0.2)
        else:
            return done


async def order_all(client: Client, runs: int) -> list[list[Any]]:
    async with asyncio.TaskGroup() as group:
        ordering: list[asyncio.Task[list[Any]]] = []
        for number in range(runs):
            ordering.append(group.create_task(order(client, number)))
            await asyncio.sleep(0.2)  # as long as there are kills
    return [done.result() for done in ordering]


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_nothing_is_lost_or_doubled(shell: Shell, tmp_path: Path, fewer: Callable[[int], int]) -> None:
    runs, worker_kills, server_kills = map(fewer, (RUNS, WORKER_KILLS, SERVER_KILLS))
    shop = Shop()
    temporal = Temporal(available_port(), tmp_path / "temporal.db")
    shell.write("definitions/orders.yaml", ORDERS)
    async with ScriptedServer(shop) as server:
        shell.write(
            "httptask.toml", f'[connections.shop]\nbase_url = "{server.url}"\nallow_private = ["loopback"]\n'
        )
        shell.environment["TEMPORAL_ADDRESS"] = temporal.address
        await temporal.start()
        try:
            client = await temporal.client()
            workers = Workers(shell)
            await workers.start()
            havoc = asyncio.create_task(wreak_havoc(temporal, workers, worker_kills, server_kills))
            results = await order_all(client, runs)
            await havoc
        finally:
            await temporal.kill()

    assert [number for number, _ in results] == list(range(runs))
    assert len(shop.effects) == len(set(shop.effects)) == runs * len(STEPS)
    assert workers.kills >= worker_kills
    assert temporal.kills >= server_kills
    with sqlite3.connect(temporal.database) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
