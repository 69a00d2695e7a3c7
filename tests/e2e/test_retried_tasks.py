"""`catch.retry`: how often its tasks are tried again, by whom alone, and in whichever run of a chain."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from temporalio import activity
from temporalio.client import WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from httptask.connections import Connection, Retry
from httptask.interpreter.status import TaskStatus
from httptask.plugin import AllowedActivity, fetch_status
from httptask.runs.history import read_run
from httptask.testing import HttpTaskEnvironment, Reply, ScriptedServer, ServedRequest
from support.cluster import events_of, run_ids
from support.connections import local_connection
from support.definitions import parse
from support.runs import running, skipping_time

NONE, OTHER, CONDITION, RETRY = (
    "",
    "errors: { with: { status: 404 } }, retry: { limit: { attempt: { count: 2 } } }, ",
    "when: $error.status == 404, retry: { limit: { attempt: { count: 2 } } }, ",
    "errors: { with: { status: 503 } }, retry: { delay: PT1S, limit: { attempt: { count: 2 } } }, ",
)
SENDS = "send: { call: httpRequest, with: { method: post, connection: shop, path: / } }"
LASTED = "${ $task.startedAt.epoch.seconds - $workflow.startedAt.epoch.seconds }"


def retried(catch: str, tasks: str = SENDS, *, local: bool = False) -> dict[str, Any]:
    """A definition whose output is how many seconds its calls took."""
    inner = f"{{ try: [{{ {tasks} }}], catch: {{ {catch}do: [{{ fail: {{ set: '{LASTED}' }} }}] }} }}"
    outer = f"{{ try: [{{ inner: {inner} }}], catch: {{ do: [{{ late: {{ set: '{LASTED}' }} }}] }} }}"
    definition = parse(f"do: [{{ outer: {outer} }}]")
    if local:
        definition["document"]["metadata"] = {"httptask": {"calls": "local"}}
    return definition


@pytest.mark.parametrize(
    ("catch", "attempts", "retry_after", "requests", "seconds", "local"),
    [
        (NONE, 1, None, 1, 0, False),
        (NONE, 4, None, 4, 7, False),
        (NONE, 4, 7, 4, 21, False),
        (NONE, 4, 3600, 1, 0, False),
        (OTHER, 1, None, 1, 0, False),
        (OTHER, 4, None, 4, 7, False),
        (OTHER, 4, 7, 4, 21, True),
        (CONDITION, 4, None, 4, 7, True),
        (RETRY, 1, None, 3, 2, False),
        (RETRY, 4, None, 3, 2, True),
        (RETRY, 4, 7, 3, 14, False),
        (RETRY, 4, 3600, 1, 0, False),
    ],
)
async def test_requests(
    httptask_env: HttpTaskEnvironment,
    catch: str,
    attempts: int,
    retry_after: float | None,
    requests: int,
    seconds: int,
    local: bool,
) -> None:
    shop = Connection(name="shop", base_url="https://shop.example.com", retry=Retry(attempts=attempts))
    httptask_env.connections["shop"] = shop
    httptask_env.script = [Reply.status(503, retry_after=retry_after)] * 9
    waited = await httptask_env.run(retried(catch, local=local))
    assert len(httptask_env.requests) == requests
    assert len({request.headers["idempotency-key"] for request in httptask_env.requests}) == 1
    assert waited >= seconds


@pytest.mark.parametrize(("catch", "calls"), [(RETRY.replace("503", "500"), 3), (OTHER, 4)])
async def test_activities_of_the_user(temporal: WorkflowEnvironment, catch: str, calls: int) -> None:
    made = 0

    @activity.defn
    async def flaky() -> None:
        nonlocal made
        made += 1
        raise ApplicationError("not now")

    allowed = [AllowedActivity(name="flaky", attempts=4)]
    worker = {"activities": [flaky]}
    async with running(skipping_time(temporal), worker=worker, allowed_activities=allowed) as runner:
        outcome = await runner.run(retried(catch, "send: { call: activity, with: { type: flaky } }"))
    assert (outcome.problem, made) == ({}, calls)


async def test_fallback_of_a_chat_completion_has_the_attempts_of_its_connections(
    httptask_env: HttpTaskEnvironment,
) -> None:
    for name in ("one", "two"):
        httptask_env.connections[name] = Connection(
            name=name, base_url=f"https://{name}.example.com", retry=Retry(attempts=2)
        )
    httptask_env.script = lambda _: Reply.of(status=503)
    asks = (
        "ask: { call: chatCompletion, with: { connection: one, model: m, fallback: [{ connection: two }], "
        "messages: [{ role: user, content: Hi }] } }"
    )
    await httptask_env.run(retried(RETRY, asks))
    hosts = Counter(request.headers["host"] for request in httptask_env.requests)
    assert hosts == {"one.example.com": 3 * 2, "two.example.com": 3 * 1}  # the last one's error is the task's


class Flaky:
    """Fails the first request with each key; answers the double of `value`."""

    def __init__(self) -> None:
        self.keys = Counter[str]()

    def __call__(self, request: ServedRequest) -> Reply:
        key = request.headers["idempotency-key"]
        self.keys[key] += 1
        return Reply.of(status=503) if self.keys[key] == 1 else Reply.json(request.json()["value"] * 2)


IN_LOOPS = """
do:
  - rows:
      for: { each: row, in: "[[1, 2], [3]]" }
      do:
        - attempt:
            try:
              - cells:
                  for: { each: cell, in: $row }
                  do: [{ post: { call: httpRequest, with: { method: post, connection: shop, path: /, body: { value: "${ $cell }" } } } }]
            catch:
              errors: { with: { status: 503 } }
              retry: { delay: { milliseconds: 20 }, limit: { attempt: { count: 5 } } }
        - note: { set: "${ . }", export: { as: "${ [$context[]?, $tasks.attempt] }" } }
