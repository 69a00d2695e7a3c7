"""`httptask dev`: an embedded server, a worker and the designer, for trying definitions out."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from httptask.cli.commands.options import ConfigOption, ProfileOption, WebhooksOption
from httptask.cli.terminal.console import print_note
from httptask.cli.terminal.errors import CliError

if TYPE_CHECKING:
    from httptask.cli.project.project import Project
    from httptask.cli.worker.designer_page import DesignerOptions
    from httptask.cli.worker.reloading import Reloaded
    from httptask.designer.workspace import Settings
    from httptask.plugin import HttpTaskPlugin

__all__ = ["dev"]

_QUEUE = "httptask"


def dev(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="[DIR]", help="Folder of definitions; by default the working directory."),
    ] = None,
    *,
    definitions: Annotated[
        Path | None, typer.Option("--definitions", "-d", metavar="DIR", help="The same as DIR.")
    ] = None,
    port: Annotated[
        int,
        typer.Option(
            "--port", min=0, max=65535, help="Port of the server; another free one when it is taken."
        ),
    ] = 7233,
    task_queue: Annotated[
        str | None,
        typer.Option(
            "--task-queue",
            metavar="NAME",
            help="Task queue to serve, by default httptask; of a cluster, the queue whose workers do the work.",
        ),
    ] = None,
    webhooks: WebhooksOption = None,
    designer: Annotated[
        bool, typer.Option("--designer/--no-designer", help="Show the designer in a browser, or do without.")
    ] = True,
    opens: Annotated[
        bool,
        typer.Option("--open/--no-open", help="Open the designer in a browser, or only tell its address."),
    ] = True,
    host: Annotated[
        str,
        typer.Option(
            "--host",
            metavar="HOST",
            help="Where the designer listens; beyond this machine with --token-file.",
        ),
    ] = "127.0.0.1",
    designer_port: Annotated[
        int | None,
        typer.Option(
            "--designer-port", min=0, max=65535, help="By default 7280, or another free one; 0 for any."
        ),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(
            "--token-file", metavar="FILE", help="Holds the token that the designer is opened with."
        ),
    ] = None,
    config: ConfigOption = None,
    profile: ProfileOption = None,
) -> None:
    """Run an embedded Temporal server, a worker and the designer until Ctrl-C.

    Definitions and httptask.toml count as they are now: what changes is served anew. Shares the server with
    `httptask run` and `httptask runs` in the same folder. Runs keep their state in .httptask/temporal.db and go on when
    dev is started again.

    Where TEMPORAL_ADDRESS or a profile names a cluster, the designer's runs go there: to a worker of this command, or
    with --task-queue to the workers of that queue. Without the designer the server is always the embedded one.
    """
    from httptask.cli.observability.logging import configure_logging
    from httptask.cli.project.project import load_project
    from httptask.cli.worker.designer_page import DesignerOptions, why_not_shown

    if folder is not None and definitions is not None:
        raise CliError("DIR together with --definitions", "name the folder once")
    where = folder or definitions or Path()
    if designer and not where.is_dir():
        raise CliError(f"{where}: no such folder", "`httptask init DIR` writes a first definition into it")
    configure_logging("INFO")
    if designer and (lacking := why_not_shown()) is not None:
        print_note(lacking)
        designer = False
    options = DesignerOptions(where, host, designer_port, token_file, opens) if designer else None
    load = partial(load_project, config, folder=folder)
    _serve(where, options, load, port, task_queue, webhooks, profile)


def _serve(
    where: Path,
    options: "DesignerOptions | None",
    load: "Callable[..., Project]",
    port: int,
    task_queue: str | None,
    webhooks: str | None,
    profile: str | None,
) -> None:
    """Serve the definitions of a folder, and the designer where there are options for it."""
    import secrets

    from httptask.cli.project.project import tell_credential_warnings, tell_origins
    from httptask.cli.temporal.cluster import find_cluster
    from httptask.cli.worker.designer_page import DesignerPage
    from httptask.cli.worker.reloading import Reloaded
    from httptask.cli.worker.serving import Serving, serve_here
    from httptask.cli.worker.webhooks import take_events_at

    project = load()
    cluster = None if options is None else find_cluster(profile, project.environment)
    served = Reloaded(where, project.config, is_whole=options is None)
    own = replace(project.config, secrets=served.secrets)
    taken = take_events_at(webhooks, own, project.environment)
    tell_origins(project)
    tell_credential_warnings(own)
    page = None if options is None else DesignerPage(options, lambda: _settings(load), served, load)
    own_worker = cluster is None or task_queue is None
    if own_worker:
        print_note(
            "definitions that come with the start of a workflow run too, with the credentials of this environment"
        )
    of_cluster = f"{_QUEUE}-designer-{secrets.token_hex(4)}"
    queue = task_queue or (_QUEUE if cluster is None else of_cluster)
    plugins = _plugins(project, load, served, where)
    serve_here(Serving(cluster, port, plugins, queue, served, taken, page, own_worker))


def _settings(load: "Callable[..., Project]") -> "Settings":
    """The configuration as it is now.

    Raises:
        ConfigInvalid: it can't be used.
    """
    from httptask.config import ConfigInvalid
    from httptask.designer.workspace import Settings

    def nothing(_: str) -> None:
        """Was said when the command began."""

    try:
        project = load(say=nothing)
    except CliError as error:
        raise ConfigInvalid([error.message]) from None
    return Settings(project.config, project.environment, project.dotenv, project.passed_over)


def _plugins(
    project: "Project", load: "Callable[..., Project]", served: "Reloaded", home: Path
) -> "Callable[[], HttpTaskPlugin]":
    """Makes the plugin of the worker, by the configuration as it is then."""
    from httptask.cli.project.plugins import plugin_for

    first = [project]

    def make() -> "HttpTaskPlugin":
        now = first.pop() if first else load()
        served.take(now.config)
        own = replace(now.config, secrets=served.secrets)
        return plugin_for(own, now.environment, served.registry, home=home)

    return make
