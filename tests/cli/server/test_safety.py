"""No run is lost with the embedded server, no process is ended that is not it, and a full disk is told at once."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client

from httptask.cli.server import SharedServer
from httptask.cli.server.files import prepare_folder
from httptask.cli.server.locks import FileLock
from httptask.cli.server.process import ServerProcess
from httptask.cli.server.record import ServerRecord, start_of
from httptask.cli.terminal.errors import CliError, ExitCode
from support.commands import HTTPTASK, Shell
from support.servers import servers_of


@pytest.fixture
def made(directory: Path) -> Path:
    directory.mkdir()
    return directory


@pytest.fixture
def bystander() -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        assert process.poll() is None, "a process that is not the server was ended"
        process.communicate(b"\n")


def always(value: object) -> Callable[[object], object]:
    return lambda _: value


def entries(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def change_record(directory: Path, **changes: Any) -> None:
    record = directory / "server.json"
    record.write_text(json.dumps({**json.loads(record.read_text()), **changes}))


async def start_something(address: str, id_: str) -> None:
    client = await Client.connect(address)
    await client.start_workflow("anything", id=id_, task_queue="nobody")


async def has(address: str, id_: str) -> bool:
    description = await (await Client.connect(address)).get_workflow_handle(id_).describe()
    return description.workflow_type == "anything"


async def test_a_start_that_was_killed_before_its_end_costs_no_run(directory: Path) -> None:
    mark = directory / "temporal.db.unfinished"
    killed, second, third = (SharedServer(directory) for _ in range(3))
    await killed.join()
    mark.touch()  # as when it is killed after its server began to answer
    address = await second.join()
    assert not mark.exists()
    await start_something(address, "kept")
    await killed.leave()
    await second.leave()
    mark.touch()
    assert await has(await third.join(), "kept")
    await third.leave()


async def test_a_database_that_can_not_be_read_is_moved_aside_and_that_is_said(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (made / "temporal.db").write_text("half of a database " * 100)
    (made / "temporal.db.unfinished").touch()
    server = SharedServer(made)
    await server.join()
    await server.leave()
    [aside] = [entry for entry in entries(made) if entry.name.startswith("set-aside-")]
    assert (aside / "temporal.db").read_text().startswith("half of a database")
    told = capsys.readouterr().err
    assert f"{made}/temporal.db can't be read" in told
    assert f"moved to {aside}/" in told


@pytest.mark.parametrize("differs", ["start", "command line"])
async def test_a_server_of_another_namespace_is_neither_ended_nor_doubled(
    directory: Path, bystander: "subprocess.Popen[bytes]", differs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There its id belongs to another process here, and nothing answers at its address."""
    monkeypatch.setattr("httptask.cli.server.process._HUNG_SECONDS", 0.2)
    first, second = SharedServer(directory), SharedServer(directory)
    await first.join()
    [server] = servers_of(directory)
    known = json.loads((directory / "server.json").read_text())
    # Two that begin in the same tick of the system's clock have one start.
    started = start_of(bystander.pid) if differs == "command line" else "another"
    change_record(directory, pid=bystander.pid, address="127.0.0.1:9", started=started)

    with monkeypatch.context() as patched:
        if differs == "start":
            command = f"temporal server start-dev --db-filename {directory}/temporal.db"
            patched.setattr("httptask.cli.server.record.command_of", always(command))
        with pytest.raises(CliError, match="runs in another container") as raised:
            await second.join()
        await first.leave()

    assert raised.value.exit_code is ExitCode.UNREACHABLE
    assert servers_of(directory) == [server]
    change_record(directory, **known)
    await second.join()
    await second.leave()
    assert not server.is_running()


