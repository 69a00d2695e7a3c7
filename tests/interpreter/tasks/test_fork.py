"""Branches that run at the same time, and that compete; each workflow task replays all of its run."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from temporalio import activity
from temporalio.testing import WorkflowEnvironment

from httptask.plugin import AllowedActivity, fetch_status
from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.cluster import events_of, parts_of, run_ids
from support.connections import local_connection
from support.parts import let_parts_be_small, same_number
from support.runs import Runner, running

UNCACHED = {"max_cached_workflows": 0}
BROKEN = (
    '{ raise: { error: { type: "https://example.com/broken", status: 500, title: Broken, detail: no %s } } }'
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def runner(temporal: WorkflowEnvironment) -> AsyncIterator[Runner]:
    async with running(temporal, worker=UNCACHED) as found:
        yield found


ENDS = {
    "in the order in which they stand": (
        """
        - both:
            fork:
              branches:
                - a: { do: [{ rest: { wait: { milliseconds: 20 } } }, { late: { set: "${ .n + 1 }" } }] }
                - b: { set: "${ .n + 2 }" }
        - last: { set: "${ [., $tasks.both[1]] }" }
        """,
        [[2, 3], 3],
    ),
    "the first that completes": (
        """
        - race:
            fork:
              compete: true
              branches:
                - a: { do: [{ rest: { wait: PT1H } }, { late: { set: late } }] }
                - b: { set: quick }
        """,
        "quick",
    ),
    "at once the first that stands there": (
        "- race: { fork: { compete: true, branches: [{ a: { set: a } }, { b: { set: b } }] } }",
        "a",
    ),
    "an error wins nothing": (
        f"""
        - race:
            fork:
              compete: true
              branches:
                - a: {BROKEN % "a"}
                - b: {{ do: [{{ rest: {{ wait: {{ milliseconds: 20 }} }} }}, {{ late: {{ set: late }} }}] }}
        """,
        "late",
    ),
    "what is skipped is null": (
        "- both: { fork: { branches: [{ a: { if: .n > 1, set: a } }, { b: { set: b } }] } }",
        [None, "b"],
    ),
    "what is skipped does not compete": (
        """
        - race:
            fork:
              compete: true
              branches:
                - a: { if: .n > 1, set: a }
                - b: { do: [{ rest: { wait: { milliseconds: 20 } } }, { late: { set: late } }] }
        """,
        "late",
    ),
    "all are skipped": (
        "- race: { fork: { compete: true, branches: [{ a: { if: .n > 1, set: a } }] } }",
        None,
    ),
    "exit ends a branch": (
        """
        - both:
            fork:
              branches:
                - a: { do: [{ first: { set: a, then: exit } }, { never: { set: never } }] }
                - b: { set: b, then: exit }
        - last: { set: "${ . + [3] }" }
        """,
        ["a", "b", 3],
    ),
    "end ends all": (
        """
        - both:
            fork:
              branches:
                - a: { wait: PT1H }
                - b: { do: [{ first: { set: b, then: end } }] }
        - never: { set: never }
        """,
        "b",
    ),
    "an export stays inside": (
        """
        - first: { set: "${ 1 }", export: { as: "${ [.] }" } }
        - both:
            fork:
              branches:
                - a: { do: [{ x: { set: "${ 2 }", export: { as: "${ $context + [.] }" } } }, { y: { set: "${ $context }" } }] }
                - b: { do: [{ x: { wait: { milliseconds: 20 } } }, { y: { set: "${ $context }" } }] }
        - last: { set: "${ [., $context] }" }
        """,
        [[[1, 2], [1]], [1]],
    ),
    "errors are caught inside and around": (
        f"""
        - guard:
            try:
              - both:
                  fork:
                    branches:
                      - a: {{ wait: PT1H }}
                      - b:
                          do:
                            - own: {{ try: [{{ x: {BROKEN % "x"} }}], catch: {{ do: [{{ told: {{ set: "${{ $error.detail }}" }} }}] }} }}
                            - more: {BROKEN % "b"}
            catch: {{ do: [{{ told: {{ set: "${{ $error.detail }}" }} }}] }}
        """,
        "no b",
    ),
    "branches in branches and loops": (
        """
        - seed: { set: "${ 10 }" }
        - each:
            call: map
            with:
              in: ${ [1, 2] }
              each: n
              concurrency: 2
              do:
                - both:
                    fork:
                      branches:
                        - left:
                            for: { each: m, in: "${ [1, 2] }" }
                            input: { from: "${ 0 }" }
                            do: [{ add: { set: "${ . + $n * $m + $tasks.seed }" } }]
                        - right:
                            fork:
                              compete: true
                              branches: [{ slow: { wait: PT1H } }, { quick: { set: "${ $n }" } }]
        - sum: { set: "${ flatten }" }
        """,
        [23, 1, 26, 2],
    ),
}


@pytest.mark.parametrize(("tasks", "output"), ENDS.values(), ids=ENDS)
async def test_what_comes_of_branches(runner: Runner, tasks: str, output: Any) -> None:
    outcome = await runner.run(f"do:\n{tasks}", {"n": 1})
    assert (outcome.problem, outcome.output) == ({}, output)


FAULTS = {
    "an error ends the others": (
        f"- both: {{ fork: {{ branches: [{{ a: {{ wait: PT1H }} }}, {{ b: {BROKEN % 'b'} }}] }} }}",
        {"detail": "no b", "instance": "/do/0/both/fork/branches/1/b"},
    ),
    "none completes": (
        f"""
        - race:
            fork:
              compete: true
              branches:
                - a: {{ do: [{{ rest: {{ wait: {{ milliseconds: 20 }} }} }}, {{ late: {BROKEN % "a"} }}] }}
                - b: {BROKEN % "b"}
                - c: {{ if: "false", set: c }}
        """,
        {
            "title": "Broken",
            "detail": "none of 3 branches completed: a: no a; b: no b",
            "instance": "/do/0/race",
        },
    ),
    "a timeout ends all": (
        "- race: { timeout: { after: PT0.05S }, fork: { branches: [{ a: { wait: PT1H } }, { b: { wait: PT1H } }] } }",
        {"status": 408, "instance": "/do/0/race"},
    ),
}


@pytest.mark.parametrize(("tasks", "problem"), FAULTS.values(), ids=FAULTS)
async def test_branches_that_fail(runner: Runner, tasks: str, problem: dict[str, Any]) -> None:
    outcome = await runner.run(f"do:\n{tasks}")
    assert {**outcome.problem, **problem} == outcome.problem
    states = {task.name: task.state for task in (await fetch_status(outcome.handle)).tasks}
    assert set(states.values()) <= {"faulted", "cancelled", "completed", "skipped"}


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
            found = [part async for part in parts_of(runner.client, outcome.handle)]

    assert (outcome.problem, outcome.output) == ({}, [[10 * n for n in range(36)], 5])
    assert len(found) > 1
    assert (
        len({request.headers["idempotency-key"] for request in server.requests}) == len(server.requests) == 42
    )
