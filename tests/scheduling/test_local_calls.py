"""Calls as local activities: the same request, retries and results, and no event of their own before their end."""

import asyncio
import time
from datetime import timedelta
from typing import Any, Literal

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import CancelledError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer

from httptask.interpreter.status import TaskStatus
from httptask.plugin import fetch_status
from httptask.runs.history import read_run
from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.cluster import events_of
from support.connections import local_connection
from support.event_streams import SSE
from support.python_workflows import GivesUp, GoesOn, Posts
from support.runs import Outcome, running

LARGE = "x" * 40_000


def definition(tasks: str, calls: str = "local") -> str:
    metadata = f"metadata: {{ httptask: {{ calls: {calls} }} }}"
    return (
        f"document: {{ dsl: 1.0.3, namespace: tests, name: local, version: 1.0.0, {metadata} }}\ndo:\n{tasks}"
    )


def call(name: str, path: str, more: str = "", around: str = "") -> str:
    return f"  - {name}: {{ call: httpRequest, with: {{ method: post, connection: api, path: {path}{more} }}{around} }}\n"


async def made(outcome: Outcome) -> tuple[int, int]:
    """Activities that were scheduled, and workflow tasks that were completed."""
    scheduled = await events_of(outcome.handle, "activity_task_scheduled")
    completed = await events_of(outcome.handle, "workflow_task_completed")
    return len(scheduled), len(completed)


def api(runner_of: ScriptedServer, **fields: Any) -> dict[str, Any]:
    return {"connections": {"api": local_connection("api", runner_of.url, **fields)}}


def echo(request: ServedRequest) -> Reply:
    if request.target == "/large":
        return Reply.json(LARGE)
    return Reply.json({"at": request.target})


async def test_calls_are_made_within_one_workflow_task(temporal: WorkflowEnvironment) -> None:
    tasks = call("a", "/a") + call("b", "/b") + '  - both: { set: "${ [$tasks.a.at, $tasks.b.at] }" }\n'
    async with ScriptedServer(echo) as server, running(temporal, **api(server)) as runner:
        outcome = await runner.run(definition(tasks))
        by_activities = await runner.run(definition(tasks, "activity"))
    assert outcome.output == by_activities.output == ["/a", "/b"]
    assert await made(outcome) == (0, 1)
    assert await made(by_activities) == (2, 3)


@pytest.mark.parametrize(
    ("calls", "task", "connection", "activities"),
    [
        ("activity", "local", None, 0),
        ("local", "activity", None, 1),
        (None, None, "local", 0),
        ("activity", None, "local", 1),
        (None, None, None, 1),
    ],
)
async def test_the_nearest_setting_counts(
    temporal: WorkflowEnvironment,
    calls: str | None,
    task: str | None,
    connection: str | None,
    activities: int,
) -> None:
    around = "" if task is None else f", metadata: {{ httptask: {{ calls: {task} }} }}"
    text = definition(call("a", "/a", around=around), calls or "local")
    if calls is None:
        text = text.replace(", metadata: { httptask: { calls: local } } }", " }", 1)
    async with (
        ScriptedServer(echo) as server,
        running(temporal, **api(server, calls=connection)) as runner,
    ):
        outcome = await runner.run(text)
    assert (await made(outcome))[0] == activities


@pytest.mark.parametrize(
    ("more", "fields"),
    [
        pytest.param(", stream: {}", {}, id="stream"),
        pytest.param(f", body: {LARGE}{LARGE}", {}, id="large request"),
        pytest.param("", {"limits": {"total": 61}}, id="long deadline"),
        pytest.param("", {"requests_per_minute": 6000}, id="limited connection"),
    ],
)
async def test_what_is_long_or_large_or_limited_is_an_activity(
    temporal: WorkflowEnvironment, more: str, fields: dict[str, Any]
) -> None:
    def answer(_: ServedRequest) -> Reply:
        if "stream" in more:
            return Reply.of(b"data: 1\n\n", headers=SSE)
        return Reply.json({})

    async with ScriptedServer(answer) as server, running(temporal, **api(server, **fields)) as runner:
        outcome = await runner.run(definition(call("a", "/a", more)))
    assert outcome.problem == {}
    assert (await made(outcome))[0] == 1


async def test_a_large_answer_is_handed_over_by_an_activity_and_not_asked_for_again(
    temporal: WorkflowEnvironment,
) -> None:
    async with ScriptedServer(echo) as server, running(temporal, **api(server)) as runner:
        outcome = await runner.run(definition(call("a", "/large")))
    assert outcome.output == LARGE
    assert (await made(outcome))[0] == 1
    assert len(server.requests) == 1


