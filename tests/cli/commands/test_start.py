"""`httptask start` and `schedule`, with a worker that serves definitions."""

import json
import uuid
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from support.commands import Shell
from support.definitions import parse
from support.runs import Runner, running
from support.terminals import on_terminal

REPORT = """\
document: { dsl: 1.0.3, namespace: shop, name: report, version: 1.0.0 }
input: { schema: { document: { type: object, required: [days] } } }
schedule: { cron: 0 9 1 * MON }
do:
  - done: { set: { days: "${ .days }" } }
"""
STOPS = """\
document: { dsl: 1.0.3, namespace: shop, name: stops, version: 1.0.0 }
do: [{ stop: { raise: { error: { type: "https://example.com/gone", status: 410, title: Gone } } } }]
"""
WHEN = "at 09:00 on the first day of every month; and at 09:00 on Monday"

pytestmark = pytest.mark.usefixtures("one_server")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def runner(temporal: WorkflowEnvironment) -> AsyncIterator[Runner]:
    async with running(temporal, definitions=[parse(REPORT), parse(STOPS)], share_queue=False) as found:
        yield found


async def test_a_served_definition_is_started(shell: Shell, runner: Runner) -> None:
    queue = ("--task-queue", runner.task_queue)
    code, command = await shell.run("start", "report", "--input", '{"days": 2}', *queue)
    assert code == 0, command.stderr
    run = command.stdout.strip()
    assert f"started shop/report:1.0.0; follow it: httptask runs show {run}\n" in command.stderr
    assert await runner.client.get_workflow_handle(run).result() == {"days": 2}

    id_ = f"report-{uuid.uuid4().hex[:8]}"
    code, command = await shell.run(
        "start", "shop/report:latest", "--input", '{"days": 3}', "--id", id_, "--wait", *queue
    )
    assert (code, json.loads(command.stdout)) == (0, {"days": 3}), command.stderr
    assert f"run {id_} of shop/report:1.0.0\n" in command.stderr
    code, command = await shell.run("start", "stops", "--wait", "--json", *queue)
    assert (code, json.loads(command.stdout)["error"]["title"]) == (1, "Gone")
    assert "shop/stops:1.0.0: Gone\n  task: stop\n" in command.stderr


async def test_what_can_not_be_started_is_told(shell: Shell, runner: Runner) -> None:
    queue = ("--task-queue", runner.task_queue)
    code, command = await shell.run("start", "reprot", *queue)
    assert code == 2
    assert "  hint: did you mean `report`?\n" in command.stderr
    code, command = await shell.run("start", "report", *queue)
    assert (code, "the definition asks for one" in command.stderr) == (2, True)
    code, command = await shell.run("start", "report", "--task-queue", "nobody")
    assert code == 3
    assert "start one: httptask worker --task-queue nobody --definitions DIR" in command.stderr


async def test_a_schedule_is_told_and_then_created(shell: Shell, runner: Runner) -> None:
    shell.write("report.yaml", REPORT)
    id_, queue = f"report-{uuid.uuid4().hex[:8]}", ("--task-queue", runner.task_queue)
    create = ("schedule", "create", "report.yaml", "--id", id_, "--input", '{"days": 1}', *queue)
    code, command = await shell.run(*create, "--time-zone", "Europe/Berlin", "--dry-run")
    assert code == 0, command.stderr
    assert f"  when: {WHEN} (Europe/Berlin)\n" in command.stdout
    assert command.stdout.count(" 09:00:00 CE") == 5
    screen = on_terminal(shell.folder, shell.environment, *create, typed="n\n")
    assert (screen.code, "error: nothing was created" in "\n".join(screen.lines)) == (1, True)
    code, command = await shell.run(*create)
    assert (code, "--yes creates it without asking" in command.stderr) == (2, True)
    code, command = await shell.run(*create, "--yes", "--json")
    assert (code, json.loads(command.stdout)["created"]) == (0, True), command.stderr
    code, command = await shell.run(*create, "--yes")
    assert (code, f"there is a schedule {id_} already" in command.stderr) == (1, True)

    code, command = await shell.run("schedule", "trigger", id_, "--json")
    run = json.loads(command.stdout)["run"]
    await runner.client.get_workflow_handle(run).result()
    code, command = await shell.run("schedule", "trigger", id_)
    assert f"started run {command.stdout.strip()};" in command.stderr
    await shell.run("schedule", "pause", id_, "--reason", "closed")
    code, command = await shell.run("schedule", "show", id_)
    assert code == 0, command.stderr
    assert command.stdout.startswith(f"{id_}  shop/report:1.0.0  paused: closed\n  when: {WHEN} (UTC)\n")
    assert f"\n{run}  completed  " in command.stdout
    await shell.run("schedule", "resume", id_)
    code, command = await shell.run("schedule", "list")
    assert f"{id_}  active  " in command.stdout
    code, command = await shell.run("schedule", "delete", id_)
    assert code == 0
    code, command = await shell.run("schedule", "show", id_)
    assert (code, "no such schedule" in command.stderr) == (2, True)


async def test_a_file_is_held_against_what_is_served(shell: Shell, runner: Runner) -> None:
    given = ("--input", '{"days": 1}', "--yes", "--task-queue", runner.task_queue)
    shell.write("report.yaml", REPORT.replace("${ .days }", "${ .days + 1 }"))
    code, command = await shell.run("schedule", "create", "report.yaml", *given)
    assert code == 2
    assert "the worker serves another shop/report:1.0.0 than report.yaml" in command.stderr
    shell.write("report.yaml", REPORT.replace("1.0.0", "2.0.0"))
    code, command = await shell.run("schedule", "create", "report.yaml", *given)
    assert code == 2
    assert "no definition shop/report:2.0.0 is served" in command.stderr


async def test_a_run_of_the_file_is_one(shell: Shell) -> None:
    shell.write("report.yaml", REPORT)
    code, command = await shell.run("run", "report.yaml", "--input", '{"days": 1}')
    assert (code, json.loads(command.stdout)) == (0, {"days": 1}), command.stderr
    assert f"its schedule ({WHEN}) starts nothing here: it is run once, now\n" in command.stderr
    code, command = await shell.run("explain", "report.yaml")
    assert f"  schedule {WHEN}\n" in command.stdout
