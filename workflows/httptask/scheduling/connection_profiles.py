"""What a workflow knows of its worker's configuration, recorded in its history."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TypeVar

from pydantic import BaseModel
from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError

from httptask.activities.allowance import ActivityAllowance, AllowedActivity
from httptask.activities.connections import ConnectionProfile, ResolvedConnections
from httptask.activities.names import ALLOW_ACTIVITIES, RESOLVE_CONNECTIONS

__all__ = ["allow_activities", "resolve_connections"]

Answer = TypeVar("Answer", bound=BaseModel)


async def resolve_connections(names: Iterable[str]) -> Mapping[str, ConnectionProfile]:
    """Look connections up on this worker, through a recorded local activity.

    Raises:
        ApplicationError: of type `ConnectionUnknown`; the worker has no connection of one of the names.
        RuntimeError: another worker may have it; the workflow task fails, and another worker may take it.
    """
    wanted = sorted(set(names))
    if not wanted:
        return {}
    return (await _look_up(RESOLVE_CONNECTIONS, wanted, ResolvedConnections)).profiles


async def allow_activities(names: Iterable[str]) -> Mapping[str, AllowedActivity]:
    """Look up whether activities of the user's own may be called, through a recorded local activity.

    Raises:
        ApplicationError: of type `ActivityNotAllowed`; the worker's operator does not allow one of the names.
        RuntimeError: another worker's may; the workflow task fails, and another worker may take it.
    """
    wanted = sorted(set(names))
    if not wanted:
        return {}
    return (await _look_up(ALLOW_ACTIVITIES, wanted, ActivityAllowance)).activities


async def _look_up(activity: str, names: list[str], answer: type[Answer]) -> Answer:
    try:
        found: Answer = await workflow.execute_local_activity(
            activity,
            names,
            result_type=answer,
            start_to_close_timeout=timedelta(seconds=10),
            retry_policy=RetryPolicy(maximum_attempts=1),
        )
    except ApplicationError as error:
        if error.non_retryable:
            raise
        raise RuntimeError(error.message) from None
    return found
