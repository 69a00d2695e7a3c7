"""`httptask validate`: every fault of every file, at its place."""

import sys
from collections.abc import Iterable, Iterator, Mapping
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
    from httptask.connections.connection import Connection
    from httptask.diagnostics.fault import Fault
    from httptask.dsl.loader import Loaded
    from httptask.dsl.program import Program
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
    from httptask.config.credential_warnings import credential_warnings

    project = load_project(config).config

    show_notice("checking definitions")
    # What can't be read is a fault of its own, and hides no other: a folder without a definition is read as a file.
    loaded = [load(file) for path in files for file in files_at(path) or [path]]
    reports = [report for one in loaded for report in _reports(one, project, portable=portable)]
    reports += _unknown_definitions(files, loaded)
    reports += credential_warnings(project)
    if json:
        print_json([report.as_json() for report in reports])
    else:
        _print(reports)
        typer.echo(_summary(len(loaded), reports), err=True)
    if any(report.severity == "error" for report in reports):
        raise typer.Exit(ExitCode.INVALID)


def _reports(loaded: "Loaded", project: "Config", *, portable: bool) -> "list[Report]":
    from httptask.cli.preflight.connection_names import unknown_connections
    from httptask.cli.project.apis import faults_of_operations

    if loaded.draft is None:
        return loaded.reports
    beyond_standard: Iterable[Fault] = ()
    if portable and loaded.program is not None:
        from httptask.dsl.checks.portability import portable_uses

        beyond_standard = portable_uses(loaded.program)
    further = [
        *unknown_connections(loaded.draft, list(project.connections)),
        *_server_faults(loaded.draft, project.connections),
        *faults_of_operations(loaded.draft, loaded.name, project),
        *beyond_standard,
    ]
    return sorted([*loaded.reports, *loaded.report(further)], key=lambda report: (report.line, report.column))


def _unknown_definitions(paths: list[Path], loaded: "list[Loaded]") -> "Iterator[Report]":
    """Definitions that others run and that are neither among those that are checked nor in the folder of one."""
    running = [one for one in loaded if one.program is not None and one.program.definitions]
    if not running:
        return
    from httptask.dsl.canonical import qualified_name
    from httptask.dsl.loader import load_file
    from httptask.plugin.definitions import registry_of, unknown_definitions

    beside = {file for path in paths if not path.is_dir() for file in files_at(path.parent)}
    names = {one.name for one in loaded}
    known = [one for one in loaded if one.program is not None]
    given = {qualified_name(one.data) for one in known}
    others = [load_file(file) for file in sorted(beside) if str(file) not in names]
    known += [one for one in others if one.program is not None and qualified_name(one.data) not in given]
    try:
        registry = registry_of(known)
    except ValueError as error:
        raise CliError(str(error)) from None
    yield from unknown_definitions(running, registry)


def _server_faults(program: "Program", connections: "Mapping[str, Connection]") -> "Iterator[Fault]":
    from httptask.dsl.metadata import budget_units

    units = budget_units(program.definition.document.metadata)
    for node in program.nodes.values():
        yield from node.kind.server_faults(node, connections, program.rules_for(node), units)


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
