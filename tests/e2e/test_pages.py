"""Pages as durable steps: each is asked for once, whatever happens between and during them."""

import asyncio
import json
import time
from itertools import pairwise
from typing import Any

import pytest
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from httptask.connections import Connection
from httptask.plugin import fetch_status
from httptask.testing import DefinitionFailed, HttpTaskEnvironment, Reply, ScriptedServer, ServedRequest
from support.cluster import address_of, events_of, has_event, run_ids
from support.commands import Shell
from support.connections import local_connection
from support.definitions import parse
from support.pages import CURSOR, NEXT, Api, definition, numbers
from support.runs import Runner, running, temporal_server

POSTS = definition(CURSOR).replace("method: get", "method: post")
SHOP = Connection(name="shop", base_url="https://shop.example.com")


def targets(server: ScriptedServer) -> list[str]:
    return [request.target for request in server.requests]


async def test_failure_of_one_page_repeats_that_page_only(httptask_env: HttpTaskEnvironment) -> None:
    api = Api(numbers(7))
    failures = iter([Reply.of(status=503), Reply.hang_up()])

    def answer(request: ServedRequest) -> Reply:
        return next(failures, None) or api(request) if "after=c4" in request.target else api(request)

    httptask_env.connections["shop"] = SHOP
    httptask_env.script = answer

    assert await httptask_env.run(parse(POSTS)) == numbers(7)
    third = "/items?after=c4"
    asked = [request.target for request in httptask_env.requests]
    assert asked == ["/items", "/items?after=c2", third, third, third, "/items?after=c6"]
    keys = [request.headers["idempotency-key"] for request in httptask_env.requests]
    assert keys[2] == keys[3] == keys[4]
    assert len(set(keys)) == 4


async def test_page_that_fails_for_good_says_which_it_is(httptask_env: HttpTaskEnvironment) -> None:
    api = Api(numbers(7))

    def answer(request: ServedRequest) -> Reply:
        return Reply.json({"error": "gone"}, status=410) if "c4" in request.target else api(request)

    httptask_env.connections["shop"] = SHOP
    httptask_env.script = answer
    with pytest.raises(DefinitionFailed) as failed:
        await httptask_env.run(parse(definition(CURSOR)))

    assert (failed.value.problem["error"], failed.value.problem["status"]) == ("HttpStatusError", 410)
    assert failed.value.problem["detail"].startswith("page 3: 410 from shop.example.com")
    assert len(httptask_env.requests) == 3


async def test_each_page_is_an_activity_with_a_summary_of_its_own(temporal: WorkflowEnvironment) -> None:
    async with ScriptedServer(Api(numbers(5))) as server:
        shop = {"shop": local_connection("shop", server.url)}
        async with running(temporal, connections=shop) as runner:
            outcome = await runner.run(definition(NEXT))
            scheduled = await events_of(outcome.handle, "activity_task_scheduled")
            status = await fetch_status(outcome.handle)

    ids = [event.activity_task_scheduled_event_attributes.activity_id for event in scheduled]
    summaries = [json.loads(event.user_metadata.summary.data) for event in scheduled]
    host = server.url.removeprefix("http://")
    assert ids == ["list page 1", "list page 2", "list page 3"]
    assert summaries == ["list page 1: GET shop/items", *(f"{id_}: GET {host}/items" for id_ in ids[1:])]
    assert (status.tasks[0].activity_id, status.tasks[0].state) == ("list page 3", "completed")


async def test_status_tells_how_far_it_is(temporal: WorkflowEnvironment) -> None:
    api, asked, go_on = Api(numbers(5)), asyncio.Event(), asyncio.Event()

    async def answer(request: ServedRequest) -> Reply:
        if "c2" in request.target:
            asked.set()
            await go_on.wait()
        return api(request)

    async with ScriptedServer(answer) as server:
        shop = {"shop": local_connection("shop", server.url)}
        async with running(temporal, connections=shop) as runner:
            handle = await runner.start(definition(CURSOR))
            await asked.wait()
            [task] = (await fetch_status(handle)).tasks
            assert (task.activity_id, task.detail) == ("list page 2", "page 2, 2 items so far")
            go_on.set()
            assert await handle.result() == numbers(5)
            await runner.replay(handle)


async def test_interval_is_a_durable_timer(httptask_env: HttpTaskEnvironment) -> None:
    httptask_env.connections["shop"] = SHOP
    httptask_env.script = Api(numbers(6))
    in_hours = parse(definition(f'{CURSOR}, interval: "${{ {{hours}} }}"'))
    async with httptask_env.start(in_hours, {"hours": 3}) as handle:
        output = await handle.result()
        timers = await events_of(handle, "timer_started")

    assert output == numbers(6)
    seconds = [event.timer_started_event_attributes.start_to_fire_timeout.ToSeconds() for event in timers]
    assert len(seconds) == 2
    assert all(3 * 3600 - 1 <= waited <= 3 * 3600 for waited in seconds)


