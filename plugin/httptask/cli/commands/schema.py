"""`httptask schema`: the JSON Schema that lets an editor check and complete definitions."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from httptask.cli.terminal.console import print_json, print_note
from httptask.cli.terminal.errors import CliError

__all__ = ["schema", "write_schema"]


def schema(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write to a file instead of stdout.")
    ] = None,
) -> None:
    """Print the JSON Schema of definitions, for editors."""
    if output is None:
        print_json(_schema())
    else:
        write_schema(output)
        print_note(f"wrote {output}; first line of a definition: # yaml-language-server: $schema={output}")


def write_schema(file: Path) -> None:
    """Write the editor schema, and the folders above it.

    Raises:
        CliError: it would be written through a link in `.httptask`, where nothing is.
    """
    from httptask.config.config import STATE_DIRECTORY_NAME

    if file.parent.name == STATE_DIRECTORY_NAME:
        for place in (file.parent, file):
            if place.is_symlink():
                raise CliError(f"{place}: is a link: httptask writes through none there", "remove it")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(_schema(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _schema() -> dict[str, Any]:
    from httptask.dsl.schema import editor_schema

    return editor_schema()
