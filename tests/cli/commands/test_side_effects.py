"""`httptask test-request`: a person at a terminal is asked before something is sent that may change something."""

import pytest

from support.commands import Shell
from support.terminals import on_terminal

WRITES = """\
document: { dsl: 1.0.3, namespace: tests, name: writes, version: 1.0.0 }
do:
  - ask: { call: httpRequest, with: { method: post, endpoint: https://desk.example.com/tickets, body: { n: 1 } } }
"""


@pytest.mark.parametrize(
    ("typed", "code", "error"),
    [("n\n", 1, "error: nothing was sent"), ("\x04", 130, "error: interrupted: nothing was sent")],
    ids=["no", "the end of the input"],
)
async def test_nothing_is_sent_unless_the_answer_is_yes(
    shell: Shell, typed: str, code: int, error: str
) -> None:
    shell.write("writes.yaml", WRITES)

    screen = on_terminal(shell.folder, shell.environment, "test-request", "writes.yaml", "ask", typed=typed)

    shown = " ".join(" ".join(screen.lines).split())
    assert "POST https://desk.example.com/tickets is sent for real, and may change something there." in shown
    assert error in shown
    assert screen.code == code
    assert shell.left_over() == []


async def test_an_attempt_that_no_run_makes_is_refused(shell: Shell) -> None:
    shell.write("writes.yaml", WRITES)

    code, command = await shell.run("test-request", "writes.yaml", "ask", "--attempt", "6", "--dry-run")

    assert code == 2
    assert "a run makes no attempt 6: a request without a connection has 5" in command.stderr
