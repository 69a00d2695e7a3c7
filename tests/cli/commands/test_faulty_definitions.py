"""What is wrong with a definition is told by the commands before anything is sent."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from httptask.testing import Reply, ScriptedServer
from support.commands import Shell
from support.definitions import DEFINITION
from support.typos import NAMES_AND_FIELDS, typos

GOLDEN = Path(__file__).parents[2] / "dsl" / "golden"
TYPOS = typos(NAMES_AND_FIELDS)
AT_ONCE = 4


async def refusals(shell: Shell, server: ScriptedServer, files: list[str]) -> list[str]:
    """What `httptask run` says of each file, to which it could send something."""
    shell.write(
        "httptask.toml",
        f'[secrets.SLACK_WEBHOOK]\nenvironment = "SLACK_WEBHOOK"\norigins = ["{server.url}"]\n'
        f'[secrets.SLACK]\nenvironment = "SLACK_WEBHOOK"\norigins = ["{server.url}"]\n',
    )
    shell.environment |= {
        "OPENAI_BASE_URL": server.url,
        "OPENAI_API_KEY": "sk-1",
        "SLACK_WEBHOOK": server.url,
    }
    at_once = asyncio.Semaphore(AT_ONCE)

    async def refusal(file: str) -> str:
        async with at_once:
            code, command = await shell.run("run", file, "--input", '{"text": "help"}')
        assert (code, command.stdout) == (2, ""), command.stderr
        assert "Traceback" not in command.stderr
        return command.stderr

    return await asyncio.gather(*map(refusal, files))


async def test_ten_faults_are_told_at_their_places(shell: Shell) -> None:
    shell.write("ten-faults.yaml", (GOLDEN / "ten-faults.yaml").read_text())
    expected = (GOLDEN / "ten-faults.txt").read_text()
    code, command = await shell.run("validate", "ten-faults.yaml")
    assert (code, command.stdout) == (2, expected)
    assert command.stderr == "1 file: 10 errors, 0 warnings\n"

    async with ScriptedServer([Reply.of()]) as server:
        [told] = await refusals(shell, server, ["ten-faults.yaml"])
        assert server.connections == 0
    assert (
        told.partition("\n")[2] == f"{expected}error: ten-faults.yaml: not run, because of the errors above\n"
    )


@pytest.mark.long
async def test_twenty_typos_in_names_of_tasks_and_fields_of_schemas(shell: Shell) -> None:
    assert len(TYPOS) >= 20
    files = [f"typos/{number:02}.yaml" for number in range(len(TYPOS))]
    for file, (right, wrong, _) in zip(files, TYPOS, strict=True):
        assert right in DEFINITION
        shell.write(file, DEFINITION.replace(right, wrong, 1))
    code, command = await shell.run("validate", "typos", "--json")
    assert code == 2
    reports: list[dict[str, Any]] = json.loads(command.stdout)
    hints = [f"did you mean `{word}`?" for _, _, word in TYPOS]
    assert [(report["file"], report["hint"]) for report in reports] == list(zip(files, hints, strict=True))

    third = slice(None, None, 3)  # about one slip of each word; a run is refused for the same reports
    async with ScriptedServer([Reply.of()]) as server:
        told = await refusals(shell, server, files[third])
        assert server.connections == 0
    assert [hint for hint, text in zip(hints[third], told, strict=True) if hint not in text] == []


@pytest.mark.usefixtures("one_server")
async def test_the_sound_definition_would_have_sent_something(shell: Shell) -> None:
    shell.write("sound.yaml", DEFINITION)
    async with ScriptedServer([Reply.of(status=400)]) as server:
        shell.write(
            "httptask.toml",
            f'[secrets.SLACK_WEBHOOK]\nenvironment = "SLACK_WEBHOOK"\norigins = ["{server.url}"]\n',
        )
        environment = {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "sk-1", "SLACK_WEBHOOK": server.url}
        code, command = await shell.run("run", "sound.yaml", "--input", '{"text": "help"}', **environment)
        assert code == 1, command.stderr
        assert len(server.requests) == 1
