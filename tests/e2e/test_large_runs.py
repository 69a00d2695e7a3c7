"""Runs whose data would not fit another run if each thing that is under way had its own copy."""

import json
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.cluster import events_of, run_ids
from support.connections import local_connection
from support.runs import Outcome, Runner, running, temporal_server

MAP = """
do:
  - each:
      call: map
      with:
        in: "${ .items }"
        concurrency: 16
        onError: collect
        do:
          - first: { call: httpRequest, with: { method: post, connection: shop, path: /, body: "${ $item }" } }
          - second: { set: { n: "${ .n }", last: "${ $index }" } }
"""
DOCUMENT = "do:" + "".join(
    f"""
  - task{number}: {{ call: httpRequest, with: {{ method: post, connection: shop, path: /, body: "${{ . }}" }} }}"""
    for number in range(4)
)


def same(request: ServedRequest) -> Reply:
    return Reply.of(request.body, headers={"Content-Type": "application/json"})


def number_of(request: ServedRequest) -> Reply:
    return Reply.json({"n": request.json()["n"]})


async def states_of(runner: Runner, outcome: Outcome) -> list[bytes]:
    """What each continued run was given."""
    states: list[bytes] = []
    async for run_id in run_ids(runner.client, outcome.handle):
        handle = runner.client.get_workflow_handle(outcome.handle.id, run_id=run_id)
        [started] = await events_of(handle, "workflow_execution_started")
        states.append(started.workflow_execution_started_event_attributes.input.payloads[0].data)
    return states[1:]


@pytest.mark.parametrize("worker", [{}, {"max_cached_workflows": 0}], ids=["cached", "uncached"])
async def test_items_in_flight_are_no_copies(temporal: WorkflowEnvironment, worker: dict[str, Any]) -> None:
    data = {"items": [{"n": number, "text": "x" * 1_000} for number in range(40)]}
    async with ScriptedServer(number_of) as server:
        shop = {"shop": local_connection("shop", server.url)}
        async with running(temporal, connections=shop, worker=worker) as runner:
            outcome = await runner.run(MAP, data, continue_as_new_after=40)
            states = await states_of(runner, outcome)

    assert outcome.output == [{"n": number, "last": number} for number in range(40)]
    assert (
        len({request.headers["idempotency-key"] for request in server.requests}) == len(server.requests) == 40
    )
    assert states
    assert max(map(len, states)) < 1.2 * len(json.dumps(data))


async def test_a_document_that_is_passed_on_is_carried_once(temporal: WorkflowEnvironment) -> None:
    data = {"text": "x" * 1_000_000}
    async with ScriptedServer(same) as server:
        shop = {"shop": local_connection("shop", server.url)}
        async with running(temporal, connections=shop) as runner:
            outcome = await runner.run(DOCUMENT, data, continue_as_new_after=8)
            states = await states_of(runner, outcome)

    assert outcome.output == data
    assert states
    assert max(map(len, states)) < 1_010_000


async def test_a_large_state_is_not_handed_on_after_little_work() -> None:
    data = {"items": [{"n": number, "text": "x" * 5_000} for number in range(40)]}
    suggest = ("--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=40")
    async with ScriptedServer(number_of) as server, temporal_server(*suggest) as environment:
        shop = {"shop": local_connection("shop", server.url)}
        async with running(environment, connections=shop) as runner:
            outcome = await runner.run(MAP, data)
            states = await states_of(runner, outcome)

    assert len(outcome.output) == 40
    assert states == []
