"""Runs read from their histories: of every kind of start, and past continue-as-new."""

import uuid
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from httptask.activities.configuration_activities import yield_control
from httptask.interpreter.workflow_types import WORKFLOW_TYPE
from httptask.plugin import AllowedActivity
from httptask.runs.history import read_run
from httptask.scheduling.recorded_decisions import end_workflow_task
from httptask.testing import Reply, ScriptedServer
from support.cluster import address_of, events_of, has_event, run_ids
from support.commands import Shell
from support.connections import local_connection
from support.definitions import parse
from support.python_workflows import Posts
from support.runs import running

LOOPS = """
do:
  - first: { set: { sum: 0 } }
  - each:
      for: { each: n, in: "${ [1, 2, 3] }" }
      do:
        - add: { call: httpRequest, with: { method: post, connection: shop, path: /add, body: "${ { n: $n, sum } }" } }
        - keep: { set: { sum: "${ .sum }" } }
"""


async def test_run_that_continued_as_new_is_shown_as_one(temporal: WorkflowEnvironment) -> None:
    sums = [Reply.json({"sum": value}) for value in (1, 3, 6)]
    async with (
        ScriptedServer(sums) as server,
        running(temporal, connections={"shop": local_connection("shop", server.url)}) as runner,
    ):
        outcome = await runner.run(LOOPS, {"some": "input"}, continue_as_new_after=4)
        assert len([run_id async for run_id in run_ids(runner.client, outcome.handle)]) > 2
        record = await read_run(runner.client, outcome.handle.id)
    assert (record.state, record.input, record.note) == ("completed", {"some": "input"}, None)
    assert record.started_at <= record.tasks[0].started_at
    assert [(task.id, task.state, task.output) for task in record.tasks] == [
        ("first", "completed", {"sum": 0}),
        ("each", "completed", {"sum": 6}),
        ("each/0/add", "completed", {"sum": 1}),
        ("each/0/keep", "completed", {"sum": 1}),
        ("each/1/add", "completed", {"sum": 3}),
        ("each/1/keep", "completed", {"sum": 3}),
        ("each/2/add", "completed", {"sum": 6}),
        ("each/2/keep", "completed", {"sum": 6}),
    ]
    bodies = [call.request["body"] for task in record.tasks for call in task.calls]
    assert bodies == [{"n": 1, "sum": 0}, {"n": 2, "sum": 1}, {"n": 3, "sum": 3}]
    each, keep = record.tasks[1], record.tasks[3]
    assert each.started_at <= keep.started_at, "taken up again, not begun again"


@activity.defn
async def price_of(article: str, pieces: int) -> int:
    return 5 * len(article) * pieces


async def test_activities_of_the_users_own_are_shown_with_their_arguments(
    temporal: WorkflowEnvironment,
) -> None:
    text = "do: [{ price: { call: activity, with: { type: price_of, arguments: [lamp, 3] } } }]"
    allowed = [AllowedActivity(name="price_of")]
    async with running(temporal, worker={"activities": [price_of]}, allowed_activities=allowed) as runner:
        outcome = await runner.run(text)
        record = await read_run(runner.client, outcome.handle.id)
    [task] = record.tasks
    [call] = task.calls
    assert (task.output, call.activity, call.summary) == (60, "price_of", "price_of")
    assert (call.request, call.response, call.attempts) == (["lamp", 3], 60, 1)


async def test_local_calls_are_shown_with_what_they_sent(temporal: WorkflowEnvironment) -> None:
    unavailable = Reply.json({}, status=503)
    retry = {"attempts": 2, "first_interval": 0.05}
    shop = {"calls": "local", "retry": retry}
    async with (
        ScriptedServer([unavailable, Reply.json({"sum": 1}), unavailable]) as server,
        running(temporal, connections={"shop": local_connection("shop", server.url, **shop)}) as runner,
    ):
        outcome = await runner.run(LOOPS)
        record = await read_run(runner.client, outcome.handle.id)
    assert await events_of(outcome.handle, "activity_task_scheduled") == []
    [first, second] = [task for task in record.tasks if task.name == "add"]
    assert (first.state, first.calls[0].attempts, first.calls[0].request["body"]) == (
        "completed",
        2,
        {"n": 1, "sum": 0},
    )
    assert (second.state, second.calls[0].state, second.calls[0].request["body"]) == (
        "faulted",
        "faulted",
        {"n": 2, "sum": 1},
    )
    assert second.calls[0].failure is not None
    assert second.calls[0].failure.type == "HttpStatusError"


async def test_what_no_worker_has_taken_up_yet_has_not_happened(temporal: WorkflowEnvironment) -> None:
    async with running(temporal) as runner:
        handle = await runner.start(
            "do: [{ nap: { wait: { seconds: 2 } } }, { after: { wait: { seconds: 2 } } }]", 1
        )
        await has_event(handle, "timer_started")
    await has_event(handle, "timer_fired")
    record = await read_run(runner.client, handle.id)
    await handle.terminate()
    assert [(task.id, task.state) for task in record.tasks] == [("nap", "waiting")]


