"""`httptask test`: definitions, run with answers that are made up, and held against what is expected."""

from pathlib import Path
from typing import Annotated

import typer

from httptask.cli.commands.options import ConfigOption, JsonOption
from httptask.cli.terminal.errors import CliError

__all__ = ["run_definition_tests"]


def run_definition_tests(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[PATH...]",
            help="Files of tests, or folders with some below them; by default this folder.",
        ),
    ] = None,
    *,
    name: Annotated[
        str | None,
        typer.Option("--name", "-k", metavar="TEXT", help="Only tests whose file or name has this in it."),
    ] = None,
    watch: Annotated[
        bool,
        typer.Option(
            "--watch", help="Run again when a definition, a test or an answer changes, until Ctrl-C."
        ),
    ] = False,
    update: Annotated[
        bool, typer.Option("--update", help="Write what is seen in the place of what was expected.")
    ] = False,
    junit: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Write the results as JUnit's XML.")
    ] = None,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Run the tests of definitions (*.test.yaml), without sending anything.

    Each runs its definition with the answers that it names, on a Temporal server that is started for the tests, and
    is held against what it expects. Waits and delays between attempts are skipped, secrets have made-up values.

    Exit codes: 0 all passed, 1 one failed, 2 a file can't be used or there are no tests, 3 Temporal does not answer,
    130 interrupted (with --watch, which is ended so, 0).
    """
    if watch and json:
        raise CliError("--watch and --json exclude each other", "watch in a terminal, or run once")
    if junit is not None and junit.is_dir():
        raise CliError(f"--junit: {junit} is a folder", "name a file in it, such as results.xml")

    from httptask.cli.observability.logging import configure_logging
    from httptask.cli.runs.definitiontests import Session, run_session

    configure_logging("WARNING")
    raise typer.Exit(
        run_session(Session(paths or [Path()], name, config, junit, as_json=json, watch=watch, update=update))
    )
