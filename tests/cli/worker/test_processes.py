"""A worker of several processes: watched over, replaced, ended together."""

import asyncio
import json
import signal
import socket
from collections.abc import Callable
from typing import Any

import httpx
import psutil
import pytest
from temporalio.testing import WorkflowEnvironment

from httptask.cli.server.process import available_port
from httptask.plugin import DefinitionRegistry, HttpTaskPlugin
from httptask.testing import Reply, ScriptedServer
from support.cluster import address_of
from support.commands import Command, Shell
from support.crowds import Crowd
from support.forked_scripts import forked_script
from support.orders import ORDERS, STEPS, Shop
from support.probes import answer, becomes
from support.runs import Runner

KILLS = 10
RUNS = 40

CALLS = """
document: { dsl: 1.0.3, namespace: tests, name: calls, version: 1.0.0 }
do:
  - all:
      call: map
      with:
        in: ${ [range(.)] }
        concurrency: 50
        do: [{ get: { call: httpRequest, with: { method: get, connection: shop, path: / } } }]
  - count: { set: "${ length }" }
"""


def connection(url: str, more: str = "") -> str:
    return f'[connections.shop]\nbase_url = "{url}"\nallow_private = ["loopback"]\n{more}'


def events(command: Command, name: str) -> list[dict[str, Any]]:
    """Lines of the log; each line has to be one, and to say which process wrote it."""
    lines = [json.loads(line) for line in command.stderr[: command.stderr.rfind("\n") + 1].splitlines()]
    assert all(line["process"] in (1, 2) for line in lines if line["event"] != "worker.configured")
    return [line for line in lines if line["event"] == name]


async def start(shell: Shell, temporal: WorkflowEnvironment, *options: str) -> Command:
    command = await shell.start(
        *("worker", "-d", "definitions", "--processes", "2", *options), TEMPORAL_ADDRESS=address_of(temporal)
    )
    await command.says("worker.started", times=2)
    return command


def children(command: Command) -> list[psutil.Process]:
    """The processes that do the work, without the helpers of theirs."""
    return psutil.Process(command.process.pid).children()


@pytest.mark.long
async def test_killed_processes_are_replaced_and_no_run_is_lost(
    shell: Shell, temporal: WorkflowEnvironment, fewer: Callable[[int], int]
) -> None:
    runs, kills = fewer(RUNS), fewer(KILLS)
    shop = Shop()
    shell.write("definitions/orders.yaml", ORDERS)
    async with ScriptedServer(shop) as server:
        shell.write("httptask.toml", connection(server.url))
        command = await start(shell, temporal, "--task-queue", "killed")

        async def begin(number: int) -> Any:
            await asyncio.sleep(number * 0.1)
            return await temporal.client.start_workflow(
                "orders", {"order": number}, id=f"killed-{number}", task_queue="killed", result_type=list
            )

        beginning = [asyncio.create_task(begin(number)) for number in range(runs)]
        for kill in range(kills):
            children(command)[kill % 2].kill()
            await command.says("worker.started", times=3 + kill)
        handles = await asyncio.gather(*beginning)
        results = await asyncio.gather(*(handle.result() for handle in handles))
        replayer = Runner(temporal.client, HttpTaskPlugin(definitions=DefinitionRegistry([])), "")
        for handle in handles:
            await replayer.replay(handle)
        command.process.terminate()
        assert await command.ends(seconds=20) == 0

    assert [order for order, _ in results] == list(range(runs))
    assert len(shop.effects) == len(set(shop.effects)) == runs * len(STEPS)
    assert len(events(command, "worker.process.ended")) == kills
    assert len(events(command, "worker.stopped")) == 2
    assert shell.left_over() == []


@pytest.mark.alone
async def test_a_killed_process_is_replaced_within_two_seconds(
    shell: Shell, temporal: WorkflowEnvironment
) -> None:
    shell.write("definitions/calls.yaml", CALLS)
    shell.write("httptask.toml", connection("http://127.0.0.1:1"))
    command = await start(shell, temporal)
    async with asyncio.timeout(2):
        children(command)[0].kill()
        await command.says("worker.started", times=3)
    [ended] = events(command, "worker.process.ended")
    assert (ended["reason"], ended["replaced_in"]) == ("SIGKILL", 0)


async def test_limits_are_those_of_all_processes(shell: Shell, temporal: WorkflowEnvironment) -> None:
    crowd = Crowd(0.02, Reply.json({}))

    shell.write("definitions/calls.yaml", CALLS)
    async with ScriptedServer(crowd) as server:
        shell.write("httptask.toml", connection(server.url, "concurrency = 3\n"))
        command = await start(shell, temporal, "--task-queue", "limited")
        done = await temporal.client.execute_workflow(
            "calls", 100, id="limited", task_queue="limited", result_type=int
        )
    assert done == 100
    assert crowd.most == 3
    assert {line["process"] for line in events(command, "http.request.finished")} == {1, 2}


async def test_a_failing_server_is_left_alone_by_all_processes(
    shell: Shell, temporal: WorkflowEnvironment
) -> None:
    shell.write("definitions/calls.yaml", CALLS)
    taken = asyncio.Event()

    async def fail(_: object) -> Reply:
        await taken.wait()
        return Reply.of(status=503)

    async with ScriptedServer(fail) as server:
        shell.write("httptask.toml", connection(server.url, "concurrency = 1\n"))
        command = await start(shell, temporal, "--task-queue", "failing")
        await temporal.client.start_workflow("calls", 60, id="failing", task_queue="failing")
        await command.says("http.request.waiting", times=40)  # so both processes have calls, of 50 at once
        taken.set()
        await command.says("http.breaker.opened")
        opened = events(command, "http.breaker.opened")
        made = {line["process"] for line in events(command, "http.request.failed")}
        await temporal.client.get_workflow_handle("failing").terminate()
    assert [line["calls"] for line in opened] == [20]
    assert made == {1, 2}


