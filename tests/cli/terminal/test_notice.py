"""What a command does now is on the screen at once, and gone when there is anything else to see."""

import io
import os
import select
import sys
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from httptask.cli.terminal.notice import clear_notice, show_notice
from support.commands import Shell
from support.terminals import first_words, on_terminal, opened_terminal

SECONDS = 0.3
SETS = """
document: { dsl: 1.0.3, namespace: tests, name: sets, version: 1.0.0 }
do: [{ one: { set: { done: true } } }]
"""
COMMANDS = (
    ["run", "sets.yaml"],
    ["validate", "sets.yaml"],
    ["test-request", "sets.yaml", "one"],
    ["init", "first"],
    ["dev", "--no-designer"],
    ["worker", "-d", "."],
    ["schema"],
    ["runs", "list"],
    ["runs", "show"],
    ["runs", "cancel", "last"],
    ["connections", "list"],
    ["connections", "check", "openai"],
)


@pytest.mark.alone
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_something_is_on_the_screen_at_once(shell: Shell, command: list[str]) -> None:
    shell.write("sets.yaml", SETS)
    took, words = first_words(shell.folder, shell.environment, *command)
    assert "loading" in words
    assert took < SECONDS


def test_it_is_gone_when_the_first_task_shows(shell: Shell) -> None:
    shell.write("sets.yaml", SETS)
    screen = on_terminal(shell.folder, shell.environment, "run", "sets.yaml")
    assert screen.code == 0
    order = ["loading …", "checking definitions …", "starting the Temporal server …", "run sets-", "one"]
    places = [screen.written.index(words) for words in order]
    assert places == sorted(places)
    assert not [line for line in screen.lines if "…" in line]


async def test_nothing_of_it_is_in_a_pipe(shell: Shell) -> None:
    shell.write("sets.yaml", SETS)
    _, command = await shell.run("validate", "sets.yaml", TERM="xterm")
    assert (command.stdout, command.stderr) == ("", "1 file: 0 errors, 0 warnings\n")


@contextmanager
def terminal(monkeypatch: pytest.MonkeyPatch, term: str | None = "xterm") -> Generator[int]:
    """The other end of a terminal that is this process's stderr; its stdout is none."""
    ours, theirs = opened_terminal(columns=24)
    with monkeypatch.context() as patch, os.fdopen(theirs, "w", buffering=1) as stderr:
        patch.setenv("TERM", term) if term else patch.delenv("TERM", raising=False)
        patch.setattr(sys, "stderr", stderr)
        patch.setattr(sys, "stdout", io.StringIO())
        yield ours
    os.close(ours)


def on(terminal: int) -> str:
    """What was written, once nothing more comes: a terminal hands it on a little later."""
    written = b""
    while select.select([terminal], [], [], 0.2)[0]:
        written += os.read(terminal, 1000)
    return written.decode()


def test_it_goes_before_anything_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal(monkeypatch) as screen:
        before = (sys.stdout, sys.stderr)
        for stream, seen in (("stdout", "\r\x1b[K"), ("stderr", "\r\x1b[Ktold\r\n")):
            show_notice("loading")
            assert on(screen) == "\x1b[2mloading …\x1b[0m"
            getattr(sys, stream).write("told\n")
            assert on(screen) == seen
            assert (sys.stdout, sys.stderr) == before


def test_one_takes_the_place_of_another_and_fits_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal(monkeypatch) as screen:
        show_notice("loading")
        show_notice("connecting to Temporal at temporal.example.com")
        clear_notice()
        clear_notice()
        assert on(screen).replace("\x1b[2m", "").replace("\x1b[0m", "") == (
            "loading …\r\x1b[Kconnecting to Tempora …\r\x1b[K"
        )


@pytest.mark.parametrize("term", ["dumb", None])
def test_a_terminal_that_knows_no_codes_gets_none(monkeypatch: pytest.MonkeyPatch, term: str | None) -> None:
    with terminal(monkeypatch, term) as screen:
        show_notice("loading")
        sys.stderr.write("told\n")
        assert on(screen) == "told\r\n"


def test_streams_that_are_closed_are_left_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal(monkeypatch) as screen:
        monkeypatch.setattr(sys, "stdout", None)
        show_notice("loading")
        clear_notice()
        assert on(screen).endswith("\r\x1b[K")
        monkeypatch.setattr(sys, "stderr", None)
        show_notice("loading")
        clear_notice()
