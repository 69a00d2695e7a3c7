"""`httptask validate`: every fault of every file, at its place."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from httptask.cli.commands.options import ConfigOption, JsonOption
from httptask.cli.project.definitions import files_at, load
from httptask.cli.terminal.console import is_terminal, print_json
from httptask.cli.terminal.errors import CliError, ExitCode
from httptask.cli.terminal.notice import show_notice

if TYPE_CHECKING:
    from httptask.config import Config
    from httptask.diagnostics.fault import Fault
    from httptask.dsl.loader import Loaded
    from httptask.dsl.report import Report

__all__ = ["validate"]

_COLOURS = {"error": "bold red", "warning": "yellow"}


def validate(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE|-...", help="Definitions, or folders of them; - is stdin."),
    ],
    *,
    json: JsonOption = False,
    portable: Annotated[
        bool, typer.Option("--portable", help="Also list what other runtimes of the standard don't have.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Check definitions without running them. Exit code 2 when there are errors.

    Connections are looked up in httptask.toml; without one there is `openai` only.
    """
    from httptask.cli.project.project import load_project
    from httptask.config.warnings import credential_warnings, server_warnings
    from httptask.explain.findings import missing_definitions

    project = load_project(config).config

    show_notice("checking definitions")
    # What can't be read is a fault of its own, and hides no other: a folder without a definition is read as a file.
    loaded = [load(file) for path in files for file in files_at(path) or [path]]
    reports = [report for one in loaded for report in _findings(one, project, portable=portable)]
    try:
        reports += missing_definitions(loaded, _beside(files, loaded))
    except ValueError as error:
        raise CliError(str(error)) from None
    reports += [*credential_warnings(project), *server_warnings(project)]
    if json:
        print_json([report.as_json() for report in reports])
    else:
        _print(reports)
        typer.echo(_summary(len(loaded), reports), err=True)
    if any(report.severity == "error" for report in reports):
        raise typer.Exit(ExitCode.INVALID)


def _findings(loaded: "Loaded", project: "Config", *, portable: bool) -> "list[Report]":
    from httptask.cli.project.apis import doubtful_paths, faults_of_operations
    from httptask.explain.findings import findings_of

    program = loaded.draft
    of_apis: Iterable[Fault] = ()
    if program is not None:
        of_apis = [*faults_of_operations(program, loaded.name, project), *doubtful_paths(program, project)]
    return findings_of(loaded, project.connections, of_apis, portable=portable)


def _beside(paths: list[Path], loaded: "Iterable[Loaded]") -> list[Path]:
    """The definitions in the folders of those that are checked."""
    names = {one.name for one in loaded}
    found = {file for path in paths if not path.is_dir() for file in files_at(path.parent)}
    return sorted(file for file in found if str(file) not in names)


def _print(reports: "Iterable[Report]") -> None:
    if not is_terminal("stdout"):
        for report in reports:
            sys.stdout.write(f"{report}\n")  # not echo: it puts question marks into names of files
        return
    from rich.text import Text

    from httptask.cli.terminal.styled import stdout

    for report in reports:
        text = Text(str(report))
        text.highlight_words([f"{report.severity}[{report.code}]"], _COLOURS[report.severity.value])
        text.highlight_regex(r"\n  hint:.*", "dim")
        stdout.print(text)


def _summary(files: int, reports: "Iterable[Report]") -> str:
    severities = [report.severity.value for report in reports]
    counts = [_count(severities.count(severity), severity) for severity in ("error", "warning")]
    return f"{_count(files, 'file')}: {', '.join(counts)}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
