"""`httptask graph`: a definition as a flowchart."""

from typing import Annotated

import typer

from httptask.cli.commands.options import DefinitionArgument
from httptask.cli.project.definitions import load_one
from httptask.cli.project.installation import installing
from httptask.cli.terminal.errors import CliError
from httptask.cli.terminal.notice import clear_notice, show_notice

__all__ = ["graph"]


def graph(
    file: DefinitionArgument,
    *,
    fenced: Annotated[
        bool,
        typer.Option("--fenced", help="As a block of Markdown, which GitHub and GitLab show as a picture."),
    ] = False,
    svg: Annotated[
        bool, typer.Option("--svg", help="As a picture, an SVG document; needs the extra `svg`.")
    ] = False,
) -> None:
    """Print a definition as a flowchart, in the language of Mermaid (https://mermaid.live shows it)."""
    if fenced and svg:
        raise CliError("--fenced and --svg exclude each other", "draw it once with each")
    from httptask.explain.graph import NotDrawable, mermaid_of, svg_of

    program = load_one(file, "not drawn").program
    assert program is not None  # else it had errors
    chart = mermaid_of(program)
    if svg:
        show_notice("drawing")
        try:
            chart = svg_of(chart)
        except ModuleNotFoundError:
            raise CliError("--svg needs what the extra `svg` installs", installing("svg")) from None
        except NotDrawable as error:
            raise CliError(f"{file}: not drawn: {error}", "leave --svg out for its text") from None
    clear_notice()
    typer.echo(f"```mermaid\n{chart}```" if fenced else chart, nl=fenced)