IN_A_MAP = """
do:
  - each:
      call: map
      with:
        in: ${ ["a", "b", "c"] }
        each: shelf
        concurrency: 2
        do:
          - list:
              call: httpRequest
              with:
                method: post
                connection: shop
                path: /items
                query: { shelf: "${ $shelf }" }
                paginate: { cursor: { parameter: after, from: "${ .cursor }" }, items: "${ [.data[] | .n] }" }
"""


@pytest.mark.parametrize(
    ("text", "output", "pages", "worker"),
    [
        pytest.param(POSTS, numbers(9), 5, {"max_cached_workflows": 0}, id="cursor, uncached"),
        pytest.param(definition(NEXT), numbers(9), 5, {}, id="next"),
        pytest.param(
            definition('offset: { parameter: offset }, items: "${ .data }"'), numbers(9), 6, {}, id="offset"
        ),
        pytest.param(
            IN_A_MAP, [list(range(9))] * 3, 15, {"max_cached_workflows": 0}, id="in a map, uncached"
        ),
    ],
)
async def test_continued_runs_go_on_at_the_next_page(
    temporal: WorkflowEnvironment, text: str, output: Any, pages: int, worker: dict[str, Any]
) -> None:
    async with ScriptedServer(Api(numbers(9))) as server:
        shop = {"shop": local_connection("shop", server.url)}
        async with running(temporal, worker=worker, connections=shop) as runner:
            outcome = await runner.run(text, continue_as_new_after=8)
            assert await chain_length(runner, outcome.handle) > 2

    assert (outcome.problem, outcome.output) == ({}, output)
    assert len(targets(server)) == len(set(targets(server))) == pages
    keys = [request.headers.get("idempotency-key") for request in server.requests]
    assert set(keys) == {None} or len(set(keys)) == pages


async def chain_length(runner: Runner, handle: WorkflowHandle[Any, Any]) -> int:
    return len([run_id async for run_id in run_ids(runner.client, handle)])


async def test_continued_run_waits_for_the_rest_of_the_interval(temporal: WorkflowEnvironment) -> None:
    api, moments = Api(numbers(6)), list[float]()

    def answer(request: ServedRequest) -> Reply:
        moments.append(time.monotonic())
        return api(request)

    async with ScriptedServer(answer) as server:
        shop = {"shop": local_connection("shop", server.url)}
        async with running(temporal, connections=shop) as runner:
            text = definition(f"{CURSOR}, interval: {{ milliseconds: 700 }}")
            outcome = await runner.run(text, continue_as_new_after=8)
            waits = [
                [
                    timer.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta().total_seconds()
                    for timer in await events_of(
                        runner.client.get_workflow_handle(outcome.handle.id, run_id=run), "timer_started"
                    )
                ]
                async for run in run_ids(runner.client, outcome.handle)
            ]

    assert outcome.output == numbers(6)
    assert all(later - sooner >= 0.65 for sooner, later in pairwise(moments))
    before, *rests = waits
    assert before == []
    assert [len(rest) for rest in rests] == [1, 1]
    assert all(0 < rest < 0.7 for [rest] in rests)  # a part has passed before the continued run begins


async def test_circle_is_seen_across_continued_runs(temporal: WorkflowEnvironment) -> None:
    following = {"/items": "/items?p=2", "/items?p=2": "/items?p=3", "/items?p=3": "/items?p=2"}

    def answer(request: ServedRequest) -> Reply:
        return Reply.json({"data": [1], "next": following[request.target]})

    async with ScriptedServer(answer) as server:
        shop = {"shop": local_connection("shop", server.url)}
        async with running(temporal, connections=shop) as runner:
            outcome = await runner.run(definition(NEXT), continue_as_new_after=8)
            assert await chain_length(runner, outcome.handle) == 3

    assert (outcome.problem["error"], len(server.requests)) == ("PageRepeated", 3)


@pytest.mark.long
async def test_killed_worker_goes_on_at_the_next_page(shell: Shell) -> None:
    text = definition(f"{CURSOR}, interval: {{ milliseconds: 400 }}")
    head = "document: { dsl: 1.0.3, namespace: tests, name: lists, version: 1.0.0 }\n"
    shell.write("definitions/lists.yaml", head + text)
    async with (
        ScriptedServer(Api(numbers(9))) as server,
        temporal_server() as environment,
    ):
        shell.write(
            "httptask.toml", f'[connections.shop]\nbase_url = "{server.url}"\nallow_private = ["loopback"]\n'
        )
        shell.environment["TEMPORAL_ADDRESS"] = address_of(environment)
        worker = await shell.start("worker", "--definitions", "definitions")
        await worker.says("worker.started")
        handle = await environment.client.start_workflow("lists", id="lists", task_queue="httptask")
        await has_event(handle, "timer_started", lambda event: event.event_id > 15)
        worker.process.kill()
        await worker.ends()
        asked = len(server.requests)
        assert 1 < asked < 5
        await (await shell.start("worker", "--definitions", "definitions")).says("worker.started")
        async with asyncio.timeout(30):
            assert await handle.result() == numbers(9)

    assert len(targets(server)) == len(set(targets(server))) == 5
