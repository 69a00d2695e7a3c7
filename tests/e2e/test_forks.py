"""Forks whose branches make calls: who loses is cancelled, and what is under way goes on in other runs."""

import asyncio
import json

import pytest
from temporalio import activity
from temporalio.testing import WorkflowEnvironment

from httptask.interpreter.listens import LISTENS_MEMO
from httptask.plugin import AllowedActivity, fetch_status
from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.cluster import events_of, parts_of, run_ids
from support.connections import local_connection
from support.parts import let_parts_be_small, same_number
from support.runs import running

UNCACHED = {"max_cached_workflows": 0}


@activity.defn
async def beating() -> None:
    while True:
        activity.heartbeat()
        await asyncio.sleep(0.05)


RACE = """
document:
  { dsl: 1.0.3, namespace: test, name: race, version: 1.0.0, metadata: { httptask: { calls: local, budget: { calls: 9 } } } }
do:
  - race:
      fork:
        compete: true
        branches:
          - call: { call: httpRequest, with: { method: post, connection: shop, path: /silent } }
          - pages:
              do:
                - first: { call: httpRequest, with: { method: post, connection: shop, path: /first } }
                - second: { call: httpRequest, with: { method: post, connection: shop, path: /silent } }
          - items:
              call: map
              with:
                in: ${ [1, 2] }
                concurrency: 2
                do: [{ item: { call: httpRequest, with: { method: post, connection: shop, path: /silent } } }]
          - inner: { fork: { branches: [{ rest: { wait: PT1H } }, { own: { call: activity, with: { type: beating } } }] } }
          - winner: { call: httpRequest, with: { method: post, connection: shop, path: /last } }
  - after: { wait: { milliseconds: 1 } }
"""


async def test_who_loses_is_cancelled_with_its_calls(temporal: WorkflowEnvironment) -> None:
    silent: list[ServedRequest] = []
    under_way = asyncio.Event()

    async def answer(request: ServedRequest) -> Reply:
        if request.target == "/last":
            await under_way.wait()
        elif request.target == "/silent":
            silent.append(request)
            if len(silent) == 4:
                under_way.set()
            return Reply.silence()
        return Reply.json(request.target)

    async with ScriptedServer(answer) as server:
        shop = {"shop": local_connection("shop", server.url, limits={"total": 60})}
        async with running(
            temporal,
            connections=shop,
            worker={"activities": [beating]},
            allowed_activities=[AllowedActivity(name="beating", heartbeat_timeout=1)],
        ) as runner:
            outcome = await runner.run(RACE)
            await server.client_left(4)
            status = await fetch_status(outcome.handle)
            spent = await outcome.spent()
            scheduled = await events_of(outcome.handle, "activity_task_scheduled")

    assert (outcome.problem, outcome.output) == ({}, "/last")
    states = {task.id: task.state for task in status.tasks}
    assert {id_ for id_, state in states.items() if state == "completed"} == {
        *("race", "race/winner", "race/pages/first", "after")
    }
    assert {id_ for id_, state in states.items() if state == "cancelled"} == states.keys() - {
        *("race", "race/winner", "race/pages/first", "after")
    }
    assert len(states) == 13
    [race] = [task for task in status.tasks if task.id == "race"]
    assert race.summary == "winner won"
    assert spent["calls"] == 6
    assert len(scheduled) == 7  # none was local
    keys = [request.headers["idempotency-key"] for request in server.requests]
    assert len(set(keys)) == len(keys) == 6


CONTINUES = """
do:
  - factor: { set: { factor: 10 } }
  - both:
      fork:
        branches:
          - left:
              do:
                - first: { call: httpRequest, with: { method: post, connection: shop, path: /, body: 1 } }
                - loop:
                    for: { each: n, in: "${ [1, 2] }" }
                    do:
                      - inner:
                          call: httpRequest
                          with: { method: post, connection: shop, path: /, body: "${ . + $n + $tasks.factor.factor }" }
                - last: { set: "${ [$tasks.first, .] }" }
          - right:
              fork:
                compete: true
                branches:
                  - slow: { do: [{ rest: { wait: PT1H } }, { late: { set: late } }] }
                  - broken: { do: [{ ask: { call: httpRequest, with: { method: post, connection: shop, path: /broken } } }] }
                  - quick:
                      for: { each: n, in: "${ [1, 2, 3] }" }
                      input: { from: "${ [] }" }
                      do:
                        - ask: { call: httpRequest, with: { method: post, connection: shop, path: /, body: "${ $n }" } }
                        - keep: { set: "${ [.] }" }
"""


