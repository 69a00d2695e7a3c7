"""`httptask graph`: a definition as a flowchart."""

from pathlib import Path
from typing import Annotated

import typer

from httptask.cli.project.definitions import load_one
from httptask.cli.terminal.notice import clear_notice

__all__ = ["graph"]


def graph(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The definition.")],
    *,
    fenced: Annotated[
        bool,
        typer.Option("--fenced", help="As a block of Markdown, which GitHub and GitLab show as a picture."),
    ] = False,
) -> None:
    """Print a definition as a flowchart, in the language of Mermaid (https://mermaid.live shows it)."""
    from httptask.explain.graph import mermaid_of

    program = load_one(file, "not drawn").program
    assert program is not None  # else it had errors
    chart = mermaid_of(program)
    clear_notice()
    typer.echo(f"```mermaid\n{chart}```" if fenced else chart, nl=fenced)
