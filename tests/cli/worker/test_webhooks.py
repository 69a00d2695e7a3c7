"""`httptask worker --webhooks`, `run` and `dev` with it, and `httptask emit`."""

import json
import re
from pathlib import Path

import aiohttp
import pytest
from temporalio.testing import WorkflowEnvironment

from httptask.cli.server.process import available_port
from support.cluster import address_of
from support.commands import Command, Shell
from support.runs import listening, running

HOOK = '[webhooks.pay]\npath = "/pay"\ntype = "paid"\ndata = "${ .body }"\n'
GUARDED = HOOK + 'bearer = "$secrets.TOKEN"\n[secrets.TOKEN]\nenvironment = "TOKEN"\n'
LISTENS = """
document: { dsl: 1.0.3, namespace: tests, name: listens, version: 1.0.0 }
do: [{ wait: { listen: { to: { one: { with: { type: paid, data: { order: "${ $input.order }" } } } } } } }]
"""


async def test_who_could_be_anybody_may_not_send_events(shell: Shell) -> None:
    shell.write("definitions/listens.yaml", LISTENS)
    shell.write("httptask.toml", HOOK)
    code, command = await shell.run("worker", "-d", "definitions", "--webhooks", "0.0.0.0:0")
    assert (code, "others than this machine could send events to pay" in command.stderr) == (2, True)
    shell.write("httptask.toml", GUARDED)
    code, command = await shell.run("worker", "-d", "definitions", "--webhooks", "127.0.0.1:0")
    assert (code, "set the environment variable TOKEN" in command.stderr) == (2, True)
    shell.write("httptask.toml", HOOK + HOOK.replace("webhooks.pay", "webhooks.again"))
    code, command = await shell.run("worker", "-d", "definitions", "--webhooks", "127.0.0.1:0", "--check")
    assert (code, "pay and again have one path, /pay" in command.stderr) == (2, True)


async def test_a_worker_takes_events_and_stops(
    shell: Shell, temporal: WorkflowEnvironment, tmp_path: Path
) -> None:
    shell.write("definitions/listens.yaml", LISTENS)
    shell.write("httptask.toml", GUARDED)
    port, queue = available_port(), f"test-{tmp_path.name}"
    command = await shell.start(
        *("worker", "-d", "definitions", "--webhooks", f"127.0.0.1:{port}", "--task-queue", queue),
        TEMPORAL_ADDRESS=address_of(temporal),
        TOKEN="canary",
    )
    await command.says("worker.started")
    handle = await temporal.client.start_workflow(
        "listens", {"order": 1}, id=f"listens-{queue}", task_queue=queue
    )
    await listening(handle)
    async with aiohttp.ClientSession() as session:
        for token, order, status in (("wrong", 1, 401), ("canary", 2, 404), ("canary", 1, 202)):
            url = f"http://127.0.0.1:{port}/pay?token={token}"
            async with session.post(url, json={"order": order}) as answer:
                assert answer.status == status
    assert await handle.result() == [{"order": 1}]
    command.process.terminate()
    assert await command.ends() == 0
    assert "canary" not in command.stderr


async def test_a_run_takes_events_while_it_lasts(shell: Shell, temporal: WorkflowEnvironment) -> None:
    shell.write("listens.yaml", LISTENS)
    shell.write("httptask.toml", GUARDED)
    run = ("run", "listens.yaml", "--input", '{"order": 1}', "--webhooks", "127.0.0.1:0")
    code, refused = await shell.run(*run)
    assert (code, "set the environment variable TOKEN" in refused.stderr) == (2, True)
    command = await shell.start(*run, TEMPORAL_ADDRESS=address_of(temporal), TOKEN="canary")
    url = await url_of(command)
    run_id = re.search(r"^run (\S+)$", command.stderr, re.MULTILINE)
    assert run_id is not None
    await listening(temporal.client.get_workflow_handle(run_id[1]))
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, json={"order": 1}, headers={"Authorization": "Bearer canary"}) as answer,
    ):
        assert answer.status == 202
    assert (await command.ends(), json.loads(command.stdout)) == (0, [{"order": 1}])
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.post(url)


async def url_of(command: Command) -> str:
    await command.says("events are taken at ")
    told = re.search(r"events are taken at (http://127\.0\.0\.1:\d+/pay)\n", command.stderr)
    assert told is not None, command.stderr
    return told[1]


async def test_events_of_a_command(shell: Shell, temporal: WorkflowEnvironment) -> None:
    address = address_of(temporal)
    async with running(temporal) as runner:
        first, second = [await runner.start(LISTENS, {"order": order}) for order in (1, 2)]
        await listening(first)
        await listening(second)
        code, command = await shell.run("runs", "show", first.id, TEMPORAL_ADDRESS=address)
        assert f"send it: httptask emit {first.id} --type paid" in command.stdout
        data = ("--data", '{"order": 2}')
        code, command = await shell.run("emit", "--type", "paid", *data, "--json", TEMPORAL_ADDRESS=address)
        assert (code, json.loads(command.stdout)["runs"]) == (0, [{"run": second.id, "tasks": ["wait"]}])
        code, command = await shell.run("emit", "--type", "paid", *data, TEMPORAL_ADDRESS=address)
        assert (code, "no run waits for an event paid" in command.stderr) == (1, True)
        code, command = await shell.run("emit", first.id, "--data", '{"order": 1}', TEMPORAL_ADDRESS=address)
        assert (code, command.stderr) == (0, f"{first.id}: wait waits for it\n")
        assert [await first.result(), await second.result()] == [[{"order": 1}], [{"order": 2}]]
    code, command = await shell.run("emit", first.id, "--type", "paid", TEMPORAL_ADDRESS=address)
    assert (code, "no such run" in command.stderr) == (2, True)
