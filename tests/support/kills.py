"""Orders that run while their worker is killed again and again."""

import asyncio
import random
import signal
from contextlib import suppress
from typing import Any

from temporalio.client import Client, WorkflowHandle

from httptask.plugin import DefinitionRegistry, HttpTaskPlugin
from support.commands import Command, Shell
from support.orders import ORDERS, Shop
from support.runs import Runner

__all__ = ["ordered_through_kills"]

_CONNECTION = """
[connections.shop]
base_url = "{url}"
allow_private = ["loopback"]
limits = {{ connect = 30 }}
retry = {{ attempts = 20 }}
"""
"""So patient that what a busy machine delays is not taken for what a kill has lost."""


async def ordered_through_kills(
    shell: Shell,
    client: Client,
    shop: Shop,
    url: str,
    *,
    calls: str,
    orders: int,
    seconds_between: float,
    at_any_time: int,
    seconds: float,
    randomness: random.Random,
) -> list[Any]:
    """Order, and kill the worker whenever the shop asks for it, and a few times besides.

    Args:
        shell: the worker's.
        client: of the cluster, whose address the shell's environment has.
        shop: what the orders ask, at `url`.
        url: the shop's.
        calls: how they are made: `activity` or `local`.
        orders: how many.
        seconds_between: one order and the next, so that each kill meets some runs at every step.
        at_any_time: how often the worker is killed though the shop has not asked for it.
        seconds: how long the last order may take from then on.
        randomness: when that is.

    Returns:
        What each order came to, which may be an exception; all of their histories have been replayed.
    """
    metadata = f"metadata: {{ httptask: {{ calls: {calls} }} }}"
    shell.write("definitions/orders.yaml", ORDERS.replace("1.0.0 }", f"1.0.0, {metadata} }}", 1))
    shell.write("httptask.toml", _CONNECTION.format(url=url))
    handles: list[WorkflowHandle[Any, Any]] = []
    async with asyncio.TaskGroup() as group:
        killing = group.create_task(_keep_killing(shell, shop, at_any_time, randomness))
        for number in range(orders):
            handles.append(
                await client.start_workflow(
                    "orders",
                    {"order": number},
                    id=f"order-{calls}-{number}",
                    task_queue="httptask",
                    result_type=list,
                )
            )
            await asyncio.sleep(seconds_between)
        async with asyncio.timeout(seconds):
            results = await asyncio.gather(*(handle.result() for handle in handles), return_exceptions=True)
        killing.cancel()
    replayer = Runner(client, HttpTaskPlugin(definitions=DefinitionRegistry([])), "")
    for handle in handles:
        await replayer.replay(handle)
    return results


async def _keep_killing(shell: Shell, shop: Shop, at_any_time: int, randomness: random.Random) -> None:
    worker = await _started(shell)
    while True:
        if at_any_time:
            with suppress(TimeoutError):
                async with asyncio.timeout(randomness.uniform(0.0, 1.0)):
                    await shop.kill.wait()
        else:
            await shop.kill.wait()
        at_any_time -= not shop.kill.is_set() and at_any_time > 0
        shop.kill.clear()
        worker.process.send_signal(signal.SIGKILL)
        await worker.ends()
        worker = await _started(shell)


async def _started(shell: Shell) -> Command:
    worker = await shell.start("worker", "--definitions", "definitions")
    await worker.says("worker.started", seconds=300)
    return worker
