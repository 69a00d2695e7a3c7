"""`httptask test-request`: what a run would do after the same failure."""

import json

import pytest

from httptask.testing import Reply, ScriptedServer
from support.commands import Shell
from support.definitions import LABELS

pytestmark = pytest.mark.usefixtures("one_server")

VERDICTS = [
    (
        2,
        Reply.chat("{}"),
        "show the model what is wrong and ask again, up to 2 times; if that does not help, ",
    ),
    (1, Reply.chat("{}"), "show the model what is wrong and ask again, once; if that does not help, "),
    (0, Reply.chat("{}"), "not try again, for that would not help; "),
    (
        2,
        Reply.status(429, retry_after=7),
        "try again after 7 s to 10.5 s, as the server asks; 4 more attempts are left; ",
    ),
]


@pytest.mark.parametrize(("reask", "reply", "verdict"), VERDICTS)
async def test_it_is_told(shell: Shell, reask: int, reply: Reply, verdict: str) -> None:
    shell.write("asks.yaml", LABELS.replace("reask: 2", f"reask: {reask}"))
    async with ScriptedServer([reply]) as server:
        shell.environment |= {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "sk-0123456789"}
        code, command = await shell.run("test-request", "asks.yaml", "ask")
    assert code == 1, command.stderr
    before, _, outcome = command.stdout.partition("\noutcome\n")
    assert f"  a run would: {verdict}" in outcome
    assert (", and try again" in before.partition("\nresponse\n")[2]) is verdict.startswith("try again")


async def test_programs_are_told_too(shell: Shell) -> None:
    shell.write("asks.yaml", LABELS)
    async with ScriptedServer([Reply.chat("{}")]) as server:
        shell.environment |= {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "sk-0123456789"}
        _, command = await shell.run("test-request", "asks.yaml", "ask", "--json")
    told = json.loads(command.stdout)["outcome"]
    assert (told["would_retry"], told["would_ask_again"]) == (False, 2)
