"""A worker that is killed again and again: every run ends, and no effect happens twice."""

import random
from collections.abc import Callable

import pytest

from httptask.testing import ScriptedServer
from support import uncached_worker
from support.cluster import address_of
from support.commands import Shell
from support.kills import ordered_through_kills
from support.orders import STEPS, Shop
from support.runs import temporal_server

SEED = 20261123


@pytest.mark.long
@pytest.mark.parametrize(
    ("calls", "script", "orders", "during_calls", "at_any_time"),
    [
        pytest.param("activity", None, 20, 4, 3, id="activities"),
        pytest.param("local", None, 20, 4, 3, id="local calls"),
        pytest.param("local", uncached_worker.__file__, 8, 2, 1, id="local calls without cache"),
    ],
)
async def test_every_run_ends_and_no_effect_is_doubled_or_lost(
    shell: Shell,
    fewer: Callable[[int], int],
    calls: str,
    script: str | None,
    orders: int,
    during_calls: int,
    at_any_time: int,
) -> None:
    orders, during_calls, at_any_time = map(fewer, (orders, during_calls, at_any_time))
    shell.script = script or shell.script
    randomness = random.Random(SEED)
    shop = Shop(frozenset(randomness.sample(range(1, 3 * orders // 2), during_calls)))
    async with (
        ScriptedServer(shop) as server,
        temporal_server() as environment,
    ):
        shell.environment["TEMPORAL_ADDRESS"] = address_of(environment)
        results = await ordered_through_kills(
            shell,
            environment.client,
            shop,
            server.url,
            calls=calls,
            orders=orders,
            seconds_between=0.2,
            at_any_time=at_any_time,
            seconds=110,
            randomness=randomness,
        )

    assert [result for result in results if isinstance(result, BaseException)] == []
    assert [number for number, _ in results] == list(range(orders))
    assert len({receipt for _, receipt in results}) == orders
    assert len(shop.effects) == len(set(shop.effects)) == orders * len(STEPS)
    assert shop.received >= orders * len(STEPS) + during_calls
    assert len(shell.started) >= at_any_time + 2
