"""A process that has loaded a definition does not compile it again in a workflow task, which has two seconds."""

import json
import signal

import pytest
from temporalio.client import Client

from httptask.cli.server import SharedServer
from support.cluster import longest_workflow_task
from support.commands import Shell

COMPILES_ONCE = """
import httptask.interpreter.workflow_types
from httptask.cli import main

def refused(_data):
    raise AssertionError("compiled again")

httptask.interpreter.workflow_types.compile_definition = refused
main()
"""

HEAD = "document: { dsl: 1.0.3, namespace: tests, name: many, version: 1.0.0 }\ndo:\n"


def with_expressions(count: int) -> str:
    """A definition of tasks with a hundred expressions each; with a number of every kind that YAML writes."""
    tasks = [
        f"  - task{first}: {{ set: {{ "
        + ", ".join(f"k{n}: '${{ $workflow.input.n + {first + n} }}'" for n in range(100))
        + " } }\n"
        for first in range(0, count, 100)
    ]
    return (
        HEAD
        + "".join(tasks)
        + "  - last: { set: { sum: '${ .k99 }', plain: [1.0, 1e3, 0x10, -0.0, true] } }\n"
    )


@pytest.fixture
def once(shell: Shell) -> Shell:
    shell.write("once.py", COMPILES_ONCE)
    shell.script = "once.py"
    return shell


async def test_by_run(once: Shell) -> None:
    once.write("many.yaml", with_expressions(2_000))
    server = SharedServer(once.folder / ".httptask")
    client = await Client.connect(await server.join())
    try:
        code, command = await once.run("run", "many.yaml", "--input", '{"n": 1}')
        assert code == 0, command.stderr
        assert json.loads(command.stdout) == {"sum": 2000, "plain": [1.0, 1000.0, 16, -0.0, True]}
        [run] = [run async for run in client.list_workflows()]
        await longest_workflow_task(client.get_workflow_handle(run.id))
    finally:
        await server.leave()


async def test_by_a_worker(once: Shell) -> None:
    once.write("many.yaml", with_expressions(100))
    command = await once.start("dev", "--no-designer", "--port", "0")
    await command.says("start one:")
    address = command.stderr.partition("Temporal at ")[2].partition(",")[0]
    client = await Client.connect(address)
    output = await client.execute_workflow(
        "many", {"n": 1}, id="many-1", task_queue="httptask", result_type=dict
    )
    assert output["sum"] == 100
    command.press(signal.SIGINT)
    assert await command.ends() == 0
