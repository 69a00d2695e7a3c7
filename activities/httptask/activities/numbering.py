"""The number of an attempt. Temporal counts every execution; only those count here that were not postponed."""

from datetime import timedelta

from temporalio import activity

from httptask.http.errors import Timeout

__all__ = ["attempt_number", "policy_interval", "require_attempts_left"]


def attempt_number(info: activity.Info) -> int:
    """Number of this attempt, from 1.

    Each attempt leaves in its heartbeats how many there have been; Temporal hands the last one's to the next.
    """
    before = info.heartbeat_details[0] if info.heartbeat_details else None
    return before + 1 if isinstance(before, int) else info.attempt


def require_attempts_left(number: int, attempts: int | None) -> None:
    """See that an attempt may be made.

    Raises:
        Timeout: those before it were the last ones, and none came back to say how it ended.
    """
    if attempts is not None and number > attempts:
        raise Timeout(
            f"none of {attempts} attempts came to an end: their workers stopped, or took too long",
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