async def test_long_run_is_shown_whole(temporal: WorkflowEnvironment) -> None:
    async with running(temporal) as runner:
        loop = "{ for: { each: n, in: '${ [range(1001)] }' }, do: [{ keep: { set: { n: '${ $n }' } } }] }"
        handle = await runner.start(f"do: [{{ loop: {loop} }}]", 1)
        await handle.result()
        record = await read_run(runner.client, handle.id)
    assert [task.output["n"] for task in record.tasks[1:]] == list(range(1001))


REASKS = """
document: { dsl: 1.0.3, namespace: test, name: reasks, version: 1.0.0 }
do:
  - ask:
      call: chatCompletion
      with:
        model: m
        connection: shop
        messages: [{ role: user, content: "${ $workflow.input.question }" }]
        response_format: { type: json_schema, json_schema: { name: n, schema: { type: integer } } }
        reask: 1
      output: { as: "${ .json }" }
"""


async def test_run_started_by_name_with_a_question_asked_again(temporal: WorkflowEnvironment) -> None:
    async with (
        ScriptedServer([Reply.chat('"seven"'), Reply.chat("7")]) as server,
        running(
            temporal,
            definitions=[parse(REASKS)],
            connections={"shop": local_connection("shop", server.url)},
        ) as runner,
    ):
        handle = await runner.client.start_workflow(
            "reasks", {"question": "How many?"}, id=f"t-{uuid.uuid4().hex}", task_queue=runner.task_queue
        )
        assert await handle.result() == 7
        record = await read_run(runner.client, handle.id)
    assert (record.definition, record.input) == ("reasks", {"question": "How many?"})
    [ask] = record.tasks
    assert (ask.id, ask.output) == ("ask", 7)
    assert [(call.id, call.state) for call in ask.calls] == [("ask", "faulted"), ("ask~1", "completed")]
    assert len(ask.calls[1].request["body"]["messages"]) == 3


async def test_name_that_no_worker_knows_tells_why_it_does_not_go_on(
    temporal: WorkflowEnvironment, shell: Shell
) -> None:
    async with running(temporal, definitions=[parse(REASKS)]) as runner:
        handle = await runner.client.start_workflow(
            "absent", id=f"t-{uuid.uuid4().hex}", task_queue=runner.task_queue
        )
        while (record := await read_run(runner.client, handle.id)).impasse is None:
            assert record.tasks == []
        _, command = await shell.run("runs", "show", handle.id, TEMPORAL_ADDRESS=address_of(temporal))
        await handle.terminate()
    reason = "no definition named 'absent' is served here; known: reasks"
    assert reason in (record.impasse.last_failure or "")
    assert f"the run can't go on, its workflow task fails: {reason}" in command.stdout
    assert f"`httptask runs cancel {handle.id}` ends it" in command.stdout
    assert (await read_run(runner.client, handle.id)).impasse is None


async def test_activities_of_a_workflow_in_python_are_its_tasks(temporal: WorkflowEnvironment) -> None:
    async with (
        ScriptedServer([Reply.json({"id": 7})]) as server,
        running(
            temporal,
            connections={"shop": local_connection("shop", server.url)},
            worker={"workflows": [Posts]},
        ) as runner,
    ):
        handle = await runner.client.start_workflow(
            Posts.run, id=f"t-{uuid.uuid4().hex}", task_queue=runner.task_queue
        )
        await handle.result()
        record = await read_run(runner.client, handle.id)
    assert (record.output, record.note) == ("posted 7", None)
    [task] = record.tasks
    assert (task.kind, task.state, task.output["content"]) == (
        "httptask.http_request",
        "completed",
        {"id": 7},
    )
    assert task.calls[0].request["query"] == {"tag": ["a", "b"]}


@activity.defn
async def step() -> str:
    return "done"


@workflow.defn(name=WORKFLOW_TYPE, sandboxed=False)
class OtherInterpreter:
    """A version of the interpreter that does something else."""

    @workflow.run
    async def run(self, _given: object) -> str:
        await end_workflow_task()
        return await workflow.execute_activity(
            step, activity_id="first", start_to_close_timeout=timedelta(minutes=1)
        )


async def test_run_of_an_interpreter_that_behaves_differently_shows_its_calls(
    temporal: WorkflowEnvironment, shell: Shell
) -> None:
    client = await Client.connect(address_of(temporal), data_converter=pydantic_data_converter)
    queue = f"t-{uuid.uuid4().hex}"
    async with Worker(
        client, task_queue=queue, workflows=[OtherInterpreter], activities=[step, yield_control]
    ):
        definition = {"definition": parse(LOOPS), "sha256": "?", "input": {"some": "input"}}
        await client.execute_workflow(WORKFLOW_TYPE, definition, id=queue, task_queue=queue)
    record = await read_run(client, queue)
    assert record.note is not None
    assert [(task.id, task.state, task.output) for task in record.tasks] == [("first", "completed", "done")]
    assert (record.input, record.output) == ({"some": "input"}, "done")
    _, command = await shell.run("runs", "show", queue, TEMPORAL_ADDRESS=address_of(temporal))
    assert "\nnote: this version of httptask does not repeat what the run did: " in command.stdout
    assert command.stderr == ""
