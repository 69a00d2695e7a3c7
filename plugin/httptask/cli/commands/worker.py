"""`httptask worker`: serves definitions on a Temporal cluster."""

from typing import Annotated

import typer

from httptask.cli.commands.options import ConfigOption, DefinitionsOption, ProfileOption, QueueOption
from httptask.cli.project.definitions import definition_files, load_runnable, used_secrets
from httptask.cli.terminal.console import print_note
from httptask.cli.terminal.errors import CliError

__all__ = ["worker"]

_InlineOption = Annotated[
    bool,
    typer.Option(
        "--allow-inline",
        help="Also run definitions that come with the start of a workflow. "
        "Whoever may start one can then spend what this worker's credentials give access to.",
    ),
]
_CheckOption = Annotated[
    bool,
    typer.Option("--check", help="Load definitions, resolve secrets and connections, send nothing, exit."),
]
_HealthOption = Annotated[
    str | None,
    typer.Option(
        "--health-address", metavar="HOST:PORT", help="Where /live and /ready tell whether it works."
    ),
]
_MetricsOption = Annotated[
    str | None,
    typer.Option("--metrics-address", metavar="HOST:PORT", help="Where Prometheus finds /metrics."),
]


def worker(
    definitions: DefinitionsOption = None,
    *,
    task_queue: QueueOption = "httptask",
    allow_inline: _InlineOption = False,
    check: _CheckOption = False,
    health_address: _HealthOption = None,
    metrics_address: _MetricsOption = None,
    json: Annotated[bool, typer.Option("--json", help="With --check: print its findings as JSON.")] = False,
    config: ConfigOption = None,
    profile: ProfileOption = None,
) -> None:
    """Serve a folder of definitions, which clients start by name.

    Connects to TEMPORAL_ADDRESS or the profile's cluster, to localhost:7233 without either.
    Secrets have to be declared in httptask.toml with the origins they may go to; a .env file is not read.
    SIGTERM and Ctrl-C give calls in flight 10 s to finish.
    """
    from httptask.cli.observability.listening import require_address
    from httptask.cli.observability.logging import configure_logging
    from httptask.cli.preflight.readiness import examine, examine_permissions, print_findings, require_ready
    from httptask.cli.project.plugins import plugin_for, serve
    from httptask.cli.project.project import as_cli_error, load_project, tell_credential_warnings
    from httptask.cli.temporal.cluster import Cluster, find_cluster
    from httptask.cli.worker.serving import serve_on_cluster
    from httptask.config import ConfigInvalid
    from httptask.config.config import for_worker

    require_address("metrics", metrics_address)
    configure_logging("INFO", metrics_address=None if check else metrics_address)
    project = load_project(config, dotenv=False, say=print_note if check else _log)
    permitted = project.config.worker
    health_address = health_address or permitted.health_address
    require_address("health", health_address)
    allow_inline = allow_inline or permitted.allow_inline
    if definitions is None and not allow_inline:
        raise CliError("nothing to serve", "give --definitions DIR, or --allow-inline")
    loaded = load_runnable(definition_files([definitions] if definitions else []))
    registry = serve(loaded)
    try:
        trusted = for_worker(project.config, used_secrets(loaded))
    except ConfigInvalid as error:
        raise as_cli_error(error) from None
    findings = [
        *examine(trusted, project.environment, loaded),
        *examine_permissions(trusted, loaded, allow_inline=allow_inline),
    ]
    tell_credential_warnings(trusted)
    if check:
        print_findings(findings, as_json=json)
    require_ready(findings)
    plugin = plugin_for(
        trusted, project.environment, registry, allow_inline=allow_inline, ask_storage=not check
    )
    cluster = find_cluster(profile, project.environment) or Cluster({})
    if not check:
        serve_on_cluster(cluster, plugin, task_queue, health_address)


def _log(told: str) -> None:
    import structlog

    structlog.get_logger().info("worker.configured", told=told)
