"""`httptask worker`: serves definitions on a Temporal cluster."""

import os
from typing import TYPE_CHECKING, Annotated

import typer

from httptask.cli.commands.options import (
    ConfigOption,
    DefinitionsOption,
    ProfileOption,
    QueueOption,
    WebhooksOption,
)
from httptask.cli.project.definitions import definition_files, load_runnable, used_secrets
from httptask.cli.terminal.console import print_note
from httptask.cli.terminal.errors import CliError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from httptask.cli.project.project import Project
    from httptask.cli.worker.process import Member
    from httptask.config.config import Config
    from httptask.dsl import Loaded

__all__ = ["worker"]

_MOST_PROCESSES = 256

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
    typer.Option(
        "--metrics-address",
        metavar="HOST:PORT",
        help="Where Prometheus finds /metrics; of further processes on the ports that follow.",
    ),
]
_ProcessesOption = Annotated[
    str,
    typer.Option(
        "--processes", metavar="N|auto", help="How many processes do the work; auto is one for each core."
    ),
]


def worker(
    definitions: DefinitionsOption = None,
    *,
    task_queue: QueueOption = "httptask",
    processes: _ProcessesOption = "1",
    allow_inline: _InlineOption = False,
    check: _CheckOption = False,
    health_address: _HealthOption = None,
    metrics_address: _MetricsOption = None,
    webhooks: WebhooksOption = None,
    json: Annotated[bool, typer.Option("--json", help="With --check: print its findings as JSON.")] = False,
    config: ConfigOption = None,
    profile: ProfileOption = None,
) -> None:
    """Serve a folder of definitions, which clients start by name.

    Connects to TEMPORAL_ADDRESS or the profile's cluster, to localhost:7233 without either.
    Secrets have to be declared in httptask.toml with the origins they may go to; a .env file is not read.
    SIGTERM and Ctrl-C give calls in flight 10 s to finish; a second one does not wait for them.
    """
    from httptask.cli.observability.listening import address_of_process, listening_at, require_address
    from httptask.cli.observability.logging import configure_logging
    from httptask.cli.observability.telemetry import set_runtime
    from httptask.cli.project.plugins import plugin_for, serve
    from httptask.cli.project.project import load_project
    from httptask.cli.temporal.cluster import Cluster, find_cluster
    from httptask.cli.worker.serving import serve_on_cluster
    from httptask.cli.worker.supervisor import serve_in_processes
    from httptask.cli.worker.webhooks import take_events_at, usable_webhooks

    count = _count(processes)
    require_address("webhooks", webhooks)
    require_address("metrics", metrics_address)
    require_address("metrics", metrics_address and address_of_process(metrics_address, count))
    configure_logging("INFO", begin_core=False)
    project = load_project(config, dotenv=False, say=print_note if check else _log)
    permitted = project.config.worker
    health_address = health_address or permitted.health_address
    require_address("health", health_address)
    allow_inline = allow_inline or permitted.allow_inline
    if definitions is None and not allow_inline:
        raise CliError("nothing to serve", "give --definitions DIR, or --allow-inline")
    loaded = load_runnable(definition_files([definitions] if definitions else []))
    registry = serve(loaded)
    trusted = _ready(project, loaded, allow_inline=allow_inline, check=check, as_json=json)
    cluster = find_cluster(profile, project.environment) or Cluster({})
    if check:
        if webhooks is not None:
            usable_webhooks(project.config, project.environment)
        plugin_for(trusted, project.environment, registry, allow_inline=allow_inline, ask_storage=False)
        return
    health = listening_at(health_address) if health_address else []
    taken = take_events_at(webhooks, project.config, project.environment)

    def serve_here(member: "Member | None") -> None:
        own = metrics_address and address_of_process(metrics_address, member.number if member else 1)
        set_runtime(log_core=True, metrics_address=own)
        plugin = plugin_for(
            trusted, project.environment, registry, home=definitions, allow_inline=allow_inline
        )
        is_first = member is None or member.number == 1
        serve_on_cluster(cluster, plugin, task_queue, health, member, taken if is_first else None)

    serve_in_processes(count, trusted.connections, serve_here)


def _ready(
    project: "Project",
    loaded: "Sequence[Loaded]",
    *,
    allow_inline: bool,
    check: bool,
    as_json: bool,
) -> "Config":
    """The configuration of a worker for these definitions, held against them; printed where that is asked for.

    Raises:
        CliError: the worker lacks something, or may not do it.
    """
    from httptask.cli.preflight.readiness import examine, examine_permissions, print_findings, require_ready
    from httptask.cli.project.project import as_cli_error, tell_credential_warnings
    from httptask.config import ConfigInvalid
    from httptask.config.config import for_worker

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
        print_findings(findings, as_json=as_json)
    require_ready(findings)
    return trusted


def _count(processes: str) -> int:
    """How many processes are asked for.

    Raises:
        CliError: it is no such number.
    """
    if processes == "auto":
        affinity = getattr(os, "sched_getaffinity", None)  # not on macOS
        return len(affinity(0)) if affinity else os.cpu_count() or 1
    if processes.isascii() and processes.isdecimal() and 1 <= int(processes) <= _MOST_PROCESSES:
        return int(processes)
    raise CliError(f"--processes: {processes}", f"give a number from 1 to {_MOST_PROCESSES}, or auto")


def _log(told: str) -> None:
    from httptask.http.log import get_logger

    get_logger("httptask.cli").info("worker.configured", told=told)
