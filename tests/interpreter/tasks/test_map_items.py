"""How far a map is."""

from temporalio.testing import WorkflowEnvironment

from httptask.plugin import fetch_status
from httptask.testing import Reply, ScriptedServer
from support.connections import local_connection
from support.runs import running

EACH = """
do:
  - each:
      call: map
      with:
        in: "${ [range(3)] }"
        each: n
        concurrency: 1
        do: [{ get: { call: httpRequest, with: { method: get, connection: shop, path: "/${ $n }" } } }]
"""


async def test_the_row_of_a_map_tells_how_many_items_have_a_result(temporal: WorkflowEnvironment) -> None:
    async with ScriptedServer([Reply.json(1), Reply.json(2), Reply.silence()]) as server:
        connections = {"shop": local_connection("shop", server.url)}
        async with running(temporal, connections=connections) as runner:
            handle = await runner.start(EACH)
            await server.requests_received(3)
            status = await fetch_status(handle)
            await handle.terminate()
    [each] = [task for task in status.tasks if task.id == "each"]
    assert (each.state, each.detail) == ("running", "2 of 3")
