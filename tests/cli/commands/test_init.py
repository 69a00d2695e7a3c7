"""What `init` writes runs at once."""

import json

import pytest

from support.commands import Shell


async def test_first_project_runs_without_a_key(shell: Shell) -> None:
    code, command = await shell.run("init", "first")
    assert code == 0, command.stderr
    shell.folder /= "first"
    code, command = await shell.run(
        "run", "workflow.yaml", "--input", "@input.json", "--fixtures", "fixtures"
    )
    assert code == 0, command.stderr
    assert json.loads(command.stdout)["tokens"] == 65
    assert "simulated" in command.stderr
    assert shell.left_over() == []


async def test_first_project_is_valid_and_knows_its_schema(shell: Shell) -> None:
    await shell.run("init", "first")
    code, command = await shell.run("validate", "first")
    assert (code, command.stdout) == (0, "")
    first_line = (shell.folder / "first/workflow.yaml").read_text().splitlines()[0]
    assert first_line == "# yaml-language-server: $schema=.httptask/schema.json"
    assert json.loads((shell.folder / "first/.httptask/schema.json").read_text())


async def test_keys_and_the_database_stay_out_of_git(shell: Shell) -> None:
    await shell.run("init", "first")
    written = (shell.folder / "first/.gitignore").read_text().splitlines()
    assert written == [".env", ".httptask/*", "!.httptask/schema.json"]

    shell.write("second/.gitignore", "mine\n")
    code, command = await shell.run("init", "second")
    assert code == 0, command.stderr
    assert (shell.folder / "second/.gitignore").read_text() == "mine\n"
    assert ".gitignore" not in command.stderr


@pytest.mark.parametrize("argument", ["first/workflow.yaml", "there.yaml", "there.txt", "there.txt/first"])
async def test_a_file_is_no_folder_to_fill(shell: Shell, argument: str) -> None:
    shell.write("there.yaml", "")
    shell.write("there.txt", "")
    code, command = await shell.run("init", argument)
    assert code == 2
    folder = "first" if argument.startswith("first") else "DIR"
    assert command.stderr.splitlines() == [
        f"error: {argument}: init fills a folder, and this is a file",
        f"  hint: name a folder: `httptask init {folder}` writes workflow.yaml into it",
    ]
    assert not (shell.folder / "first").exists()


async def test_nothing_is_overwritten(shell: Shell) -> None:
    shell.write("first/input.json", "mine")
    code, command = await shell.run("init", "first")
    assert code == 2
    assert "first/input.json" in command.stderr
    assert (shell.folder / "first/input.json").read_text() == "mine"
    assert not (shell.folder / "first/workflow.yaml").exists()
