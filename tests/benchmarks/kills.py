"""200 orders of three POSTs, once with activities and once with local calls, while their worker is killed 30 times.

    uv run python -m tests.benchmarks.kills

The shop honours Idempotency-Key, and has the worker killed instead of answering some of the calls; other kills come at any
time. Each history is replayed. The last line is JSON; the exit code is 1 if an order or an effect is lost or doubled.
"""

import asyncio
import json
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from temporalio.client import Client

from httptask.testing import ScriptedServer
from support.cluster import address_of
from support.kills import ordered_through_kills
from support.orders import STEPS, Shop
from support.runs import temporal_server
from support.shells import opened_shell

ORDERS = 200
KILLS = 30
KILLS_DURING_CALLS = 24
KILLS_AT_ANY_TIME = 10
SECONDS_BETWEEN = 0.25
SEED = 20261129


async def killed(client: Client, address: str, calls: str) -> dict[str, Any]:
    randomness = random.Random(SEED)
    shop = Shop(frozenset(randomness.sample(range(1, ORDERS * len(STEPS)), KILLS_DURING_CALLS)))
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        async with ScriptedServer(shop) as server, opened_shell(Path(folder)) as shell:
            shell.environment["TEMPORAL_ADDRESS"] = address
            results = await ordered_through_kills(
                shell,
                client,
                shop,
                server.url,
                calls=calls,
                orders=ORDERS,
                seconds_between=SECONDS_BETWEEN,
                at_any_time=KILLS_AT_ANY_TIME,
                seconds=3000,
                randomness=randomness,
            )
            kills = len(shell.started) - 1
    ended = [result for result in results if not isinstance(result, BaseException)]
    effects = set(shop.effects)
    return {
        "orders": ORDERS,
        "kills": kills,
        "lost": ORDERS - len({number for number, _ in ended}),
        "effects_lost": ORDERS * len(STEPS) - len(effects),
        "effects_doubled": len(shop.effects) - len(effects),
        "asked_again": shop.received - len(shop.effects),
        "seconds": round(time.monotonic() - began, 1),
    }


def holds(found: dict[str, Any]) -> bool:
    """Whether the worker was killed so often, and nothing came of it."""
    harm = found["lost"], found["effects_lost"], found["effects_doubled"]
    return found["kills"] >= KILLS and not any(harm)


async def main() -> int:
    async with temporal_server() as environment:
        address = address_of(environment)
        found = {calls: await killed(environment.client, address, calls) for calls in ("activity", "local")}
    print(json.dumps(found))
    return 0 if all(holds(each) for each in found.values()) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
