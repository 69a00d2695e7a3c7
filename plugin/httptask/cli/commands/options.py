"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "ConfigOption",
    "DefinitionArgument",
    "DefinitionsOption",
    "FixturesOption",
    "InputFilesOption",
    "InputOption",
    "JsonOption",
    "LiveOption",
    "ProfileOption",
    "QueueOption",
    "RecordOption",
    "ServingQueueOption",
    "WebhooksOption",
]

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Configuration; by default the nearest httptask.toml, upward from here.",
    ),
]
DefinitionArgument = Annotated[Path, typer.Argument(metavar="FILE|-", help="The definition; - is stdin.")]
DefinitionsOption = Annotated[
    Path | None, typer.Option("--definitions", "-d", metavar="DIR", help="Folder of definitions to serve.")
]
FixturesOption = Annotated[
    Path | None,
    typer.Option("--fixtures", metavar="DIR", help="Answer requests from recorded files; nothing is sent."),
]
InputOption = Annotated[
    str | None,
    typer.Option("--input", "-i", metavar="JSON|YAML|@FILE|-", help="The workflow's input."),
]
InputFilesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--input-file",
        metavar="NAME=@FILE",
        help="A member of the input: the text of a file, or with NAME=base64@FILE its bytes. May be repeated.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on stdout.")]
LiveOption = Annotated[
    bool,
    typer.Option(
        "--live",
        help="Show the text of streamed chat completions as it comes; it stays in the run's history.",
    ),
]
ProfileOption = Annotated[
    str | None,
    typer.Option("--profile", metavar="NAME", help="Profile of temporal.toml that names the cluster."),
]
QueueOption = Annotated[str, typer.Option("--task-queue", metavar="NAME", help="Task queue to serve.")]
ServingQueueOption = Annotated[
    str, typer.Option("--task-queue", metavar="NAME", help="Task queue of the workers that serve it.")
]
RecordOption = Annotated[
    Path | None,
    typer.Option("--record", metavar="DIR", help="Write every exchange to files, for --fixtures."),
]
WebhooksOption = Annotated[
    str | None,
    typer.Option(
        "--webhooks",
        metavar="HOST:PORT",
        help="Where events come in by HTTP for the runs that wait for them: [webhooks.NAME] of httptask.toml.",
    ),
]
