"""`httptask dev`: an embedded server and a worker, for trying definitions out."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from httptask.cli.commands.options import ConfigOption, QueueOption, WebhooksOption
from httptask.cli.terminal.console import print_note

__all__ = ["dev"]


def dev(
    definitions: Annotated[
        Path, typer.Option("--definitions", "-d", metavar="DIR", help="Folder of definitions to serve.")
    ] = Path(),
    *,
    port: Annotated[
        int,
        typer.Option(
            "--port", min=0, max=65535, help="Port of the server; another free one when it is taken."
        ),
    ] = 7233,
    task_queue: QueueOption = "httptask",
    webhooks: WebhooksOption = None,
    config: ConfigOption = None,
) -> None:
    """Run an embedded Temporal server and a worker until Ctrl-C.

    Definitions that change are served as they are then. Shares the server with `httptask run` and `httptask runs` in
    the same folder. Runs keep their state in .httptask/temporal.db and go on when dev is started again.
    """
    from httptask.cli.observability.logging import configure_logging
    from httptask.cli.project.plugins import plugin_for
    from httptask.cli.project.project import load_project, tell_credential_warnings
    from httptask.cli.worker.reloading import Reloaded
    from httptask.cli.worker.serving import serve_embedded
    from httptask.cli.worker.webhooks import take_events_at

    configure_logging("INFO")
    project = load_project(config)
    served = Reloaded(definitions, project.config)
    own = replace(project.config, secrets=served.secrets)
    taken = take_events_at(webhooks, own, project.environment)
    tell_credential_warnings(own)
    print_note(
        "definitions that come with the start of a workflow run too, with the credentials of this environment"
    )
    plugin = plugin_for(own, project.environment, served.registry, home=definitions)
    serve_embedded(own.state_directory, port, plugin, task_queue, served, taken)
