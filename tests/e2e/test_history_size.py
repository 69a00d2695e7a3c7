"""History grows with the number of tasks, not with its square: each call carries only what it needs."""

from collections.abc import Callable
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from httptask.testing import Reply, ScriptedServer
from support.connections import local_connection
from support.definitions import document
from support.runs import running

ANSWER = Reply.json({"text": "x" * 5_000})


def calls_in_sequence(count: int) -> dict[str, Any]:
    """Each task reads the answer of the one before."""
    tasks: list[dict[str, Any]] = []
    for number in range(count):
        body = {"before": f"${{ $tasks.call{number - 1}.text }}" if number else "nothing"}
        arguments = {"method": "post", "connection": "shop", "path": "/x", "body": body}
        tasks.append({f"call{number}": {"call": "httpRequest", "with": arguments}})
    return document(do=tasks)


def calls_in_a_loop(count: int) -> dict[str, Any]:
    arguments = {"method": "post", "connection": "shop", "path": "/x", "body": {"before": "${ .text }"}}
    loop = {
        "for": {"in": f"${{ [range({count})] }}"},
        "do": [{"call": {"call": "httpRequest", "with": arguments}}],
    }
    return document(do=[{"loop": loop}])


@pytest.mark.parametrize("make", [calls_in_sequence, calls_in_a_loop])
async def test_twice_the_tasks_take_twice_the_bytes(
    temporal: WorkflowEnvironment, make: Callable[[int], dict[str, Any]]
) -> None:
    sizes: list[int] = []
    async with ScriptedServer([ANSWER]) as server:
        shop = {"shop": local_connection("shop", server.url)}
        async with running(temporal, connections=shop) as runner:
            for count in (10, 20):
                outcome = await runner.run(make(count), {"text": ""})
                assert outcome.problem == {}
                history = await outcome.handle.fetch_history()
                sizes.append(sum(event.ByteSize() for event in history.events))

    assert sizes[1] <= 2.2 * sizes[0]
