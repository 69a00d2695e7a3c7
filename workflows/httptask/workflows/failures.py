"""How the failure of a call becomes the error that a workflow in Python catches."""

from typing import Any

from temporalio.exceptions import ActivityError, ApplicationError, RetryState
from temporalio.exceptions import TimeoutError as TemporalTimeoutError

from httptask.calls.problem import TaskFault
from httptask.http.errors import Postponed
from httptask.workflows import errors
from httptask.workflows.errors import CallFailed, CallInvalid, CallTimeout

__all__ = ["call_error", "fault_error", "typed_error"]

_BY_TYPE: dict[str, type[CallFailed]] = {
    **{name: getattr(errors, name) for name in errors.__all__ if name != CallInvalid.__name__},
    "Timeout": CallTimeout,
}
"""`CallInvalid` is raised before there is a call, and so is no failure's type."""


def call_error(error: ActivityError) -> CallFailed:
    """The typed error for the failure of a call's activity."""
    cause = error.cause
    if isinstance(cause, TemporalTimeoutError):
        last = (
            f"; the last failure before: {cause.cause}" if isinstance(cause.cause, ApplicationError) else ""
        )
        return CallTimeout(f"the call timed out: {cause}{last}", type="Timeout", non_retryable=True)
    if not isinstance(cause, ApplicationError):
        return CallFailed(str(cause), type="CallFailed", non_retryable=True)
    if cause.type == Postponed.__name__ and error.retry_state == RetryState.TIMEOUT:
        # Its next turn would come after the timeout, so Temporal ends it in the reason of the last put-off.
        return CallTimeout(f"the call timed out: {cause.message}", type="Timeout", non_retryable=True)
    return typed_error(cause)


def typed_error(failure: ApplicationError) -> CallFailed:
    """The class of ours that a failure's type names."""
    found = _BY_TYPE.get(failure.type or "", CallFailed)
    return found(failure.message, *failure.details, type=failure.type, non_retryable=True)


def fault_error(fault: TaskFault, *details: Any) -> CallFailed:
    """The typed error for what the interpreter would end a task with."""
    problem = fault.problem
    return typed_error(ApplicationError(problem.detail or problem.title, *details, type=problem.error))
