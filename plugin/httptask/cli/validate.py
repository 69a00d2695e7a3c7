"""`httptask validate`: every fault of every file, at its place."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from httptask.cli.console import print_json
from httptask.cli.definitions import files_at
from httptask.cli.errors import ExitCode
from httptask.cli.options import JsonOption

if TYPE_CHECKING:
    from httptask.dsl.loader import Loaded
    from httptask.dsl.report import Report

__all__ = ["validate"]


def validate(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Definitions, or folders of them.")],
    *,
    json: JsonOption = False,
    portable: Annotated[
        bool, typer.Option("--portable", help="Also list what other runtimes of the standard don't have.")
    ] = False,
) -> None:
    """Check definitions without running them. Exit code 2 when there are errors."""
    from httptask.dsl.loader import load_file

    # What can't be read is a fault of its own, and hides no other: a folder without a definition is read as a file.
    loaded = [load_file(file) for path in files for file in files_at(path) or [path]]
    reports = [report for one in loaded for report in _reports(one, portable=portable)]
    if json:
        print_json([report.as_json() for report in reports])
    else:
        for report in reports:
            typer.echo(str(report))
        typer.echo(_summary(len(loaded), reports), err=True)
    if any(report.severity == "error" for report in reports):
        raise typer.Exit(ExitCode.INVALID)


def _reports(loaded: "Loaded", *, portable: bool) -> "list[Report]":
    from httptask.dsl.portable import portable_uses

    uses = loaded.report(portable_uses(loaded.program)) if portable and loaded.program is not None else []
    return [*loaded.reports, *uses]


def _summary(files: int, reports: "Iterable[Report]") -> str:
    severities = [report.severity.value for report in reports]
    counts = [_count(severities.count(severity), severity) for severity in ("error", "warning")]
    return f"{_count(files, 'file')}: {', '.join(counts)}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
