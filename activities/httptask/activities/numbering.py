"""The number of an attempt. Temporal counts every execution; only those count here that were not postponed."""

from datetime import timedelta

from temporalio import activity
from temporalio.exceptions import ApplicationError

from httptask.http.errors import Timeout

__all__ = ["attempt_number", "policy_interval", "raise_if_paused", "require_attempts_left"]

_PAUSED = "paused"


def attempt_number(info: activity.Info) -> int:
    """Number of this attempt, from 1.

    Each attempt leaves in its heartbeats how many there have been; Temporal hands the last one's to the next.
    """
    before = info.heartbeat_details[0] if info.heartbeat_details else None
    return before + 1 if isinstance(before, int) else info.attempt


def raise_if_paused(number: int) -> None:
    """Say what cuts an attempt off, where Temporal's pause does, and leave word of it for the next one.

    Raises:
        ApplicationError: of type `Paused`; once the activity is unpaused it has the attempts that are left.
    """
    details = activity.cancellation_details()
    if details is not None and details.paused:
        activity.heartbeat(number, _PAUSED)
        raise ApplicationError(
            "the attempt was cut off when it was paused", {"attempt": number}, type="Paused"
        ) from None


def require_attempts_left(info: activity.Info, number: int, attempts: int | None) -> None:
    """See that an attempt may be made.

    Raises:
        Timeout: those before it were the last ones, and none came back to say how it ended.
    """
    if attempts is not None and number > attempts:
        paused = _PAUSED in info.heartbeat_details
        why = (
            "the last was cut off when it was paused" if paused else "their workers stopped, or took too long"
        )
        raise Timeout(
            f"none of {attempts} attempts came to an end: {why}",
            details={"attempts": attempts},
            retryable=False,
        )


def policy_interval(info: activity.Info, number: int) -> timedelta | None:
    """The wait after this attempt where Temporal, which counts postponed ones too, would take a longer one."""
    policy = info.retry_policy
    if policy is None or number >= info.attempt:
        return None
    seconds = policy.initial_interval.total_seconds() * policy.backoff_coefficient ** (max(number, 1) - 1)
    longest = policy.maximum_interval
    interval = timedelta(seconds=seconds)
    return interval if longest is None else min(interval, longest)
