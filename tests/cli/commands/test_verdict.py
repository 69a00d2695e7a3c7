"""`httptask test-request`: what a run would do after the same failure."""

import json

import pytest

from httptask.testing import Reply, ScriptedServer
from support.chat import completion, rate_limited
from support.commands import Shell
from support.definitions import LABELS

pytestmark = pytest.mark.usefixtures("one_server")

VERDICTS = [
    (2, completion("{}"), "  a run would ask again, up to 2 times"),
    (1, completion("{}"), "  a run would ask again, once"),
    (0, completion("{}"), "  a run would not try again"),
    (2, rate_limited("7"), "  a run would try again, 7 s later"),
]


@pytest.mark.parametrize(("reask", "reply", "verdict"), VERDICTS)
async def test_it_is_told(shell: Shell, reask: int, reply: Reply, verdict: str) -> None:
    shell.write("asks.yaml", LABELS.replace("reask: 2", f"reask: {reask}"))
    async with ScriptedServer([reply]) as server:
        shell.environment |= {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "sk-0123456789"}
        code, command = await shell.run("test-request", "asks.yaml", "ask")
    assert code == 1, command.stderr
    assert command.stderr.splitlines()[-1] == verdict


async def test_programs_are_told_too(shell: Shell) -> None:
    shell.write("asks.yaml", LABELS)
    async with ScriptedServer([completion("{}")]) as server:
        shell.environment |= {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "sk-0123456789"}
        _, command = await shell.run("test-request", "asks.yaml", "ask", "--json")
    told = json.loads(command.stdout)
    assert (told["would_retry"], told["would_ask_again"]) == (False, 2)
