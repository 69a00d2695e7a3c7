"""Which files of a folder are definitions, and that `worker --check` refuses what the worker does."""

import io
import os
import socket
from pathlib import Path

import pytest

from httptask.cli.commands.init import init
from httptask.cli.commands.schema import write_schema
from httptask.cli.project.definitions import definition_files, load_one
from httptask.cli.terminal.errors import CliError
from support.commands import Shell
from support.definitions import SETS


def test_what_is_no_file_and_what_is_hidden_are_no_definitions(tmp_path: Path) -> None:
    (tmp_path / "sets.yaml").write_text(SETS)
    (tmp_path / "linked.yml").symlink_to(tmp_path / "sets.yaml")
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "absent")
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / ".hidden.yaml").write_text(SETS)
    (tmp_path / "._sets.yaml").write_bytes(b"\0")
    (tmp_path / ".#sets.yaml").symlink_to("ann@laptop.4711")
    os.mkfifo(tmp_path / "pipe.yaml")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s.yaml"))
        found = [file.name for file in definition_files([tmp_path])]
    assert found == ["gone.yaml", "linked.yml", "sets.yaml"]


def test_a_folder_of_nothing_else_has_no_definition(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(CliError, match=r"no \*.yaml file"):
        definition_files([tmp_path])


def test_a_definition_comes_from_stdin(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO(SETS))
    assert load_one(Path("-")).program is not None
    with pytest.raises(CliError, match="can't both come from stdin"):
        load_one(Path("-"))


def test_faults_of_what_stdin_has_are_told_at_their_place(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(SETS.replace("set:", "sett:")))
    with pytest.raises(CliError, match="stdin: not run, because of the errors above"):
        load_one(Path("-"))
    assert "stdin:" in capsys.readouterr().err


REFUSED = {
    "a long version": ("", SETS.replace("1.0.0", f'"{"1" * 5000}.0.0"'), "5,015 bytes together"),
    "an address that is none": ('[worker]\nhealth_address = "nowhere"', SETS, "can't be served at nowhere"),
    "storage that is no folder": ('[storage]\ndirectory = "sets.yaml"', SETS, "storage.directory"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_check_refuses_what_the_worker_refuses(shell: Shell, name: str) -> None:
    config, definition, told = REFUSED[name]
    shell.write("httptask.toml", config)
    shell.write("sets.yaml", definition)
    for options in ([], ["--check"]):
        code, command = await shell.run("worker", "-d", "sets.yaml", *options, TEMPORAL_ADDRESS="127.0.0.1:9")
        assert code == 2, command.stderr
        assert told in command.stderr


@pytest.mark.parametrize("link", [".httptask", ".httptask/schema.json"])
def test_the_schema_is_written_through_no_link(tmp_path: Path, link: str) -> None:
    precious = tmp_path / "precious"
    if link == ".httptask":
        precious.mkdir()
    else:
        precious.write_text("keep")
        (tmp_path / ".httptask").mkdir()
    (tmp_path / link).symlink_to(precious)
    with pytest.raises(CliError, match="is a link"):
        write_schema(tmp_path / ".httptask" / "schema.json")
    assert list(precious.iterdir()) == [] if precious.is_dir() else precious.read_text() == "keep"


def test_init_takes_a_link_that_leads_nowhere_for_something_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "input.json").symlink_to(tmp_path / "absent")
    with pytest.raises(CliError, match=r"already there: .*input\.json"):
        init(tmp_path)
    assert not (tmp_path / "absent").exists()
