"""Runs that continue as new, at every kind of place: the same result, and no call made twice or differently."""

import json
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.cluster import events_of, run_ids
from support.connections import local_connection
from support.definitions import parse
from support.runs import Outcome, Runner, running, temporal_server

NESTED_LOOPS = """
do:
  - begin: { set: { total: 0 }, export: { as: "${ { seen: [] } }" } }
  - rows:
      for: { each: row, in: "${ $workflow.input.rows }", at: r }
      do:
        - cells:
            for: { each: cell, in: "${ $row }", at: c }
            while: "${ .total < 1000 }"
            do:
              - tick: { set: { tries: "${ (.tries // 0) + 1 }", total: "${ .total }" } }
              - post:
                  call: httpRequest
                  with:
                    method: post
                    connection: shop
                    path: /double
                    body: { value: "${ $cell }", at: "${ [$r, $c, $tasks.tick.tries] }" }
                  output: { as: "${ { tries: $tasks.tick.tries, total: ($tasks.tick.total + .value) } }" }
              - again: { switch: [{ more: { when: "${ .tries < 2 }", then: tick } }] }
              - note:
                  set: { total: "${ .total }" }
                  export: { as: "${ { seen: ($context.seen + [[$r, $c, $tasks.post.tries]]) } }" }
  - end: { set: { total: "${ $tasks.rows.total }", begun: "${ $tasks.begin.total }", seen: "${ $context.seen }" } }
"""
ROWS = {"rows": [[1, 2, 3], [4], [], [5, 6]]}

IN_A_MAP = """
do:
  - factor: { set: { factor: 10 } }
  - each:
      call: map
      with:
        in: ${ $workflow.input.items }
        each: item
        at: i
        concurrency: 3
        do:
          - first: { call: httpRequest, with: { method: post, connection: shop, path: /double, body: { value: "${ $item }" } } }
          - loop:
              for: { each: n, in: "${ [1, 2] }" }
              do:
                - inner:
                    call: httpRequest
                    with: { method: post, connection: shop, path: /double, body: { value: "${ .value + $n + $tasks.factor.factor }" } }
          - last: { set: { i: "${ $i }", first: "${ $tasks.first.value }", value: "${ .value }" } }
"""
ITEMS = {"items": [1, 2, 3, 4, 5, 6, 7]}

ENDS_INSIDE = """
do:
  - loop:
      for: { each: n, in: "${ [1, 2, 3, 4] }" }
      do:
        - post: { call: httpRequest, with: { method: post, connection: shop, path: /double, body: { value: "${ $n }" } } }
        - enough: { switch: [{ done: { when: "${ $n == 3 }", then: end } }] }
  - never: { set: { never: true } }
"""


def double(request: ServedRequest) -> Reply:
    return Reply.json({"value": request.json()["value"] * 2})


async def chain_of(runner: Runner, outcome: Outcome) -> list[str]:
    """The runs that it took."""
    return [run_id async for run_id in run_ids(runner.client, outcome.handle)]


async def origin_of(runner: Runner, outcome: Outcome, run_id: str) -> str:
    """What a run of the chain takes for the first one."""
    handle = runner.client.get_workflow_handle(outcome.handle.id, run_id=run_id)
    [started] = await events_of(handle, "workflow_execution_started")
    [payload] = started.workflow_execution_started_event_attributes.input.payloads
    origin: str = json.loads(payload.data)["state"]["origin_run_id"]
    return origin


@pytest.mark.parametrize(
    ("definition", "data", "calls"),
    [
        pytest.param(NESTED_LOOPS, ROWS, 12, id="nested loops"),
        pytest.param(IN_A_MAP, ITEMS, 21, id="map"),
        pytest.param(ENDS_INSIDE, None, 3, id="end inside a loop"),
    ],
)
@pytest.mark.parametrize(
    ("after", "worker"),
    [
        pytest.param(8, {"max_cached_workflows": 0}, id="every call, uncached"),
        pytest.param(12, {}, id="every other call, cached"),
    ],
)
async def test_same_result_as_in_one_run(
    temporal: WorkflowEnvironment, definition: str, data: Any, calls: int, worker: dict[str, Any], after: int
) -> None:
    async with ScriptedServer(double) as server:
        shop = {"shop": local_connection("shop", server.url)}
        async with running(temporal, worker=worker, connections=shop) as runner:
            at_once = await runner.run(definition, data)
            bodies_at_once = sorted(request.body for request in server.requests)
            server.requests.clear()
            continued = await runner.run(definition, data, continue_as_new_after=after)
            assert len(await chain_of(runner, at_once)) == 1
            chain = await chain_of(runner, continued)
            assert len(chain) > 1
            assert await origin_of(runner, continued, chain[-1]) == chain[0]  # it is part of every key

    assert at_once.problem == continued.problem == {}
    assert continued.output == at_once.output
    assert len(bodies_at_once) == calls
    assert sorted(request.body for request in server.requests) == bodies_at_once
    assert len({request.headers["idempotency-key"] for request in server.requests}) == calls


async def test_served_definition_continues_when_the_server_suggests_it() -> None:
    suggest = ("--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=15")
    served = parse(NESTED_LOOPS)
    async with ScriptedServer(double) as server, temporal_server(*suggest) as environment:
        shop = {"shop": local_connection("shop", server.url)}
        async with running(environment, definitions=[served], connections=shop) as runner:
            handle = await runner.client.start_workflow(
                "test", ROWS, id="served", task_queue=runner.task_queue, result_type=dict
            )
            output = await handle.result()
            await runner.replay(handle)
            assert len(await chain_of(runner, Outcome(handle))) > 2

    assert output["total"] == sum(2 * 2 * cell for row in ROWS["rows"] for cell in row)
    assert output["seen"] == [[r, c, 2] for r, row in enumerate(ROWS["rows"]) for c, _ in enumerate(row)]
    assert (
        len({request.headers["idempotency-key"] for request in server.requests}) == len(server.requests) == 12
    )


async def test_timeout_counts_from_the_first_run(temporal: WorkflowEnvironment) -> None:
    """A chain may not outlive the workflow's timeout by continuing."""
    definition = """
    timeout: { after: { milliseconds: 1500 } }
    do:
      - a: { call: httpRequest, with: { method: post, connection: shop, path: /double, body: { value: 1 } } }
      - b: { wait: { milliseconds: 50 }, then: a }
    """
    async with ScriptedServer(double) as server:
        shop = {"shop": local_connection("shop", server.url)}
        async with running(temporal, connections=shop) as runner:
            outcome = await runner.run(definition, continue_as_new_after=12)
            assert len(await chain_of(runner, outcome)) > 1

    assert (outcome.problem["status"], outcome.problem["instance"]) == (408, "")
