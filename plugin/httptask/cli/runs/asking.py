"""Asks a cluster, or the embedded server, about its runs."""

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from httptask.activities.names import TOKEN_LIMIT
from httptask.cli.terminal.errors import CliError
from httptask.cli.terminal.notice import show_notice

if TYPE_CHECKING:
    from temporalio.client import Client

    from httptask.cli.runs.records import RunSummary
    from httptask.cli.temporal.cluster import Cluster
    from httptask.config import Config

__all__ = ["LAST", "STARTS_ONE", "ask_cluster", "latest_runs", "resolve_run"]

LAST = "last"
"""Stands for the id of the latest run."""
STARTS_ONE = "`httptask run FILE` starts one"

_T = TypeVar("_T")
_OURS = (
    f"(WorkflowType = 'httptask.run' OR TaskQueue STARTS_WITH 'httptask') AND WorkflowType != '{TOKEN_LIMIT}'"
)
_LATEST = "ExecutionStatus != 'ContinuedAsNew'"


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
    from httptask.cli.temporal.cluster import connect
    from httptask.cli.terminal.interrupts import Interrupts

    where = f"at {cluster.address}" if cluster else f"in {config.state_directory}"

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


async def latest_runs(client: "Client", limit: int) -> "list[RunSummary]":
    """Runs of ours, the latest first."""
    from httptask.cli.runs.records import summarize
    from httptask.cli.temporal.executions import list_executions

    of_ours = f"{_OURS} AND {_LATEST} AND CloseTime"
    opened = [run async for run in list_executions(client, f"{of_ours} IS NULL", limit) if not run.is_part]
    found = sorted(opened, key=lambda each: each.started_at, reverse=True)[:limit]
    known = {run.run_id for run in found}
    # Not every store of Temporal sorts as asked: open runs come by their start, ended ones by their end.
    async for run in list_executions(client, f"{of_ours} IS NOT NULL"):
        if len(found) >= limit and run.ended_at is not None and run.ended_at < found[limit - 1].started_at:
            break
        if run.run_id not in known and not run.is_part:
            found = sorted((*found, run), key=lambda each: each.started_at, reverse=True)[:limit]
    return [await summarize(run) for run in found]


async def resolve_run(client: "Client", where: str, run: str) -> str:
    """The id of a run: what was given, or that of the latest one for `LAST`.

    Raises:
        CliError: there is no run yet.
    """
    if run != LAST:
        return run
    latest = await latest_runs(client, 1)
    if not latest:
        raise CliError(f"no runs yet {where}", STARTS_ONE)
    return latest[0].id