async def test_a_second_signal_waits_for_no_call(shell: Shell, temporal: WorkflowEnvironment) -> None:
    port = available_port()
    shell.write("definitions/calls.yaml", CALLS)
    async with ScriptedServer([Reply.silence()]) as server:
        shell.write("httptask.toml", connection(server.url))
        command = await start(
            shell, temporal, "--task-queue", "insisted", "--health-address", f"127.0.0.1:{port}"
        )
        await temporal.client.start_workflow("calls", 1, id="insisted", task_queue="insisted")
        await server.requests_received(1)
        assert await answer(port, "/ready") == (200, {"status": "ready"})
        command.press(signal.SIGINT)  # which a terminal sends to all of them
        await becomes(port, 503)
        assert await answer(port, "/ready") == (503, {"status": "not ready", "reason": "the worker stops"})
        assert await answer(port, "/live") == (200, {"status": "live"})
        assert command.process.returncode is None
        command.press(signal.SIGINT)
        assert await command.ends(seconds=5) == 130
    assert shell.left_over() == []


async def test_nothing_outlives_the_one_that_watches_over_them(
    shell: Shell, temporal: WorkflowEnvironment
) -> None:
    shell.write("definitions/calls.yaml", CALLS)
    shell.write("httptask.toml", connection("http://127.0.0.1:1"))
    command = await start(shell, temporal)
    command.process.kill()
    await command.ends(seconds=10)  # which they all have to have closed its stderr for
    assert command.stderr.count("worker.stopped") == 2
    _, alive = await asyncio.to_thread(psutil.wait_procs, shell.left_over(), 5)
    assert alive == []


async def test_why_they_can_not_start_is_told_once(shell: Shell) -> None:
    shell.write("definitions/calls.yaml", CALLS)
    shell.write("httptask.toml", connection("http://127.0.0.1:1"))
    code, command = await shell.run(
        *("worker", "-d", "definitions", "--processes", "3"), TEMPORAL_ADDRESS="127.0.0.1:1"
    )
    assert code == 3
    assert command.stderr.count("error: can't connect to Temporal at 127.0.0.1:1") == 1
    assert shell.left_over() == []


@pytest.mark.parametrize("given", ["0", "257", "many"])
async def test_what_is_no_number_of_processes(shell: Shell, given: str) -> None:
    code, command = await shell.run("worker", "-d", ".", "--processes", given)
    assert code == 2
    assert command.stderr.splitlines() == [
        f"error: --processes: {given}",
        "  hint: give a number from 1 to 256, or auto",
    ]


async def test_each_process_has_metrics_of_its_own(shell: Shell, temporal: WorkflowEnvironment) -> None:
    shell.write("definitions/calls.yaml", CALLS)
    shell.write("httptask.toml", connection("http://127.0.0.1:1"))
    port = two_ports()
    await start(shell, temporal, "--metrics-address", f"127.0.0.1:{port}")
    async with httpx.AsyncClient(trust_env=False) as client:
        for each in (port, port + 1):
            told = (await client.get(f"http://127.0.0.1:{each}/metrics", timeout=5)).text
            assert "temporal_" in told


def two_ports() -> int:
    """The first of two free ones that follow each other."""
    while True:
        port = available_port()
        with socket.socket() as second:
            try:
                second.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port


DIE = """
import mmap, os, signal
from httptask.cli.observability.logging import configure_logging
from httptask.cli.terminal.errors import CliError
from httptask.cli.worker.supervisor import serve_in_processes

deaths = mmap.mmap(-1, 1)

def serve(member):
    if WORKS:
        member.begin_work()
        if member.number == 1:
            signal.pause()
        deaths[0] += 1
        if deaths[0] == 4:
            os.kill(os.getppid(), signal.SIGTERM)
            signal.pause()
    os.kill(os.getpid(), signal.SIGKILL)

configure_logging("INFO", begin_core=False)
try:
    serve_in_processes(2, {}, serve)
except CliError as error:
    print(error)
"""


async def test_processes_that_die_at_once_end_the_worker() -> None:
    lines, stderr = await forked_script(DIE.replace("WORKS", "False"))
    assert lines == ["the processes of the worker can't start: SIGKILL"]
    told = [(line["process"], line["reason"]) for line in map(json.loads, stderr.splitlines())]
    assert sorted(told) == [(1, "SIGKILL"), (2, "SIGKILL")]  # each once


async def test_one_that_dies_again_and_again_is_replaced_later_each_time() -> None:
    lines, stderr = await forked_script(DIE.replace("WORKS", "True"))
    delays = [line["replaced_in"] for line in map(json.loads, stderr.splitlines())]
    assert lines == []
    assert delays == [0, 0.25, 0.5]


LONG_LINES = """
import os
from httptask.cli.observability.logging import configure_logging, log_as_process, share_log
from httptask.http.log import get_logger

configure_logging("INFO", begin_core=False)
share_log()
pids = []
for number in range(1, 5):
    if (pid := os.fork()) == 0:
        log_as_process(number)
        for line in range(20):
            get_logger("httptask").info("long", text="x" * 30_000, line=line)
        os._exit(0)
    pids.append(pid)
for pid in pids:
    os.waitpid(pid, 0)
"""


async def test_lines_of_several_processes_are_never_mixed() -> None:
    _, stderr = await forked_script(LONG_LINES)
    lines = [json.loads(line) for line in stderr.splitlines()]
    assert sorted((line["process"], line["line"]) for line in lines) == [
        (process, line) for process in range(1, 5) for line in range(20)
    ]
