"""A worker that is killed again and again: every run ends, and no effect happens twice."""

import random

import pytest

from httptask.testing import ScriptedServer
from support import uncached_worker
from support.cluster import address_of
from support.commands import Shell
from support.kills import ordered_through_kills
from support.orders import STEPS, Shop
from support.runs import temporal_server

RUNS = 20
SEED = 20261123
KILLS_DURING_CALLS = 4
KILLS_AT_ANY_TIME = 3


@pytest.mark.long
@pytest.mark.parametrize(
    ("calls", "script"),
    [
        pytest.param("activity", None, id="activities"),
        pytest.param("local", None, id="local calls"),
        pytest.param("local", uncached_worker.__file__, id="local calls without cache"),
    ],
)
async def test_every_run_ends_and_no_effect_is_doubled_or_lost(
    shell: Shell, calls: str, script: str | None
) -> None:
    shell.script = script or shell.script
    randomness = random.Random(SEED)
    shop = Shop(frozenset(randomness.sample(range(1, 30), KILLS_DURING_CALLS)))
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
            orders=RUNS,
            seconds_between=0.2,
            at_any_time=KILLS_AT_ANY_TIME,
            seconds=110,
            randomness=randomness,
        )

    assert [result for result in results if isinstance(result, BaseException)] == []
    assert [order for order, _ in results] == list(range(RUNS))
    assert len({receipt for _, receipt in results}) == RUNS
    assert len(shop.effects) == len(set(shop.effects)) == RUNS * len(STEPS)
    assert shop.received >= RUNS * len(STEPS) + KILLS_DURING_CALLS
    assert len(shell.started) >= KILLS_AT_ANY_TIME + 2
