"""`httptask catalog from-curl`: tasks from requests that somebody wrote down elsewhere."""

import shutil
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from httptask.cli.terminal.console import print_note
from httptask.cli.terminal.errors import CliError

if TYPE_CHECKING:
    from httptask.catalog.importing import Imported
    from httptask.dsl.loader import Loaded
    from httptask.dsl.program import Program

__all__ = ["from_curl"]


def from_curl(
    command: Annotated[
        str,
        typer.Argument(metavar="[COMMAND]", help="The command, in quotes; - or nothing reads it from stdin."),
    ] = "-",
    *,
    into: Annotated[
        Path | None, typer.Option("--into", metavar="FILE", help="Put the tasks into this definition.")
    ] = None,
    after: Annotated[
        str | None,
        typer.Option(
            "--after", metavar="TASK", help="Name or JSON Pointer of a task; by default the last one."
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="TASK", help="Name of the task; by default what it asks for."),
    ] = None,
) -> None:
    """Make a task of a curl command.

    The task sends what curl would send; what can't be kept of the command is named. Credentials in it become names of
    secrets, and are neither shown nor written. Several commands, URLs and --next make several tasks. Nothing is sent.

    Exit codes: 0 made, 2 the command can't be kept, or the definition can't take it.
    """
    if after is not None and into is None:
        raise CliError("--after needs a definition", "name it with --into FILE")
    if into is None:
        _print(_imported(_text(command), name, ()))
        return
    from httptask.cli.project.definitions import load_one

    loaded = load_one(into)
    assert loaded.program is not None
    taken = {node.name for node in loaded.program.nodes.values()}
    if name in taken:
        raise CliError(f"--name: {into} has a task {name} already", "choose another name")
    made = _imported(_text(command), name, taken)
    _put_into(loaded, None if after is None else _pointer(loaded.program, after), made)
    print_note(f"wrote {into}: {', '.join(made.tasks)}")
    _tell(made)
    print_note(f"try: httptask test-request {into} {next(iter(made.tasks))} --dry-run")


def _text(command: str) -> str:
    if command != "-":
        return command
    if sys.stdin.isatty():
        print_note("paste the command, and end it with Ctrl-D on a line of its own")
    return sys.stdin.read()


def _imported(text: str, name: str | None, taken: Iterable[str]) -> "Imported":
    from httptask.catalog.curl import import_curl
    from httptask.catalog.errors import CatalogError

    try:
        return import_curl(text, Path.cwd(), name=name, taken=frozenset(taken))
    except CatalogError as error:
        raise CliError(error.message, error.hint) from None


def _print(made: "Imported") -> None:
    from httptask.dsl.yaml.writing import write_lines

    for line in write_lines([{name: task} for name, task in made.tasks.items()]):
        typer.echo(line)
    if made.secrets:
        print_note(f"declare: use: {{ secrets: [{', '.join(secret.name for secret in made.secrets)}] }}")
    _tell(made)


def _tell(made: "Imported") -> None:
    for secret in made.secrets:
        print_note(
            f"secret {secret.name}: {secret.what}; set the environment variable {secret.name}, for workers "
            f"[secrets.{secret.name}] in httptask.toml"
        )
    for note in made.notes:
        print_note(f"note: {note}")


def _pointer(program: "Program", task: str) -> str:
    from httptask.diagnostics.suggest import hint_for_unknown

    found = [node.pointer for node in program.find(task)]
    if len(found) > 1:
        raise CliError(f"--after: there are several tasks named {task}", f"name one of {', '.join(found)}")
    if not found:
        names = [node.name for node in program.nodes.values()]
        raise CliError(f"--after: there is no task {task}", hint_for_unknown(task, names, "tasks"))
    return found[0]


def _put_into(loaded: "Loaded", after: str | None, made: "Imported") -> None:
    """Write the definition with the tasks, if it is one then; what else stands in it stays byte for byte."""
    from httptask.dsl.loader import load_text
    from httptask.dsl.yaml.editing import EditRefused, declare_secrets, insert_tasks

    try:
        text = insert_tasks(loaded.text, after, made.tasks)
        text = declare_secrets(text, [secret.name for secret in made.secrets])
    except EditRefused as error:
        raise CliError(f"{loaded.name}: {error.message}", error.hint) from None
    changed = load_text(text, loaded.name)
    if changed.program is None:
        raise CliError(
            f"{loaded.name}: not written: {changed.reports[0].message}", "choose another place or name"
        )
    _write(Path(loaded.name), text)


def _write(file: Path, text: str) -> None:
    """Write a file as a whole or not at all, where a link leads to, with the permissions that it has."""
    target = file.resolve()
    with tempfile.NamedTemporaryFile("wb", dir=target.parent, suffix=".part", delete=False) as new:
        try:
            new.write(text.encode())
            new.close()
            shutil.copymode(target, new.name)
            Path(new.name).replace(target)
        finally:
            Path(new.name).unlink(missing_ok=True)
