"""`httptask start`: starts a definition that a worker serves."""

from typing import Annotated

import typer

from httptask.cli.commands.options import (
    ConfigOption,
    InputFilesOption,
    InputOption,
    JsonOption,
    ProfileOption,
    ServingQueueOption,
)
from httptask.cli.project.inputs import read_input

__all__ = ["start"]


def start(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME|NAMESPACE/NAME:VERSION", help="A served definition; NAME is its highest version."
        ),
    ],
    *,
    input_: InputOption = None,
    input_files: InputFilesOption = None,
    id_: Annotated[
        str | None,
        typer.Option("--id", help="Id of the run: a second one of it is refused while it goes on."),
    ] = None,
    wait: Annotated[
        bool,
        typer.Option("--wait", help="Show the run until it ends, and print its result; Ctrl-C leaves it."),
    ] = False,
    task_queue: ServingQueueOption = "httptask",
    json: JsonOption = False,
    config: ConfigOption = None,
    profile: ProfileOption = None,
) -> None:
    """Start a definition that `httptask worker` or `dev` serves, and print the id of the run.

    The worker is asked for the definition first: a name that it does not know, or an input that does not fit, starts
    nothing. The run goes on without this command.

    Exit codes: 0 started, or done; 1 the workflow failed, 2 no such definition, 3 can't connect or no worker,
    130 interrupted.
    """
    from httptask.cli.observability.telemetry import set_runtime
    from httptask.cli.project.project import load_project
    from httptask.cli.runs.starting import Starting, start_served
    from httptask.cli.temporal.cluster import find_cluster

    data = read_input(input_, files=input_files or ())
    set_runtime(log_core=False)
    project = load_project(config)
    starting = Starting(
        name=name,
        input=data,
        has_input=bool(input_ or input_files),
        id=id_,
        wait=wait,
        task_queue=task_queue,
        as_json=json,
    )
    raise typer.Exit(start_served(starting, project.config, find_cluster(profile, project.environment)))
