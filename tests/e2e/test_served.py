"""Definitions that `httptask worker` serves, started by name from any client."""

import asyncio
import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from httptask.dsl.canonical import canonical_json, sha256, unpacked
from httptask.dsl.loader import load_file
from httptask.plugin import DefinitionRegistry, HttpTaskPlugin
from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.cluster import address_of, events_of, has_event, temporal_cli
from support.commands import Command, Shell
from support.definitions import parse
from support.runs import Runner, running

CALL_ACTIONS = Path(__file__).parents[2] / "examples/call-actions/workflow.yaml"

SAYS = """
document: {{ dsl: 1.0.3, namespace: tests, name: {name}, version: {version} }}
do: [{{ say: {{ set: {{ said: "{text} ${{ $workflow.input.name }}" }} }} }}]
"""

NAPS = """
document: { dsl: 1.0.3, namespace: tests, name: naps, version: 1.0.0 }
do:
  - before: { set: { before: old } }
  - nap: { wait: PT5S }
  - after: { set: { before: "${ .before }", after: old } }
"""


async def serve(shell: Shell, environment: WorkflowEnvironment, folder: str, task_queue: str) -> Command:
    """Start a worker and wait until it works."""
    worker = await shell.start(
        "worker", "-d", folder, "--task-queue", task_queue, TEMPORAL_ADDRESS=address_of(environment)
    )
    await worker.says("worker.started")
    return worker


def shop_and_model(request: ServedRequest) -> Reply:
    if request.target == "/hook/T1":
        return Reply.of(b"ok", headers={"Content-Type": "text/plain"})
    asked = request.json()
    if "response_format" in asked:
        return Reply.chat(json.dumps({"items": ["restart the router", "call back"]}))
    return Reply.chat(asked["messages"][-1]["content"].rpartition(": ")[2].upper())


async def test_example_started_by_the_temporal_command(shell: Shell, temporal: WorkflowEnvironment) -> None:
    text = CALL_ACTIONS.read_text()
    shell.write(
        "definitions/call-actions.yaml",
        text.replace("method: post", "method: post\n        connection: slack"),
    )
    async with ScriptedServer(shop_and_model) as server:
        shell.write("httptask.toml", connections_to(server))
        shell.environment |= {"OPENAI_API_KEY": "sk-0123456789", "SLACK_WEBHOOK": f"{server.url}/hook/T1"}
        await serve(shell, temporal, "definitions", "httptask")
        await temporal_cli(
            address_of(temporal),
            *(
                "workflow",
                "start",
                "--type",
                "call-actions",
                "--task-queue",
                "httptask",
                "--workflow-id",
                "actions-1",
            ),
            *("--input", json.dumps({"caller": "Ann", "transcript": "The router is down."})),
        )
        handle = temporal.client.get_workflow_handle("actions-1")
        assert await handle.result() == "ok"

    posted = [request for request in server.requests if request.target == "/hook/T1"]
    assert [request.json() for request in posted] == [{"text": "- RESTART THE ROUTER\n- CALL BACK\n"}]
    assert len(server.requests) == 4


def connections_to(server: ScriptedServer) -> str:
    return f"""
[connections.openai]
base_url = "{server.url}/v1"
authentication.bearer.token = "$secrets.OPENAI_API_KEY"
allow_private = ["loopback"]
[connections.slack]
base_url = "{server.url}"
allow_private = ["loopback"]
[secrets.OPENAI_API_KEY]
environment = "OPENAI_API_KEY"
[secrets.SLACK_WEBHOOK]
environment = "SLACK_WEBHOOK"
origins = ["{server.url}"]
"""


async def test_highest_version_wins_and_each_can_be_named(
    shell: Shell, temporal: WorkflowEnvironment
) -> None:
    for version in ("1.9.0", "1.10.0", "1.10.0-rc.1"):
        shell.write(f"d/{version}.yaml", SAYS.format(name="says", version=version, text=version))
    await serve(shell, temporal, "d", "versions")

    async def said(workflow_type: str) -> Any:
        arguments = ("workflow", "execute", "--type", workflow_type, "--task-queue", "versions", "-o", "json")
        printed = await temporal_cli(address_of(temporal), *arguments, "--input", '{"name": "Ann"}')
        return json.loads(printed)["result"]["said"]

    assert await said("says") == "1.10.0 Ann"
    assert await said("tests/says:1.9.0") == "1.9.0 Ann"
    assert await said("tests/says:1.10.0-rc.1") == "1.10.0-rc.1 Ann"


