"""`httptask schema`: the JSON Schema that lets an editor check and complete definitions."""

import json
from pathlib import Path
from typing import Annotated

import typer

from httptask.cli.console import print_note

__all__ = ["schema", "write_schema"]


def schema(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write to a file instead of stdout.")
    ] = None,
) -> None:
    """Print the JSON Schema of definitions, for editors."""
    if output is None:
        typer.echo(_text(), nl=False)
    else:
        write_schema(output)
        print_note(f"wrote {output}; first line of a definition: # yaml-language-server: $schema={output}")


def write_schema(file: Path) -> None:
    """Write the editor schema, and the folders above it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(_text(), encoding="utf-8")


def _text() -> str:
    from httptask.dsl.schema import editor_schema

    return json.dumps(editor_schema(), indent=2, ensure_ascii=False) + "\n"
