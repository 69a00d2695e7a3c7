"""Tests of a workflow in Python and of a definition, with a server that answers as each test says."""

import asyncio
import json
import shutil
from collections.abc import Mapping
from typing import Any

from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker
from triage import Label, Ticket, Triage

from httptask.connections import Connection, Retry
from httptask.dsl import load_text
from httptask.plugin import DefinitionRegistry, HttpTaskPlugin, ServedDefinition
from httptask.testing import Reply, ScriptedServer

CLOSES = """
document: { dsl: 1.0.3, namespace: support, name: close, version: 1.0.0 }
do:
  - close:
      call: httpRequest
      with: { method: post, connection: tickets, path: "/tickets/${ .id }/close" }
"""


def test_a_ticket_is_labelled() -> None:
    """A workflow in Python."""
    label = {"priority": "urgent", "reason": "an office is locked out"}
    message = {"role": "assistant", "content": json.dumps(label)}
    answer = {"choices": [{"index": 0, "finish_reason": "stop", "message": message}]}

    async def scenario() -> None:
        # The ticket system is busy at first, which costs the workflow nothing but a moment.
        async with ScriptedServer([Reply.json(answer), Reply.of(status=503), Reply.json({})]) as server:
            result = await run(Triage.run, Ticket(id=7, text="Nobody can log in"), server)
        assert result == Label.model_validate(label)
        assert [request.target for request in server.requests] == [
            "/chat/completions",
            *["/tickets/7/label"] * 2,
        ]
        assert server.requests[-1].json() == {"priority": "urgent"}

    asyncio.run(scenario())


def test_a_ticket_is_closed() -> None:
    """A definition, started by its name."""

    async def scenario() -> None:
        async with ScriptedServer([Reply.json({"state": "closed"})]) as server:
            assert await run("close", {"id": 7}, server) == {"state": "closed"}
        assert server.requests[0].method == "POST"

    asyncio.run(scenario())


async def run(workflow: Any, argument: object, server: ScriptedServer) -> Any:
    """Run a workflow on a Temporal server and a worker of its own, with every connection leading to `server`."""
    plugin = HttpTaskPlugin(connections=connections(server), definitions=registry(CLOSES))
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=shutil.which("temporal"), dev_server_log_level="error"
    ) as environment:
        address = environment.client.service_client.config.target_host
        client = await Client.connect(address, plugins=[plugin])
        async with Worker(client, task_queue="tests", workflows=[Triage]):
            return await client.execute_workflow(workflow, argument, id="test", task_queue="tests")


def connections(server: ScriptedServer) -> Mapping[str, Connection]:
    """Those of the configuration, without credentials and at the test's server."""
    return {
        name: Connection(
            name=name, base_url=server.url, allow_private=("loopback",), retry=Retry(first_interval=0.1)
        )
        for name in ("openai", "tickets")
    }


def registry(*definitions: str) -> DefinitionRegistry:
    """Definitions that are started by name."""
    return DefinitionRegistry(
        ServedDefinition(source="test.yaml", definition=load_text(text, "test.yaml").data)
        for text in definitions
    )
