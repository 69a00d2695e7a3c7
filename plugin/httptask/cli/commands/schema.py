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
    *,
    tests: Annotated[
        bool, typer.Option("--tests", help="Of tests of definitions (*.test.yaml) instead.")
    ] = False,
) -> None:
    """Print the JSON Schema of definitions, for editors."""
    if output is None:
        print_json(_schema(tests=tests))
    else:
        write_schema(output, tests=tests)
        where = "a file of tests" if tests else "a definition"
        print_note(f"wrote {output}; first line of {where}: # yaml-language-server: $schema={output}")


def write_schema(file: Path, *, tests: bool = False) -> None:
    """Write the schema of definitions, or of their tests, and the folders above it.

    Raises:
        CliError: it would be written through a link in `.httptask`, where nothing is.
    """
    from httptask.config.config import STATE_DIRECTORY_NAME

    if file.parent.name == STATE_DIRECTORY_NAME:
        for place in (file.parent, file):
            if place.is_symlink():
                raise CliError(f"{place}: is a link: httptask writes through none there", "remove it")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(_schema(tests=tests), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _schema(*, tests: bool) -> dict[str, Any]:
    if tests:
        from httptask.definitiontests.format import schema_of_tests

        return schema_of_tests()
    from httptask.dsl.schema import editor_schema

    return editor_schema()