@pytest.mark.parametrize("after", [8, 12], ids=["every call", "every other call"])
async def test_branches_go_on_in_another_run(temporal: WorkflowEnvironment, after: int) -> None:
    def double(request: ServedRequest) -> Reply:
        if request.target == "/broken":
            return Reply.status(400)
        return Reply.json(2 * json.loads(request.body))

    async with ScriptedServer(double) as server:
        shop = {"shop": local_connection("shop", server.url)}
        async with running(temporal, connections=shop, worker=UNCACHED) as runner:
            outcome = await runner.run(CONTINUES, continue_as_new_after=after)
            chain = [run_id async for run_id in run_ids(runner.client, outcome.handle)]

    assert (outcome.problem, outcome.output) == ({}, [[2, 76], [6]])
    assert len(chain) > 1
    assert (
        len({request.headers["idempotency-key"] for request in server.requests}) == len(server.requests) == 7
    )


IN_PARTS = """
do:
  - seed: { set: { factor: 10 } }
  - both:
      fork:
        branches:
          - items:
              call: map
              with:
                in: '${ [range(36) | { n: ., text: ("x" * 900) }] }'
                concurrency: 4
                do:
                  - race:
                      fork:
                        compete: true
                        branches:
                          - slow: { wait: PT1H }
                          - quick:
                              call: httpRequest
                              with:
                                method: post
                                connection: shop
                                path: /
                                body: { n: "${ $item.n * $tasks.seed.factor }" }
                  - keep: { set: { n: "${ .n }", text: '${ "y" * 400 }' } }
          - other:
              for: { each: n, in: "${ [range(6)] }" }
              do: [{ ask: { call: httpRequest, with: { method: post, connection: shop, path: /, body: { n: "${ $n }" } } } }]
  - last: { set: "${ [(.[0] | map(.n)), .[1].n] }" }
"""


async def test_a_branch_runs_in_parts_and_parts_have_branches(
    temporal: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_parts_be_small(monkeypatch)
    async with ScriptedServer(same_number) as server:
        shop = {"shop": local_connection("shop", server.url)}
        async with running(temporal, connections=shop) as runner:
            outcome = await runner.run(IN_PARTS, continue_as_new_after=30)
            found = await parts_of(runner.client, outcome.handle)

    assert (outcome.problem, outcome.output) == ({}, [[10 * n for n in range(36)], 5])
    assert len(found) > 1
    assert (
        len({request.headers["idempotency-key"] for request in server.requests}) == len(server.requests) == 42
    )


FAILS_WHILE_OTHERS_PAUSE = """
do:
  - guard:
      try:
        - both:
            fork:
              branches:
                - event: { listen: { to: { one: { with: { type: paid } } } } }
                - each:
                    for: { each: n, in: "${ [range(9)] }" }
                    do: [{ ask: { call: httpRequest, with: { method: post, connection: shop, path: /, body: "${ $n }" } } }]
                - broken: { call: httpRequest, with: { method: post, connection: shop, path: /broken } }
      catch: {}
  - last: { set: "${ 1 }" }
"""


async def test_what_has_paused_when_another_branch_fails_is_cancelled(temporal: WorkflowEnvironment) -> None:
    draining = asyncio.Event()

    async def answer(request: ServedRequest) -> Reply:
        if request.target == "/broken":
            await draining.wait()
            return Reply.status(400)
        asyncio.get_running_loop().call_later(
            0.5, draining.set
        )  # the others may pause as well a little later
        return Reply.json(1)

    async with ScriptedServer(answer) as server:
        shop = {"shop": local_connection("shop", server.url)}
        async with running(temporal, connections=shop) as runner:
            handle = await runner.start(FAILS_WHILE_OTHERS_PAUSE, continue_as_new_after=8)
            await handle.result()
            runs = [
                runner.client.get_workflow_handle(handle.id, run_id=id_)
                async for id_ in run_ids(runner.client, handle)
            ]
            tasks = [task for run in runs for task in (await fetch_status(run)).tasks]
            assert await (await handle.describe()).memo_value(LISTENS_MEMO, default=None) is None

    ended = {task.name: task.state for task in tasks}
    assert (ended["event"], ended["broken"], ended["both"]) == ("cancelled", "faulted", "faulted")
