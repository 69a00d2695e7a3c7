"""Commands in, tasks out."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, Final

from httptask.catalog.curl.credentials import NeededSecret, Secrets
from httptask.catalog.curl.data import Files
from httptask.catalog.curl.errors import CurlError
from httptask.catalog.curl.options import read_options
from httptask.catalog.curl.requests import requests_of
from httptask.catalog.curl.shell import ShellText, read_commands
from httptask.catalog.curl.tasks import task_name, task_of
from httptask.catalog.curl.windows import is_for_windows, read_windows_commands
from httptask.diagnostics.fault import Severity
from httptask.dsl.compile import compile_definition
from httptask.openapi.naming import unused_name

__all__ = ["CurlImport", "import_curl"]

_LONGEST: Final = 1024 * 1024
_MOST_TASKS: Final = 100
_NO_TEXT: Final = re.compile("[\ud800-\udc7f\udd00-\udfff]")
"""Halves of surrogate pairs that don't stand for bytes of the command line."""
_PROGRAMS: Final = frozenset({"curl", "curl.exe"})
_DOCUMENT: Final = {"dsl": "1.0.3", "namespace": "curl", "name": "import", "version": "1.0.0"}


@dataclass(frozen=True)
class CurlImport:
    """What became of commands.

    Attributes:
        tasks: each as a definition has it, by name, in the order in which curl sends their requests.
        secrets: what they name, and what holds it.
        notes: what they do not keep, by name; never a credential.
    """

    tasks: dict[str, dict[str, Any]]
    secrets: tuple[NeededSecret, ...]
    notes: tuple[str, ...]


def import_curl(
    text: str, folder: Path, *, name: str | None = None, taken: Collection[str] = ()
) -> CurlImport:
    """Make tasks of one or more commands, for a POSIX shell or for the command prompt of Windows. Nothing is run.

    Args:
        text: the commands.
        folder: that the files which they name are relative to; what is read of them goes into the tasks.
        name: of the task; further ones get a number behind it. By default it says what a request asks for.
        taken: names that other tasks have.

    Raises:
        CurlError: one of them can't be kept as it is.
    """
    if len(text) > _LONGEST:
        raise CurlError("the text is longer than a megabyte", "give less of it at once")
    if _NO_TEXT.search(text):
        raise CurlError("the text has half of a surrogate pair", "paste the command as it was copied")
    secrets, shell = Secrets(), ShellText()
    commands = read_windows_commands(text) if is_for_windows(text) else read_commands(text, secrets, shell)
    if not commands:
        raise CurlError("there is no command", "paste one that begins with curl")
    tasks: dict[str, dict[str, Any]] = {other: {} for other in taken}
    notes = list(shell.notes)
    for number, command in enumerate(commands, 1):
        if PurePath(command.words[0].replace("\\", "/")).name not in _PROGRAMS:
            raise CurlError(f"command {number} is none of curl", "keep the curl commands alone")
        files = Files(folder, shell.files, command.stdin)
        for given in read_options(command.words[1:]):
            for request in requests_of(given, files, secrets):
                task = task_of(request, secrets)
                own = task_name(request, tasks) if name is None else unused_name(name, tasks)
                tasks[own] = task
                notes += request.notes
        notes += [f"the content of {file} stands in the task as it is now" for file in files.read]
        if len(tasks) - len(taken) > _MOST_TASKS:
            raise CurlError(f"there are more than {_MOST_TASKS} requests", "give fewer commands at once")
    made = {own: task for own, task in tasks.items() if own not in taken}
    _check(made, secrets)
    return CurlImport(made, tuple(secrets.needed.values()), tuple(dict.fromkeys(notes)))


def _check(tasks: dict[str, dict[str, Any]], secrets: Secrets) -> None:
    """Refuse what no definition can hold, above all variables where no secret may stand."""
    use = {"use": {"secrets": list(secrets.needed)}} if secrets.needed else {}
    do = [{name: task} for name, task in tasks.items()]
    for fault in compile_definition({"document": _DOCUMENT, **use, "do": do}).faults:
        if fault.severity is Severity.ERROR:
            raise CurlError(f"no task can send this: {fault.message}", fault.hint or "write it otherwise")
