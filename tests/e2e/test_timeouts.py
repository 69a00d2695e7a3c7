"""Timeouts that pass while a call is on its way: the run ends in time, and so does the call."""

import asyncio

import pytest
from temporalio.testing import WorkflowEnvironment

from httptask.testing import Reply, ScriptedServer
from support.runs import local_connection, running

TASK = """
do:
  - ask:
      call: httpRequest
      with: { method: post, connection: shop, path: /x, body: {} }
      timeout: { after: { milliseconds: 300 } }
"""
WORKFLOW = """
timeout: { after: { milliseconds: 300 } }
do: [{ ask: { call: httpRequest, with: { method: post, connection: shop, path: /x, body: {} } } }]
"""
ITEMS = """
do:
  - all:
      call: map
      with:
        in: ${ [1, 2, 3] }
        concurrency: 3
        do: [{ ask: { call: httpRequest, with: { method: post, connection: shop, path: /x, body: {} } } }]
      timeout: { after: { milliseconds: 300 } }
"""


@pytest.mark.parametrize(
    ("definition", "instance", "calls"),
    [
        pytest.param(TASK, "/do/0/ask", 1, id="task"),
        pytest.param(WORKFLOW, "", 1, id="workflow"),
        pytest.param(ITEMS, "/do/0/all", 3, id="map"),
    ],
)
async def test_timeout_during_a_call(
    temporal: WorkflowEnvironment, definition: str, instance: str, calls: int
) -> None:
    async with ScriptedServer([Reply.silence()]) as server:
        shop = {"shop": local_connection("shop", server.url)}
        async with running(temporal, connections=shop) as runner, asyncio.timeout(20):
            outcome = await runner.run(definition)
            await server.client_left()

    assert (outcome.problem["status"], outcome.problem["instance"]) == (408, instance)
    assert len(server.requests) <= calls
