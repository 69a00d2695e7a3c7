"""Commands of Windows' command prompt, as browsers copy them: `^` escapes, and programs take their words apart."""

import re
from typing import Final

from httptask.catalog.curl.pasted import ShellCommand
from httptask.catalog.errors import CatalogError

__all__ = ["is_for_windows", "read_windows_commands"]

_CARETS: Final = re.compile(r'(?<!\S)\^"|(?<=\s)\^\r?\n')
_VARIABLE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})[A-Za-z_]\w*%")
_BETWEEN_COMMANDS: Final = "\0"
_BACKSLASHES: Final = re.compile(r'\\+(?=")')


def is_for_windows(text: str) -> bool:
    """Whether commands are written for the command prompt of Windows."""
    return _CARETS.search(text) is not None


def read_windows_commands(text: str) -> list[ShellCommand]:
    """The commands, each as a program would get it.

    Raises:
        CatalogError: a variable stands in one, or what the prompt would read from elsewhere.
    """
    if (variable := _VARIABLE.search(text)) is not None:
        line = text.count("\n", 0, variable.start()) + 1
        raise CatalogError(f"line {line}: the variable {variable[0]}", "put its value in its place")
    commands = _without_carets(text.replace("\r\n", "\n")).split(_BETWEEN_COMMANDS)
    return [ShellCommand(words) for command in commands if (words := _words(command))]


def _without_carets(text: str) -> str:
    """What the prompt hands over: escapes undone, and a mark between commands."""
    handed = ""
    is_quoted = False
    index = 0
    while index < len(text):
        sign = text[index]
        if sign == "^" and not is_quoted:
            index += 1
            if text[index : index + 1] == "\n":  # goes on; what stands next is itself, even another break
                index += 1
            handed += text[index : index + 1]
        elif sign == '"':
            is_quoted = not is_quoted
            handed += sign
        elif is_quoted or sign not in "\n&|<>":
            handed += sign
        elif sign in "\n&":
            is_quoted = False
            handed += _BETWEEN_COMMANDS
        else:
            line = text.count("\n", 0, index) + 1
            raise CatalogError(f"line {line}: `{sign}` outside quotes", "keep the curl command alone")
        index += 1
    return handed


def _words(command: str) -> list[str]:
    r"""The words as programs of Windows read them from their command line: only `\"` is an escape."""
    words: list[str] = []
    word: str | None = None
    is_quoted = False
    index = 0
    while index < len(command):
        if (backslashes := _BACKSLASHES.match(command, index)) is not None:
            count = len(backslashes[0])
            word = (word or "") + "\\" * (count // 2) + ('"' if count % 2 else "")
            index = backslashes.end() + count % 2
            continue
        sign = command[index]
        index += 1
        if sign == '"':
            word = word or ""
            if is_quoted and command[index : index + 1] == '"':
                word += '"'
                index += 1
            else:
                is_quoted = not is_quoted
        elif sign in " \t\n\r" and not is_quoted:
            words += [] if word is None else [word]
            word = None
        else:
            word = (word or "") + sign
    if is_quoted:
        raise CatalogError("a quote that is never closed", "paste the command as a whole")
    return words + ([] if word is None else [word])
