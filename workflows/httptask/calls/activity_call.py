"""One call, planned: which activity, with what, and under which bounds."""

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Generic, TypedDict, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel
from temporalio.common import RetryPolicy

from httptask.activities.connection_profile import ConnectionProfile
from httptask.http.models import CallRequest, HttpRequest
from httptask.resilience.retry import Retry

__all__ = [
    "CHAT_SECONDS",
    "HTTP_SECONDS",
    "STREAM_SECONDS",
    "ActivityCall",
    "ActivityOptions",
    "activity_options",
    "after",
    "counted",
    "ending_attempts",
    "fitting_summary",
    "host_and_path",
    "temporal_policy",
    "traced",
]

HTTP_SECONDS = 60.0
"""How long one attempt of an HTTP request may take; the edge ends it by then."""
STREAM_SECONDS = 600.0
"""The same for an answer that comes in events."""
CHAT_SECONDS = 600.0
"""The same for a chat completion."""

_HEARTBEAT = timedelta(seconds=20)
_MARGIN = timedelta(seconds=15)
_SUMMARY_BYTES = 200
"""Temporal refuses a summary of over 400 bytes; half of that leaves room for its wrapping and a codec of the user's."""
_NEVER_RETRIED = ("PayloadsTooLarge",)

Result = TypeVar("Result", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class ActivityCall(Generic[Result]):
    """One call.

    Attributes:
        activity: name of the activity.
        id: of the activity, unique within the run.
        total_seconds: when the edge ends an attempt, where neither request nor connection says.
        connection: the connection that it is sent through.
    """

    activity: str
    argument: CallRequest
    result_type: type[Result]
    id: str
    total_seconds: float
    connection: str | None = None

    @property
    def summary(self) -> str:
        """What a person reads in a list of calls: method, host and path; never a query, never a secret."""
        request = self.argument
        if isinstance(request, HttpRequest):
            return fitting_summary(f"{request.method} {_shown_address(request)}")
        return fitting_summary(f"POST {self.connection}/chat/completions")


class ActivityOptions(TypedDict):
    """The options that every call has."""

    summary: str
    task_queue: str | None
    start_to_close_timeout: timedelta
    heartbeat_timeout: timedelta
    retry_policy: RetryPolicy


def fitting_summary(text: str) -> str:
    """As much of a text, from its beginning, as Temporal surely takes for a summary: it measures the encoded form."""
    if _encoded_size(text) <= _SUMMARY_BYTES:
        return text
    size = 0
    for at, character in enumerate(text):
        size += _encoded_size(character)
        if size > _SUMMARY_BYTES:
            return text[:at]
    return text


def _encoded_size(text: str) -> int:
    return len(json.dumps(text, ensure_ascii=False).encode()) - len('""')


def _shown_address(request: HttpRequest) -> str:
    first = min(
        (ref for ref in request.secrets if ref.pointer == "/url"), key=lambda ref: ref.offset, default=None
    )
    if first is not None:
        return f"${first.name}"
    host, path = host_and_path(request.url)
    return (host or request.connection or "") + path


def host_and_path(url: str) -> tuple[str, str]:
    """Two parts of a URL, without a user; both empty where it is none: the edge refuses it, and says why."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", ""
    return parts.netloc.rpartition("@")[2], parts.path


def activity_options(
    call: ActivityCall[Any], profile: ConnectionProfile, *, label: str = ""
) -> ActivityOptions:
    """Timeouts and retries of a call that is sent through a connection with that profile.

    Args:
        call: the call.
        profile: of its connection.
        label: what its summary begins with.
    """
    seconds = call.argument.limits.total or profile.total or call.total_seconds
    return {
        "summary": fitting_summary(label + call.summary),
        "task_queue": profile.task_queue,
        "start_to_close_timeout": timedelta(seconds=seconds) + _MARGIN,
        "heartbeat_timeout": _HEARTBEAT,
        "retry_policy": temporal_policy(profile.retry),
    }


def counted(
    call: ActivityCall[Result], attempts: int | None, profile: ConnectionProfile
) -> ActivityCall[Result]:
    """A call with how many attempts it has, and which server it is meant for, for the activity to tell."""
    return _with(call, attempts=attempts, server=profile.server)


def after(call: ActivityCall[Result], attempts: int) -> ActivityCall[Result]:
    """A call that goes on in another activity after so many attempts."""
    return _with(call, attempts_made=attempts)


def ending_attempts(call: ActivityCall[Result]) -> ActivityCall[Result]:
    """A call whose activity ends with each attempt that fails."""
    return _with(call, ends_attempt=True)


def traced(call: ActivityCall[Result]) -> ActivityCall[Result]:
    """A call that tells every request that went out for it."""
    return _with(call, traced=True)


def _with(call: ActivityCall[Result], **changes: Any) -> ActivityCall[Result]:
    return replace(call, argument=call.argument.model_copy(update=changes))


def temporal_policy(retry: Retry) -> RetryPolicy:
    """Temporal's form of a retry policy.

    It sets no maximum of attempts: Temporal would count the postponed ones too. The activity counts, and makes
    the failure of the last attempt final.
    """
    return RetryPolicy(
        initial_interval=timedelta(seconds=retry.interval(1)),
        backoff_coefficient=retry.factor,
        maximum_interval=timedelta(seconds=retry.longest_interval),
        non_retryable_error_types=_NEVER_RETRIED,
    )
