"""What a workflow asks of its worker's configuration: the answers are in its history."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, TypeVar

from pydantic import BaseModel
from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError, FailureError, is_cancelled_exception

from httptask.activities.allowed_activities import ActivityAllowance, AllowedActivity
from httptask.activities.connection_profile import ConnectionProfile, ResolvedConnections
from httptask.activities.names import ALLOW_ACTIVITIES, RESOLVE_CONNECTIONS

__all__ = ["allow_activities", "ask_worker", "resolve_connections"]

ANSWER_TIME = timedelta(seconds=10)

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
    return (await ask_worker(RESOLVE_CONNECTIONS, wanted, ResolvedConnections)).profiles


async def allow_activities(names: Iterable[str]) -> Mapping[str, AllowedActivity]:
    """Look up whether activities of the user's own may be called, through a recorded local activity.

    Raises:
        ApplicationError: of type `ActivityNotAllowed`; the worker's operator does not allow one of the names.
        RuntimeError: another worker's may; the workflow task fails, and another worker may take it.
    """
    wanted = sorted(set(names))
    if not wanted:
        return {}
    return (await ask_worker(ALLOW_ACTIVITIES, wanted, ActivityAllowance)).activities


async def ask_worker(activity: str, argument: Any, answer: type[Answer]) -> Answer:
    """Ask once, through a local activity: what changes on the worker later never reaches this run.

    Args:
        activity: name of the local activity.
        argument: of the question.
        answer: the model of what comes back.

    Raises:
        ApplicationError: the answer is a refusal for good.
        RuntimeError: this worker can't answer; the workflow task fails, and another worker may take it.
    """
    try:
        found: Answer = await workflow.execute_local_activity(
            activity,
            argument,
            result_type=answer,
            start_to_close_timeout=ANSWER_TIME,
            retry_policy=RetryPolicy(maximum_attempts=1),
        )
    except FailureError as error:  # a local activity's own failure comes without an ActivityError around it
        if is_cancelled_exception(error) or (isinstance(error, ApplicationError) and error.non_retryable):
            raise
        raise RuntimeError(error.message) from None
    return found
