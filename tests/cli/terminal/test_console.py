"""Texts of strangers on a terminal."""

import pytest

from httptask.cli.terminal.console import harmless


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("id;name\r\n1;a\r\n", "id;name\r\n1;a\r\n"),
        ("a\rb\r\r\n", "a\ufffdb\ufffd\r\n"),
        ("\x1b[2J\x07\x9b1m\t\n", "\ufffd[2J\ufffd\ufffd1m\t\n"),
    ],
    ids=["lines of CSV", "returns that write over what is there", "sequences of a terminal"],
)
def test_only_what_steers_a_terminal_is_taken_out(text: str, shown: str) -> None:
    assert harmless(text) == shown