async def test_unknown_type_waits_for_a_worker_that_knows_it(
    shell: Shell, temporal: WorkflowEnvironment
) -> None:
    shell.write("old/says.yaml", SAYS.format(name="says", version="1.0.0", text="Hello"))
    shell.write("new/later.yaml", SAYS.format(name="later", version="1.0.0", text="At last,"))
    old = await serve(shell, temporal, "old", "rolling")
    handle = await temporal.client.start_workflow(
        "later", {"name": "Ann"}, id="later-1", task_queue="rolling"
    )
    failed = await has_event(handle, "workflow_task_failed")
    message = failed.workflow_task_failed_event_attributes.failure.message
    assert "no definition named 'later' is served here; known: says, tests/says:1.0.0" in message
    await old.says('"error": "RuntimeError: no definition named \'later\' is served here;')

    await serve(shell, temporal, "new", "rolling")
    old.process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(30):
        assert await handle.result() == {"said": "At last, Ann"}


def edited(file: Path) -> None:
    file.write_text(NAPS.replace("old", "new"))


@pytest.mark.parametrize("change", [edited, Path.unlink])
async def test_running_workflows_keep_the_definition_they_began_with(
    shell: Shell, temporal: WorkflowEnvironment, change: Callable[[Path], None]
) -> None:
    queue = f"naps-{change.__name__}"
    file = shell.write("d/naps.yaml", NAPS)
    definition = load_file(file).data
    shell.write("d/says.yaml", SAYS.format(name="says", version="1.0.0", text="Hello"))
    worker = await serve(shell, temporal, "d", queue)
    handles = [
        await temporal.client.start_workflow("naps", id=f"{queue}-{number}", task_queue=queue)
        for number in range(10)
    ]
    for handle in handles:
        await has_event(handle, "timer_started")
    change(file)
    worker.process.send_signal(signal.SIGTERM)
    assert await worker.ends() == 0
    for handle in handles:
        assert not await events_of(handle, "timer_fired")
    await serve(shell, temporal, "d", queue)

    results = await asyncio.gather(*(handle.result() for handle in handles))

    assert results == [{"before": "old", "after": "old"}] * 10
    if change is edited:
        fresh = await temporal.client.start_workflow("naps", id=f"{queue}-fresh", task_queue=queue)
        assert await recorded_definition(fresh) != canonical_json(definition)
        await fresh.terminate()
    replayer = Runner(temporal.client, HttpTaskPlugin(definitions=DefinitionRegistry([])), queue)
    for handle in handles:
        await replayer.replay(handle)
        assert await recorded_definition(handle) == canonical_json(definition)


async def recorded_definition(handle: WorkflowHandle[Any, Any]) -> str:
    """The definition as it stands in the run's history."""
    event = await has_event(handle, "marker_recorded")
    [payload] = event.marker_recorded_event_attributes.details["result"].payloads
    recorded: dict[str, str] = json.loads(payload.data)
    assert recorded["name"] == "tests/naps:1.0.0"
    return unpacked(recorded["packed"])


async def test_history_of_a_given_definition_holds_it_too(temporal: WorkflowEnvironment) -> None:
    definition = parse("do: [{ one: { set: { a: 1 } } }]")
    async with running(temporal) as runner:
        outcome = await runner.run(definition)
    [started] = await events_of(
        temporal.client.get_workflow_handle(outcome.handle.id), "workflow_execution_started"
    )
    [payload] = started.workflow_execution_started_event_attributes.input.payloads
    recorded = json.loads(payload.data)
    assert canonical_json(recorded["definition"]) == canonical_json(definition)
    assert recorded["sha256"] == sha256(definition)
