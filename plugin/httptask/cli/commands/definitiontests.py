"""`httptask test`: definitions, run with answers that are made up, and held against what is expected."""

from pathlib import Path
from typing import Annotated

import typer

from httptask.cli.commands.options import ConfigOption, JsonOption
from httptask.cli.terminal.errors import CliError

__all__ = ["run_definition_tests"]

_FIRST_TEST = """write one beside a definition, as workflow.test.yaml:

definition: workflow.yaml
fixtures: fixtures        # `httptask run workflow.yaml --record fixtures` writes them
tests:
  - name: answers a call
    input: { caller: Ann }
    expect:
      output: { text: Hello }"""


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
    junit: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Write the results as JUnit's XML.")
    ] = None,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Run the tests of definitions (*.test.yaml), without sending anything.

    Each runs its definition on a Temporal server of its own making, with the answers that it names, and is held
    against what it expects. Waits and delays between attempts are skipped, secrets have made-up values.

    Exit codes: 0 all passed, 1 one failed, 2 a file can't be used or there are no tests, 130 interrupted.
    """
    from httptask.cli.project.project import load_project
    from httptask.definitiontests.loading import find_tests

    asked = paths or [Path()]
    try:
        files = find_tests(asked)
    except FileNotFoundError as error:
        raise CliError(
            f"{error.filename}: no such file or folder", "name files of tests, or folders"
        ) from None
    if not files:
        raise CliError(f"no tests (*.test.yaml) in {', '.join(map(str, asked))}", _FIRST_TEST)

    from httptask.cli.observability.logging import configure_logging
    from httptask.cli.runs.definitiontests import Session, run_session

    configure_logging("WARNING")
    session = Session(files, load_project(config), name, junit, as_json=json)
    raise typer.Exit(run_session(session))
