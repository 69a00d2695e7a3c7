"""Asks a cluster, or the embedded server, about its runs."""

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from httptask.cli.terminal.errors import CliError
from httptask.cli.terminal.notice import show_notice

if TYPE_CHECKING:
    from temporalio.client import Client

    from httptask.cli.temporal.cluster import Cluster
    from httptask.config import Config

__all__ = ["LAST", "STARTS_ONE", "ask_cluster", "resolve_run"]

LAST = "last"
"""Stands for the id of the latest run."""
STARTS_ONE = "`httptask run FILE` starts one"

_T = TypeVar("_T")


def ask_cluster(
    work: "Callable[[Client, str], Coroutine[Any, Any, _T]]",
    config: "Config",
    cluster: "Cluster | None",
) -> _T:
    """Do some work with a client of the cluster or of the embedded server, and with words for where its runs are.

    What is logged meanwhile, and by Temporal's core, has been decided before.

    Raises:
        CliError: the server can't be reached, or has no such run.
    """
    import asyncio

    from temporalio.service import RPCError, RPCStatusCode

    from httptask.cli.project.plugins import plugins_for_reading
    from httptask.cli.temporal.cluster import connect, where_runs_are
    from httptask.cli.terminal.interrupts import Interrupts

    where = where_runs_are(cluster, config)

    async def ask() -> _T:
        with Interrupts.caught() as interrupts:
            plugins = plugins_for_reading(config)
            async with connect(cluster, config.state_directory, interrupts, plugins) as client:
                show_notice("reading")
                try:
                    return await interrupts.guard(work(client, where))
                except RPCError as error:
                    if error.status is not RPCStatusCode.NOT_FOUND:
                        raise
                    raise CliError(
                        f"no such run {where}: {error.message}", "`httptask runs list` shows the ids"
                    ) from None

    return asyncio.run(ask())


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
