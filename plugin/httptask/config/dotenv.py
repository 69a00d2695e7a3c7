"""The text of a `.env`, with another value of one variable: its other lines stay byte for byte."""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from io import StringIO
from pathlib import Path
from shutil import which
from subprocess import DEVNULL, SubprocessError, run
from typing import Final

from httptask.config.errors import ConfigInvalid
from httptask.config.find import DOTENV_NAME
from httptask.http.files import open_file, replace_file

__all__ = ["is_ignored_by_git", "set_variable"]

_BARE: Final = re.compile(r"[\w./+=:@,%-]+", re.ASCII)
"""A value that every reader of such files takes as it stands, shells too."""
_LINE: Final = re.compile(
    r"(\s*(?:export[^\S\r\n]+)?(?:'[^']+'|[^=#\s]+)[^\S\r\n]*=[^\S\r\n]*)"
    r"(?:'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|[^\r\n]*?)"
    r"((?:[^\S\r\n]+#[^\r\n]*)?[^\S\r\n]*(?:\r\n|\n|\r)?)",
    re.DOTALL,
)
"""What stands before a value, and behind it."""
_BYTE_ORDER_MARK: Final = "\ufeff"
_PATIENCE_SECONDS: Final = 5


def set_variable(file: Path, name: str, value: str) -> None:
    """Write a value into a `.env`; one that is made may be read by its owner alone.

    Args:
        file: that need not be there yet.
        name: of the variable.
        value: any text; no error tells it.

    Raises:
        ConfigInvalid: the file is no such text, is somewhere else, or can't hold the value.
        OSError: it can't be written.
    """
    folder = file.parent.resolve()
    if file.is_dir():
        raise ConfigInvalid([f"{file} is a folder, such as Python environments are kept in"])
    if os.path.lexists(file) and not file.resolve().is_relative_to(folder):
        raise ConfigInvalid([f"{file} is a link that leads out of its folder: write it where it leads"])
    replace_file(file, partial(_edited, file, name, value), private=True)


def _edited(file: Path, name: str, value: str) -> str:
    try:
        with open_file(file) as opened:
            text = opened.read().decode()
    except FileNotFoundError:
        text = ""
    except UnicodeDecodeError:
        raise ConfigInvalid([f"{file}: is not UTF-8 text"]) from None
    meant = {**_values(text), name: value}
    for written in _written(value):
        changed = _with_line(text, name, written)
        if _values(changed) == meant:
            return changed
    raise ConfigInvalid([f"{file}: can't hold this value of {name}, or has lines that none can be put among"])


def _values(text: str) -> dict[str, str | None]:
    """As they are read by whoever reads the file."""
    from dotenv import dotenv_values

    return dotenv_values(
        stream=StringIO(text.removeprefix(_BYTE_ORDER_MARK), newline=None), interpolate=False
    )


def _written(value: str) -> Iterator[str]:
    """Ways to write a value, the plainest first; whether one means it is seen when it is read again."""
    if _BARE.fullmatch(value):
        yield value
    yield "'{}'".format(value.replace("\\", r"\\").replace("'", r"\'"))
    escaped = value.replace("\\", r"\\").replace('"', r"\"")
    yield '"{}"'.format(escaped.replace("\n", r"\n").replace("\r", r"\r"))
    yield value


def _with_line(text: str, name: str, written: str) -> str:
    """A text with a value in the last line that has the variable, else in one at its end."""
    from dotenv.parser import parse_stream

    mark = _BYTE_ORDER_MARK if text.startswith(_BYTE_ORDER_MARK) else ""
    parts = [(one.key, one.original.string) for one in parse_stream(StringIO(text[len(mark) :], newline=""))]
    for index in range(len(parts) - 1, -1, -1):
        key, line = parts[index]
        found = _LINE.fullmatch(line) if key == name else None
        if found is not None:
            before, behind = (
                "".join(other for _, other in some) for some in (parts[:index], parts[index + 1 :])
            )
            return f"{mark}{before}{found[1]}{written}{found[2]}{behind}"
    line_end = "\r\n" if "\r\n" in text else "\n"
    gap = line_end if text and not text.endswith(("\n", "\r")) else ""
    return f"{text}{gap}{name}={written}{line_end}"


def is_ignored_by_git(file: Path) -> bool | None:
    """Whether git leaves a file out of what is committed; None where that is no question, or git does not say."""
    program = which("git")
    if program is None or not any((place / ".git").exists() for place in file.absolute().parents):
        return None
    with suppress(OSError, SubprocessError):
        asked = [program, "-c", "core.fsmonitor=false", "check-ignore", "--quiet", "--", DOTENV_NAME]
        found = run(  # noqa: S603 - names no file that was given
            asked, cwd=file.parent, stdout=DEVNULL, stderr=DEVNULL, timeout=_PATIENCE_SECONDS, check=False
        )
        return {0: True, 1: False}.get(found.returncode)
    return None
