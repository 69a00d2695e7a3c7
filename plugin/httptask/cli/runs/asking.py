"""Asks a cluster, or the embedded server, about its runs and schedules."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from httptask.cli.terminal.errors import CliError
from httptask.cli.terminal.notice import show_notice

if TYPE_CHECKING:
    from temporalio.client import Client

    from httptask.cli.temporal.cluster import Cluster
    from httptask.config import Config

__all__ = ["LAST", "STARTS_ONE", "ask", "ask_cluster", "resolve_run"]

LAST = "last"
"""Stands for the id of the latest run."""
STARTS_ONE = "`httptask run FILE` starts one"

_T = TypeVar("_T")
_NO_RUN = ("no such run", "`httptask runs list` shows the ids")


def ask(
    work: "Callable[[Client, str], Coroutine[Any, Any, _T]]",
    config: Path | None,
    profile: str | None,
    missing: tuple[str, str] = _NO_RUN,
) -> _T:
    """Do what a command does that has no worker, which is `ask_cluster`; Temporal's core logs nothing meanwhile.

    Args:
        work: with a client, and words for where its runs are.
        config: the file that was named, if one was.
        profile: of Temporal's own configuration, if one was.
        missing: as for `ask_cluster`.
    """
    from httptask.cli.observability.telemetry import set_runtime
    from httptask.cli.project.project import load_project
    from httptask.cli.temporal.cluster import find_cluster

    set_runtime(log_core=False)
    project = load_project(config)
    return ask_cluster(work, project.config, find_cluster(profile, project.environment), missing)


def ask_cluster(
    work: "Callable[[Client, str], Coroutine[Any, Any, _T]]",
    config: "Config",
    cluster: "Cluster | None",
    missing: tuple[str, str] = _NO_RUN,
) -> _T:
    """Do some work with a client of the cluster or of the embedded server, and with words for where its runs are.

    What is logged meanwhile, and by Temporal's core, has been decided before.

    Args:
        work: with a client, and those words.
        config: of the project.
        cluster: None for the embedded server.
        missing: what is said where the server finds nothing of a name, and where names are shown.

    Raises:
        CliError: the server can't be reached, or finds nothing of a name.
    """
    from temporalio.service import RPCError, RPCStatusCode

    from httptask.cli.project.plugins import plugins_for_reading
    from httptask.cli.temporal.cluster import connect, where_runs_are
    from httptask.cli.terminal.background import run_async
    from httptask.cli.terminal.interrupts import Interrupts

    where = where_runs_are(cluster, config)

    async def asked() -> _T:
        with Interrupts.caught() as interrupts:
            plugins = plugins_for_reading(config)
            async with connect(cluster, config.state_directory, interrupts, plugins) as client:
                show_notice("reading")
                try:
                    return await interrupts.guard(work(client, where))
                except RPCError as error:
                    if error.status is not RPCStatusCode.NOT_FOUND:
                        raise
                    message, hint = missing
                    raise CliError(f"{message} {where}: {error.message}", hint) from None

    return run_async(asked())


async def resolve_run(client: "Client", where: str, run: str) -> str:
    """The id of a run: what was given, or that of the latest one for `LAST` that no other one runs.

    Raises:
        CliError: there is no run yet.
    """
    if run != LAST:
        return run
    from httptask.runs.records import latest_runs

    latest = await latest_runs(client, 1, inner=False)
    if not latest:
        raise CliError(f"no runs yet {where}", STARTS_ONE)
    return latest[0].id
