"""Reading runs back: chains that continued as new, definitions served by name, and workflows in Python."""

from temporalio.testing import WorkflowEnvironment

from httptask.cli.history import read_run
from httptask.testing import Reply, ScriptedServer
from support.python_workflows import Posts
from support.runs import local_connection, parse, running

LOOP = """
do:
  - loop:
      for: { each: n, in: "${ [1, 2, 3, 4, 5] }" }
      do:
        - post: { call: httpRequest, with: { method: post, connection: shop, path: /, body: { n: "${ $n }" } } }
        - keep: { set: { n: "${ $n }" } }
  - end: { set: { done: true } }
"""


async def test_a_chain_of_runs_is_one(temporal: WorkflowEnvironment) -> None:
    async with (
        ScriptedServer([Reply.json({})]) as server,
        running(temporal, connections={"shop": local_connection("shop", server.url)}) as runner,
    ):
        outcome = await runner.run(LOOP, continue_as_new_after=12)
        record = await read_run(runner.client, outcome.handle.id)

    posts = [f"loop/{index}/post" for index in range(5)]
    assert len(server.requests) == 5
    assert [task.id for task in record.tasks if task.calls] == posts
    assert {task.state for task in record.tasks} == {"completed"}
    assert [task.output for task in record.tasks if task.id.endswith("keep")] == [
        {"n": n + 1} for n in range(5)
    ]
    assert (record.state, record.output) == ("completed", {"done": True})


async def test_a_definition_served_by_name(temporal: WorkflowEnvironment) -> None:
    definition = parse("do: [{ a: { set: { given: '${ . }' } } }]")
    async with running(temporal, definitions=[definition]) as runner:
        handle = await runner.client.start_workflow(
            "test", {"x": 1}, id=f"served-{runner.task_queue}", task_queue=runner.task_queue
        )
        await handle.result()
        record = await read_run(runner.client, handle.id)
    assert record.input == {"x": 1}
    assert [(task.id, task.output) for task in record.tasks] == [("a", {"given": {"x": 1}})]


async def test_a_workflow_in_python_has_calls(temporal: WorkflowEnvironment) -> None:
    async with ScriptedServer([Reply.json({"id": 7})]) as server:
        connections = {"shop": local_connection("shop", server.url)}
        async with running(temporal, connections=connections, worker={"workflows": [Posts]}) as runner:
            handle = await runner.client.start_workflow(
                Posts.run, id=f"python-{runner.task_queue}", task_queue=runner.task_queue
            )
            await handle.result()
            record = await read_run(runner.client, handle.id)
    assert record.tasks == []
    [call] = record.calls
    assert (call.state, call.response["content"]) == ("completed", {"id": 7})
