"""`httptask batch`: the table, the exit codes, and that a batch that is stopped goes on."""

import json
import re

import pytest
from temporalio.testing import WorkflowEnvironment

from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.cluster import address_of, events_of, has_event
from support.commands import Shell

FLOW = """
document: {{ dsl: 1.0.3, namespace: tests, name: rows, version: 1.0.0 }}
input: {{ schema: {{ document: {{ type: object, required: [n] }} }} }}
do:
  - ask: {{ call: http, with: {{ method: post, endpoint: {url}, body: {{ n: "${{ .n }}" }} }} }}
"""
RESTS = """
document: { dsl: 1.0.3, namespace: tests, name: rests, version: 1.0.0 }
do: [{ rest: { wait: { seconds: 1 } } }, { done: { set: { n: 1 } } }]
"""
CONFIG = '[policy]\nallow_private = ["loopback"]\n'


def answer(served: ServedRequest) -> Reply:
    return Reply.json(served.json(), status=422 if served.json()["n"] == 2 else 200)


@pytest.mark.usefixtures("one_server")
async def test_a_table_of_rows_one_of_which_fails(shell: Shell) -> None:
    async with ScriptedServer(answer) as server:
        shell.write("flow.yaml", FLOW.format(url=server.url))
        shell.write("httptask.toml", CONFIG)
        shell.write("rows.jsonl", '{"n": 1}\n{"n": 2}\n')
        code, command = await shell.run("batch", "flow.yaml", "--inputs", "rows.jsonl", "--json")
        assert code == 1, command.stderr
        told = json.loads(command.stdout)
        assert [row["state"] for row in told["rows"]] == ["completed", "faulted"]
        resumed, command = await shell.run(
            "batch", "flow.yaml", "--inputs", "rows.jsonl", "--resume", told["batch"], "-o", "table.md"
        )
        assert resumed == 1
        assert "1 of 2 rows completed, 1 failed" in command.stderr
        assert '| 1 | {"n": 1} | {"n": 1} |' in (shell.folder / "table.md").read_text()
        assert len(server.requests) == 2


async def test_one_that_was_killed_goes_on_soon(shell: Shell, temporal: WorkflowEnvironment) -> None:
    """What its worker has in memory waits for that one, which is gone: for Temporal's ten seconds, if nobody said less."""
    shell.environment["TEMPORAL_ADDRESS"] = address_of(temporal)
    shell.write("flow.yaml", RESTS)
    shell.write("rows.jsonl", "1\n")
    batch = ("batch", "flow.yaml", "--inputs", "rows.jsonl")
    killed = await shell.start(*batch)
    await killed.says("batch rests-batch-")
    [id_] = re.findall(r"^batch (\S+)$", killed.stderr, re.MULTILINE)
    handle = temporal.client.get_workflow_handle(id_)
    await has_event(handle, "timer_started")
    killed.process.kill()
    await killed.ends()
    await has_event(handle, "timer_fired")
    code, resumed = await shell.run(*batch, "--resume", id_)
    assert code == 0, resumed.stderr
    events = {event.event_id: event for event in (await handle.fetch_history()).events}
    waits = [
        timeout.event_time.seconds - events[scheduled_id].event_time.seconds
        for timeout in await events_of(handle, "workflow_task_timed_out")
        if (scheduled_id := timeout.workflow_task_timed_out_event_attributes.scheduled_event_id)
    ]
    assert waits
    assert max(waits) < 5
