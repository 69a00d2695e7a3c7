"""A worker that is killed again and again: every run ends, and no effect happens twice."""

import asyncio
import random
import signal
from typing import Any

import pytest
from temporalio.client import Client, WorkflowHandle

from httptask.plugin import DefinitionRegistry, HttpTaskPlugin
from httptask.testing import ScriptedServer
from support.cluster import address_of
from support.commands import Command, Shell
from support.orders import ORDERS, STEPS, Shop
from support.runs import Runner, temporal_server

RUNS = 20
SEED = 20261123
KILLS_DURING_CALLS = 4
KILLS_AT_ANY_TIME = 3


def made(calls: str) -> str:
    return f"metadata: {{ httptask: {{ calls: {calls} }} }}"


async def kill_and_restart(shell: Shell, shop: Shop, randomness: random.Random) -> None:
    """Keep a worker running that is killed whenever the shop asks for it, and a few times besides."""
    worker = await start_worker(shell)
    for _ in range(KILLS_AT_ANY_TIME):
        await asyncio.sleep(randomness.uniform(0.0, 0.6))
        worker = await replaced(worker, shell)
    while True:
        await shop.kill.wait()
        shop.kill.clear()
        worker = await replaced(worker, shell)


async def start_worker(shell: Shell) -> Command:
    worker = await shell.start("worker", "--definitions", "definitions")
    await worker.says("worker.started")
    return worker


async def replaced(worker: Command, shell: Shell) -> Command:
    worker.process.send_signal(signal.SIGKILL)
    await worker.ends()
    return await start_worker(shell)


async def start_runs(client: Client) -> list[WorkflowHandle[Any, Any]]:
    """One after the other, so that each kill meets some runs at every step."""
    handles: list[WorkflowHandle[Any, Any]] = []
    for number in range(RUNS):
        handles.append(
            await client.start_workflow(
                "orders", {"order": number}, id=f"order-{number}", task_queue="httptask", result_type=list
            )
        )
        await asyncio.sleep(0.2)
    return handles


@pytest.mark.long
@pytest.mark.parametrize("calls", ["activity", "local"])
async def test_every_run_ends_and_no_effect_is_doubled_or_lost(shell: Shell, calls: str) -> None:
    randomness = random.Random(SEED)
    kill_at = frozenset(randomness.sample(range(1, 30), KILLS_DURING_CALLS))
    shop = Shop(kill_at)
    shell.write("definitions/orders.yaml", ORDERS.replace("1.0.0 }", f"1.0.0, {made(calls)} }}", 1))
    async with (
        ScriptedServer(shop) as server,
        temporal_server() as environment,
    ):
        shell.write(
            "httptask.toml", f'[connections.shop]\nbase_url = "{server.url}"\nallow_private = ["loopback"]\n'
        )
        shell.environment["TEMPORAL_ADDRESS"] = address_of(environment)
        killing = asyncio.create_task(kill_and_restart(shell, shop, randomness))
        handles = await start_runs(environment.client)
        async with asyncio.timeout(110):
            results = await asyncio.gather(*(handle.result() for handle in handles))
        killing.cancel()
        replayer = Runner(environment.client, HttpTaskPlugin(definitions=DefinitionRegistry([])), "")
        for handle in handles:
            await replayer.replay(handle)

    assert [order for order, _ in results] == list(range(RUNS))
    assert len({receipt for _, receipt in results}) == RUNS
    assert len(shop.effects) == len(set(shop.effects)) == RUNS * len(STEPS)
    assert shop.received >= RUNS * len(STEPS) + KILLS_DURING_CALLS
    assert len(shell.started) >= KILLS_AT_ANY_TIME + 2
