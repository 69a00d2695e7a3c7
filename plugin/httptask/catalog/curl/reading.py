"""Commands in, tasks out."""

from collections.abc import Collection
from pathlib import Path
from typing import Final

from httptask.catalog.curl.options import read_options
from httptask.catalog.curl.pasted import ShellText, check_text, options_of, without_fence
from httptask.catalog.curl.requests import requests_of
from httptask.catalog.curl.shell import read_commands
from httptask.catalog.curl.windows import is_for_windows, read_windows_commands
from httptask.catalog.errors import CatalogError
from httptask.catalog.importing.collecting import Imported, TaskCollector
from httptask.catalog.importing.credentials import Secrets
from httptask.catalog.importing.files import Files
from httptask.catalog.importing.named_secrets import ProjectSecrets

__all__ = ["import_curl"]

_MOST_TASKS: Final = 100


def import_curl(
    text: str,
    folder: Path | None,
    *,
    name: str | None = None,
    taken: Collection[str] = (),
    as_json: bool = False,
    project: ProjectSecrets | None = None,
) -> Imported:
    """Make tasks of one or more commands, for a POSIX shell or for the command prompt of Windows. Nothing is run.

    Args:
        text: the commands.
        folder: that the files which they name are relative to; what is read of them goes into the tasks. None where
            the commands are not of whoever owns the files, which are not read then.
        name: of the task; further ones get a number behind it. By default it says what a request asks for.
        taken: names that other tasks have.
        as_json: whether a body that is JSON is sent as such where curl, told nothing of its type, calls it a form.
        project: that secrets get their names by.

    Raises:
        CatalogError: one of them can't be kept as it is.
    """
    text = without_fence(text)
    check_text(text)
    secrets, shell = Secrets(project or ProjectSecrets()), ShellText()
    commands = read_windows_commands(text) if is_for_windows(text) else read_commands(text, secrets, shell)
    if not commands:
        raise CatalogError("there is no command", "paste one that begins with curl")
    tasks = TaskCollector(secrets, name=name, taken=taken)
    tasks.notes += shell.notes
    for number, command in enumerate(commands, 1):
        options = options_of(command, number)
        files = Files(folder, shell.files, command.stdin)
        for given in read_options(options):
            for request in requests_of(given, files, secrets, as_json=as_json):
                if len(tasks) == _MOST_TASKS:
                    raise CatalogError(
                        f"there are more than {_MOST_TASKS} requests", "give fewer commands at once"
                    )
                tasks.add(request)
        tasks.notes += [f"the content of {file} stands in the task as it is now" for file in files.read]
    return tasks.imported()
