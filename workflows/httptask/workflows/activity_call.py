"""One call, planned: which activity, with what, and under which bounds."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypedDict, TypeVar

from pydantic import BaseModel
from temporalio.common import RetryPolicy

__all__ = ["CHAT_SECONDS", "HTTP_SECONDS", "ActivityCall", "ActivityOptions", "activity_options"]

HTTP_SECONDS = 60.0
"""How long one attempt of an HTTP request may take; the edge ends it by then."""
CHAT_SECONDS = 600.0
"""The same for a chat completion."""

_HEARTBEAT = timedelta(seconds=20)
_MARGIN = timedelta(seconds=15)
_RETRY = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    backoff_coefficient=2.0,
    maximum_interval=timedelta(seconds=60),
    maximum_attempts=5,
    non_retryable_error_types=["PayloadsTooLarge", "PayloadSizeError"],
)

Result = TypeVar("Result", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class ActivityCall(Generic[Result]):
    """One call.

    Attributes:
        activity: name of the activity.
        id: of the activity, unique within the run.
        summary: what a person reads in a list of calls; never a query, never a secret.
        total_seconds: how long one attempt may take by the edge's own deadline.
    """

    activity: str
    argument: BaseModel
    result_type: type[Result]
    id: str
    summary: str
    total_seconds: float


class ActivityOptions(TypedDict):
    """The options that every call has."""

    start_to_close_timeout: timedelta
    heartbeat_timeout: timedelta
    retry_policy: RetryPolicy


def activity_options(total_seconds: float) -> ActivityOptions:
    """Timeouts and retries of a call whose attempts the edge ends after so many seconds."""
    return {
        "start_to_close_timeout": timedelta(seconds=total_seconds) + _MARGIN,
        "heartbeat_timeout": _HEARTBEAT,
        "retry_policy": _RETRY,
    }
