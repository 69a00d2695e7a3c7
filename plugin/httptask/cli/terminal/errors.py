"""How a command ends: its exit code, and the one error that a command reports."""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Any

__all__ = ["CliError", "ExitCode", "in_lines"]


class ExitCode(IntEnum):
    """What a caller learns from the exit code."""

    DONE = 0
    FAILED = 1
    INVALID = 2
    UNREACHABLE = 3
    INTERRUPTED = 130
    """128 + SIGINT, as shells report it."""


class CliError(Exception):
    """A command can't go on; the reader is told why and what to do about it.

    Attributes:
        message: what is wrong, naming the place.
        hint: what to do about it.
        exit_code: how the command ends.
        facts: what programs are told besides, by name.
    """

    def __init__(
        self,
        message: str,
        hint: str | None = None,
        exit_code: ExitCode = ExitCode.INVALID,
        facts: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.exit_code = exit_code
        self.facts = facts


def in_lines(faults: Iterable[str]) -> str:
    """Several faults as the message of one error, each below the other."""
    return "\n       ".join(faults)
