"""A server that is away for a while, under many calls."""

import asyncio
import time
from collections.abc import Callable

import pytest
from temporalio.testing import WorkflowEnvironment

from httptask.resilience.retry import Retry
from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.connections import local_connection
from support.orders import GET_EACH_ORDER
from support.runs import running, temporal_server

EACH = 100
AWAY = {1: 14.0, 3: 30.0}
"""Seconds, by the number of runs."""
MOST = {1: 0.1, 3: 0.05}
"""Of the attempts by the clock alone: those that are under way before one has failed are more of few calls."""
ATTEMPTS = {14.0: 4, 30.0: 5}
"""Of a call by the clock alone: after 0, 1, 3, 7 and 15 seconds."""


@pytest.mark.long
async def test_outage(fewer: Callable[[int], int]) -> None:
    runs = fewer(3)
    outage = AWAY[runs]
    naive = runs * EACH * ATTEMPTS[outage]
    begun = time.monotonic()
    answered: list[float] = []
    refused = 0

    def answer(_: ServedRequest) -> Reply:
        nonlocal refused
        if time.monotonic() - begun < outage:
            refused += 1
            return Reply.status(503)
        answered.append(time.monotonic() - begun - outage)
        return Reply.json({})

    async with (
        temporal_server() as environment,
        ScriptedServer(answer) as server,
        running(environment, connections={"shop": local_connection("shop", server.url)}) as runner,
    ):
        begun = time.monotonic()
        outcomes = await asyncio.gather(*(runner.run(GET_EACH_ORDER, EACH) for _ in range(runs)))

    print(
        f"{refused} calls during the outage, {refused / naive:.1%} of {naive}; all answered {answered[-1]:.1f} s after it"
    )
    assert [outcome.output for outcome in outcomes] == [EACH] * runs
    assert refused <= MOST[runs] * naive
    assert answered[-1] <= 15 + 5  # of a busy machine
    assert len(answered) == runs * EACH


COLLECTS = GET_EACH_ORDER.replace("concurrency: 200", "concurrency: 200\n        onError: collect").replace(
    'set: "${ length }"', 'set: "${ map(.error.detail) }"'
)


async def test_a_permanent_failure_ends(temporal: WorkflowEnvironment) -> None:
    policy = Retry(longest_retry_after=2)
    async with ScriptedServer([Reply.of(b"of another call", status=500)]) as server:
        shop = {"shop": local_connection("shop", server.url, retry=policy)}
        async with running(temporal, connections=shop) as runner, asyncio.timeout(30):
            outcome = await runner.run(COLLECTS, 60)

    given_up = (
        f"500 from {server.url}; nothing more is sent: most of this worker's calls to it have failed for "
    )
    details = outcome.output
    assert len(details) == 60
    assert sum(detail.startswith(given_up) for detail in details) >= 30
    assert len(server.requests) <= 0.2 * 60 * 5  # attempts by the clock alone
