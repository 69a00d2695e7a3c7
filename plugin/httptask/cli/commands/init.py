"""`httptask init`: a first project that runs without a key."""

import os
import shlex
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from httptask.cli.commands.schema import write_schema
from httptask.cli.terminal.console import print_note
from httptask.cli.terminal.errors import CliError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

__all__ = ["init"]

_SCHEMA = Path(".httptask/schema.json")
_GITIGNORE = Path(".gitignore")
_IGNORED = b".env\n.httptask/*\n!.httptask/schema.json\n"
"""Keys, and what the embedded server keeps."""


def init(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to fill; created if needed.")],
) -> None:
    """Write a first project: definition, input, recorded answers, tests.

    Beside them stand httptask.toml, .gitignore and the editor schema. A .gitignore that is there is left as it is.
    """
    from importlib.resources import files

    from httptask.cli.project.installation import command_in

    _require_folder(directory)
    scaffold = files("httptask.cli").joinpath("scaffold")
    contents = dict(_contents(scaffold, Path()))
    present = [str(directory / name) for name in (*contents, _SCHEMA) if os.path.lexists(directory / name)]
    if present:
        raise CliError(f"already there: {', '.join(present)}", "nothing was written; name another folder")
    if not (directory / _GITIGNORE).exists():
        contents[_GITIGNORE] = _IGNORED
    for name, content in contents.items():
        target = directory / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    write_schema(directory / _SCHEMA)
    print_note(f"wrote {directory}/: {', '.join(str(name) for name in sorted(contents))}")
    go = "" if directory.resolve() == Path.cwd() else f"cd {shlex.quote(str(directory))} && "
    run = f"{command_in(directory)} run workflow.yaml --input @input.json --fixtures fixtures"
    print_note(f"try: {go}{run}")


def _require_folder(directory: Path) -> None:
    """Refuse a path that is a file, lies in one, or is named like one."""
    file = next((path for path in (directory, *directory.parents) if path.is_file()), None)
    if file is not None or directory.suffix in (".yaml", ".yml"):
        folder = (file or directory).parent
        named = quote(str(folder)) if folder.name else "DIR"
        hint = f"name a folder: `httptask init {named}` writes workflow.yaml into it"
        raise CliError(f"{directory}: init fills a folder, and this is a file", hint)


def _contents(folder: "Traversable", at: Path) -> list[tuple[Path, bytes]]:
    found: list[tuple[Path, bytes]] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _contents(entry, at / entry.name)
        else:
            found.append((at / entry.name, entry.read_bytes()))
    return found