async def test_a_process_of_another_network_is_not_ended(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("httptask.cli.server.process._HUNG_SECONDS", 0.2)
    first, second = SharedServer(directory), SharedServer(directory)
    await first.join()
    [server] = servers_of(directory)
    known = json.loads((directory / "server.json").read_text())
    change_record(directory, address="127.0.0.1:9")
    with monkeypatch.context() as patched:
        patched.setattr("httptask.cli.server.record.is_in_this_network", always(False))
        with pytest.raises(CliError, match="runs in another container"):
            await second.join()
    assert server.is_running()
    change_record(directory, **known)
    await first.leave()
    assert not server.is_running()


async def test_another_project_s_server_at_the_address_is_not_taken(tmp_path: Path, directory: Path) -> None:
    elsewhere = SharedServer(tmp_path / "elsewhere")
    foreign = await elsewhere.join()
    first, second = SharedServer(directory), SharedServer(directory)
    await first.join()
    change_record(directory, address=foreign)
    assert await second.join() != foreign
    await second.leave()
    await first.leave()
    await elsewhere.leave()
    assert servers_of(directory) == []


async def test_no_server_is_started_without_the_lock(directory: Path) -> None:
    server = SharedServer(directory)
    await server.join()
    await server.leave()
    held = FileLock(directory / "server.lock")
    assert held.try_lock()
    with pytest.raises(CliError, match="a Temporal server uses"):
        await ServerProcess(directory).start()
    assert servers_of(directory) == []
    held.close()


LONG = """
document: { dsl: 1.0.3, namespace: tests, name: long, version: 1.0.0 }
do: [{ loop: { for: { each: x, in: "${ [range(1000)] }" }, do: [{ nap: { wait: { milliseconds: 100 } } }] } }]
"""


async def test_a_database_that_can_not_grow_is_told_at_once(shell: Shell) -> None:
    """A bound on the size of files stands in for a full disk; what SQLite says of that one is in the next test."""
    shell.write("long.yaml", LONG)
    code, command = await shell.run("runs", "list")
    assert code == 0, command.stderr
    size = (shell.folder / ".httptask/temporal.db").stat().st_size
    most = size // 1024 + 32  # the server can start, and not much more
    begin = time.monotonic()
    shell.program = ("bash", "-c", f'ulimit -f {most}; exec "$0" "$@"', HTTPTASK)

    code, command = await shell.run("run", "long.yaml")

    assert code == ExitCode.UNREACHABLE, command.stderr
    assert (
        time.monotonic() - begin < 30
    )  # the product's bound is 15 s; this one has two interpreters to start
    assert ".httptask: disk I/O error (778)" in command.stderr
    assert shell.left_over() == []


async def test_the_server_s_own_words_end_what_waits_for_it(directory: Path) -> None:
    server = SharedServer(directory)
    await server.join()
    for said in (
        "database or disk is full (13)",
        "disk I/O error (778)",
        "attempt to write a readonly database (8)",
        "unable to open database file (14)",
    ):
        await end_by(said, server, directory)
    await server.leave()


async def end_by(said: str, server: SharedServer, directory: Path) -> None:
    log = directory / "server.log"
    assert log.stat().st_size >= 4096, "a full disk leaves no room for the server's words"

    def say(text: str) -> None:
        """Behind the blanks, which the server itself writes over where the machine is slow."""
        with log.open("a") as file:
            file.write(f'level=ERROR msg="Update failed." error="{text}"\n')

    say(f"{said} of an hour ago")

    async def work() -> None:
        async with server.watched(), asyncio.timeout(10):
            await asyncio.sleep(1.5)
            say(f"AppendHistoryNodes: {said}")
            await asyncio.sleep(60)

    with pytest.raises(CliError) as raised:
        await work()
    assert raised.value.message == f"the embedded Temporal server can't write to {directory}: {said}"
    assert raised.value.exit_code is ExitCode.UNREACHABLE


async def test_a_server_that_can_not_be_recorded_is_ended(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device", str(directory / "server.draft"))

    with monkeypatch.context() as patched:
        patched.setattr(ServerRecord, "write", full)
        with pytest.raises(CliError, match=r"server.draft: No space left on device") as raised:
            await SharedServer(directory).join()
    assert raised.value.exit_code is ExitCode.UNREACHABLE
    assert servers_of(directory) == []


@pytest.mark.parametrize(
    "name",
    [
        "server.log",
        "server.lock",
        "users.lock",
        "transition.lock",
        "server.draft",
        "temporal.db",
        ".gitignore",
    ],
)
async def test_nothing_is_written_through_a_link(made: Path, tmp_path: Path, name: str) -> None:
    precious, absent = tmp_path / "precious", tmp_path / "absent"
    precious.write_text("keep")
    for target in (precious, absent):
        (made / name).unlink(missing_ok=True)
        (made / name).symlink_to(target)
        with pytest.raises(CliError, match=f"{name}: is no regular file"):
            await SharedServer(made).join()
    assert precious.read_text() == "keep"
    assert not absent.exists()


async def test_a_folder_that_is_a_link_is_refused(made: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(made)
    with pytest.raises(CliError, match="link: is not a folder"):
        await SharedServer(link).join()
    assert entries(made) == []


async def test_a_folder_of_another_user_is_refused(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    another = os.geteuid() + 1
    monkeypatch.setattr("os.geteuid", lambda: another)
    with pytest.raises(CliError, match=r"belongs to another user"):
        await SharedServer(made).join()
    assert entries(made) == []


async def test_a_place_that_can_not_be_written_is_told_with_the_cure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CliError, match=r"file/\.httptask: Not a directory") as raised:
        await SharedServer(tmp_path / "file" / ".httptask").join()
    assert raised.value.hint is not None
    assert "TEMPORAL_ADDRESS" in raised.value.hint


def test_a_file_that_goes_while_it_is_looked_at_disturbs_nobody(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(folder: Path) -> Iterator[Path]:
        return iter([folder / "temporal.db-journal"])

    monkeypatch.setattr(Path, "iterdir", gone)
    prepare_folder(made)
    assert (made / ".gitignore").exists()


async def test_a_file_of_another_user_is_refused(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = made / "server.json"
    record.write_text("{}")
    lstat = Path.lstat

    def owned(path: Path) -> os.stat_result:
        found = lstat(path)
        return os.stat_result((*found[:4], found.st_uid + 1, *found[5:])) if path == record else found

    monkeypatch.setattr(Path, "lstat", owned)
    with pytest.raises(CliError, match=r"server\.json: belongs to another user"):
        await SharedServer(made).join()
    assert entries(made) == [record]