async def test_attempts_are_counted_and_have_the_same_key(temporal: WorkflowEnvironment) -> None:
    retry = {"attempts": 3, "first_interval": 0.05}
    async with (
        ScriptedServer(lambda _: Reply.json({}, status=503)) as server,
        running(temporal, **api(server, retry=retry)) as runner,
    ):
        outcome = await runner.run(definition(call("a", "/a")))
    assert outcome.problem["status"] == 503
    assert len(server.requests) == 3
    assert len({request.headers["idempotency-key"] for request in server.requests}) == 1
    assert (await made(outcome))[0] == 0


async def test_a_wait_that_the_server_asks_for_is_kept(temporal: WorkflowEnvironment) -> None:
    times: list[float] = []

    def answer(_: ServedRequest) -> Reply:
        times.append(time.monotonic())
        return Reply.status(429, retry_after=1) if len(times) == 1 else Reply.json("done")

    async with ScriptedServer(answer) as server, running(temporal, **api(server)) as runner:
        outcome = await runner.run(definition(call("a", "/a")))
    assert outcome.output == "done"
    first, second = times
    assert second - first >= 1


async def test_a_call_that_waits_for_another_attempt_is_shown_as_waiting(
    temporal: WorkflowEnvironment,
) -> None:
    retry = {"attempts": 4, "first_interval": 1, "factor": 1}
    answers = [Reply.status(429, retry_after=1), Reply.json({}, status=503), Reply.json("done")]
    async with ScriptedServer(answers) as server, running(temporal, **api(server, retry=retry)) as runner:
        handle = await runner.start(definition(call("a", "/a")))
        waits: dict[int, TaskStatus] = {}
        async with asyncio.timeout(60):
            while len(waits) < 2:
                for task in (await fetch_status(handle)).tasks:
                    if task.state == "waiting":
                        waits[task.attempt] = task
            record = await read_run(runner.client, handle.id)
            assert await handle.result() == "done"
        [ended] = (await fetch_status(handle)).tasks
        await runner.replay(handle)
        shown = await read_run(runner.client, handle.id)
    assert len({request.headers["idempotency-key"] for request in server.requests}) == 1
    assert await events_of(handle, "activity_task_scheduled") == []
    first, second = waits[2], waits[3]
    assert (first.max_attempts, first.retry_after) == (4, 1)
    assert first.last_failure is not None
    assert "429" in first.last_failure
    assert first.next_attempt_at is not None
    assert first.next_attempt_at > first.started_at + timedelta(seconds=1)
    assert (second.max_attempts, second.retry_after) == (4, None)
    assert second.last_failure is not None
    assert "503" in second.last_failure
    assert record.tasks[0].state == record.tasks[0].calls[0].state == "waiting"
    assert (ended.state, ended.attempt, ended.next_attempt_at, ended.last_failure) == (
        "completed",
        3,
        None,
        None,
    )
    [made_last] = shown.tasks[0].calls
    assert made_last.attempts == 3
    assert made_last.attempt_began_at is not None
    assert timedelta(seconds=1) < made_last.attempt_began_at - made_last.scheduled_at < timedelta(seconds=30)


async def test_a_timeout_leaves_no_time_for_another_attempt(temporal: WorkflowEnvironment) -> None:
    retry = {"attempts": 3, "first_interval": 1}
    async with (
        ScriptedServer(lambda _: Reply.json({}, status=503)) as server,
        running(temporal, **api(server, retry=retry)) as runner,
    ):
        text = definition(call("a", "/a", around=", timeout: { after: { milliseconds: 900 } }"))
        outcome = await runner.run(text)
    assert outcome.problem["status"] == 503
    assert len(server.requests) == 1


async def test_a_timeout_ends_it(temporal: WorkflowEnvironment) -> None:
    async with (
        ScriptedServer(lambda _: Reply.silence()) as server,
        running(temporal, **api(server)) as runner,
    ):
        text = definition(call("a", "/a", around=", timeout: { after: { milliseconds: 300 } }"))
        outcome = await runner.run(text)
    assert outcome.problem["status"] == 408
    assert outcome.problem["instance"] == "/do/0/a"


