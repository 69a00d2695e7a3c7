"""What a workflow knows of the connections of its worker, recorded in its history."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

from httptask.activities.connections import ConnectionProfile, ResolvedConnections
from httptask.activities.names import RESOLVE_CONNECTIONS

__all__ = ["resolve_connections"]


async def resolve_connections(names: Iterable[str]) -> Mapping[str, ConnectionProfile]:
    """Look connections up on this worker, through a recorded local activity.

    Raises:
        ApplicationError: of type `ConnectionUnknown`; the worker has no connection of one of the names.
    """
    wanted = sorted(set(names))
    if not wanted:
        return {}
    resolved: ResolvedConnections = await workflow.execute_local_activity(
        RESOLVE_CONNECTIONS,
        wanted,
        result_type=ResolvedConnections,
        start_to_close_timeout=timedelta(seconds=10),
        retry_policy=RetryPolicy(maximum_attempts=1),
    )
    return resolved.profiles