output: { as: $context }
"""


@pytest.mark.parametrize("worker", [{}, {"max_cached_workflows": 0}], ids=["cached", "uncached"])
async def test_loops_in_a_try_in_a_loop_over_continued_runs(
    temporal: WorkflowEnvironment, worker: dict[str, Any]
) -> None:
    flaky = Flaky()
    async with ScriptedServer(flaky) as server:
        shop = {"shop": local_connection("shop", server.url)}
        async with running(temporal, worker=worker, connections=shop) as runner:
            outcome = await runner.run(IN_LOOPS, continue_as_new_after=8)
            assert len([run_id async for run_id in run_ids(runner.client, outcome.handle)]) > 2
            shown = await read_run(runner.client, outcome.handle.id)
    assert (outcome.problem, outcome.output) == ({}, [4, 6])
    [post] = [task for task in shown.tasks if task.id == "rows/0/attempt/cells/0/post"]
    assert [call.state for call in post.calls] == ["faulted", "completed", "completed"]
    assert (post.state, post.output) == ("completed", 2)
    assert sorted(flaky.keys.values()) == [2, 2, 3]  # 1, then 1 and 2, then 1 and 2; 3, then 3


WAITS = """
do:
  - each:
      call: map
      with:
        in: "[0, 1]"
        concurrency: 2
        do:
          - route: { switch: [{ first: { when: $item == 0, then: attempt } }, { second: { then: busy } }] }
          - attempt:
              try: [{ post: { call: httpRequest, with: { method: post, connection: shop, path: /, body: { value: 5 } } } }]
              catch: { retry: { delay: { milliseconds: 900 }, limit: { attempt: { count: 1 } } } }
              then: exit
          - busy:
              for: { in: "[range(6)]" }
              do: [{ look: { call: httpRequest, with: { method: get, connection: shop, path: / } } }]
"""


async def test_wait_goes_on_in_the_next_run(temporal: WorkflowEnvironment) -> None:
    flaky = Flaky()

    def answer(request: ServedRequest) -> Reply:
        return Reply.json(1) if request.method == "GET" else flaky(request)

    async with ScriptedServer(answer) as server:
        shop = {"shop": local_connection("shop", server.url)}
        async with running(temporal, connections=shop) as runner:
            outcome = await runner.run(WAITS, continue_as_new_after=20)
            chain = [run_id async for run_id in run_ids(runner.client, outcome.handle)]
            waited = [
                len(
                    await events_of(
                        runner.client.get_workflow_handle(outcome.handle.id, run_id=run_id), "timer_fired"
                    )
                )
                for run_id in chain
            ]
    assert (outcome.problem, outcome.output, list(flaky.keys.values())) == ({}, [10, 1], [2])
    assert waited[0] == 0  # the wait began in the first run
    assert sum(waited) == 1


async def test_wait_is_shown_and_can_be_cancelled(temporal: WorkflowEnvironment) -> None:
    async with running(temporal) as runner:
        fails = "fail: { raise: { error: { type: 'https://e.example/x', status: 503, title: Busy } } }"
        waits = "retry: { delay: PT1H, limit: { attempt: { count: 4 } } }"
        handle = await runner.start(f"do: [{{ attempt: {{ try: [{{ {fails} }}], catch: {{ {waits} }} }} }}]")
        waiting = await _waiting(handle)
        await handle.cancel()
        with pytest.raises(WorkflowFailureError):
            await handle.result()
        await runner.replay(handle)
        [attempt, fail] = (await fetch_status(handle)).tasks
    assert (waiting.id, waiting.attempt, waiting.max_attempts, waiting.last_failure) == (
        "attempt",
        2,
        5,
        "Busy",
    )
    assert waiting.next_attempt_at is not None
    assert (attempt.state, fail.state) == ("cancelled", "faulted")


async def _waiting(handle: WorkflowHandle[Any, Any]) -> TaskStatus:
    async with asyncio.timeout(10):
        while True:
            found = [task for task in (await fetch_status(handle)).tasks if task.state == "waiting"]
            if found:
                return found[0]
            await asyncio.sleep(0.02)
