"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["ConfigOption", "DefinitionsOption", "JsonOption", "ProfileOption", "QueueOption"]

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Configuration; by default the nearest httptask.toml, upward from here.",
    ),
]
DefinitionsOption = Annotated[
    Path | None, typer.Option("--definitions", "-d", metavar="DIR", help="Folder of definitions to serve.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on stdout.")]
ProfileOption = Annotated[
    str | None,
    typer.Option("--profile", metavar="NAME", help="Profile of temporal.toml that names the cluster."),
]
QueueOption = Annotated[str, typer.Option("--task-queue", metavar="NAME", help="Task queue to serve.")]