@pytest.mark.parametrize(
    ("status", "result"),
    [pytest.param(200, ".n", id="answers"), pytest.param(400, ".error.status // .n", id="failures")],
)
async def test_what_many_calls_come_to_fits_into_their_workflow_tasks(
    temporal: WorkflowEnvironment, status: int, result: str
) -> None:
    text = """
  - all:
      call: map
      with:
        in: ${ [range(200)] }
        concurrency: 200
        onError: collect
        do: [{ a: { call: httpRequest, with: { method: get, connection: api, path: "/${ $item }" } } }]
  - sum: { set: "${ map(RESULT) | add }" }
"""
    async with (
        ScriptedServer(
            lambda request: Reply.json({"n": int(request.target[1:]), "text": LARGE[:15_000]}, status=status)
        ) as server,
        running(temporal, **api(server)) as runner,
    ):
        outcome = await runner.run(definition(text.replace("RESULT", result)))
    assert outcome.output == (sum(range(200)) if status == 200 else 200 * status)
    activities, workflow_tasks = await made(outcome)
    assert len(server.requests) == 200
    assert 1 <= activities <= 10, "pauses that let results go"
    assert workflow_tasks <= 2 * activities + 2


async def test_a_cancelled_run_ends_it(temporal: WorkflowEnvironment) -> None:
    asked = asyncio.Event()

    def answer(_: ServedRequest) -> Reply:
        asked.set()
        return Reply.silence()

    async with ScriptedServer(answer) as server, running(temporal, **api(server)) as runner:
        handle = await runner.start(definition(call("a", "/a")))
        async with asyncio.timeout(30):
            await asked.wait()
            await handle.cancel()
            with pytest.raises(WorkflowFailureError) as caught:
                await handle.result()
        await runner.replay(handle)
    assert isinstance(caught.value.cause, CancelledError)
    assert len(server.requests) == 1


async def test_calls_of_a_workflow_in_python_follow_their_connection(temporal: WorkflowEnvironment) -> None:
    unavailable = Reply.json({}, status=503)
    async with (
        ScriptedServer([unavailable, Reply.json({"id": 7})]) as server,
        running(
            temporal,
            connections={"shop": local_connection("shop", server.url, calls="local")},
            worker={"workflows": [Posts]},
        ) as runner,
    ):
        handle = await runner.client.start_workflow(
            Posts.run, id="posts-locally", task_queue=runner.task_queue
        )
        assert await handle.result() == "posted 7"
        replayer = Replayer(workflows=[Posts], plugins=[runner.plugin])
        await replayer.replay_workflow(await handle.fetch_history())
    assert await events_of(handle, "activity_task_scheduled") == []
    assert len({request.headers["idempotency-key"] for request in server.requests}) == 1


async def test_what_a_cancelled_workflow_in_python_shields_goes_on_as_an_activity(
    temporal: WorkflowEnvironment,
) -> None:
    asked = asyncio.Event()

    def answer(_: ServedRequest) -> Reply:
        if asked.is_set():
            return Reply.json({"id": 7})
        asked.set()
        return Reply.silence()

    async with (
        ScriptedServer(answer) as server,
        running(
            temporal,
            connections={"shop": local_connection("shop", server.url, calls="local")},
            worker={"workflows": [GoesOn]},
        ) as runner,
    ):
        handle = await runner.client.start_workflow(
            GoesOn.run, id="shielded-call", task_queue=runner.task_queue
        )
        async with asyncio.timeout(30):
            await asked.wait()
            await handle.cancel()
            assert await handle.result() == 7
        await Replayer(workflows=[GoesOn], plugins=[runner.plugin]).replay_workflow(
            await handle.fetch_history()
        )
    assert len(await events_of(handle, "activity_task_scheduled")) == 1
    assert len({request.headers["idempotency-key"] for request in server.requests}) == 1


@pytest.mark.parametrize("calls", ["activity", "local"])
async def test_a_call_that_a_workflow_in_python_cancels_is_cancelled(
    temporal: WorkflowEnvironment, calls: Literal["activity", "local"]
) -> None:
    def answer(request: ServedRequest) -> Reply:
        return Reply.silence() if request.target == "/slow" else Reply.json({})

    async with (
        ScriptedServer(answer) as server,
        running(
            temporal,
            connections={"shop": local_connection("shop", server.url, calls=calls)},
            worker={"workflows": [GivesUp]},
        ) as runner,
    ):
        assert await runner.client.execute_workflow(
            GivesUp.run, id=f"gives-up-{calls}", task_queue=runner.task_queue
        )


async def test_a_large_answer_to_a_workflow_in_python_is_not_asked_for_again(
    temporal: WorkflowEnvironment,
) -> None:
    async with (
        ScriptedServer(lambda _: Reply.json({"id": 7, "text": LARGE})) as server,
        running(
            temporal,
            connections={"shop": local_connection("shop", server.url, calls="local")},
            worker={"workflows": [Posts]},
        ) as runner,
    ):
        assert (
            await runner.client.execute_workflow(Posts.run, id="posts-large", task_queue=runner.task_queue)
            == "posted 7"
        )
    assert len(server.requests) == 1
