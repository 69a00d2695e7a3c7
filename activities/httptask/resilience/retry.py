"""Retries: one policy, which compiles to Temporal's for activities and to tenacity for callers without Temporal.

What may be retried at all is `classify`'s to say, and stands in the error. The policy says how often and when.
"""

import random
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from httptask.http.errors import HttpTaskError
from httptask.http.limits import ATTEMPTS

if TYPE_CHECKING:
    from tenacity import RetryCallState

__all__ = ["LARGEST_JITTER", "Retry", "asked_delay", "with_retries"]

LARGEST_JITTER = 1.5
"""Longest wait, as a multiple of what a server asks for."""

Result = TypeVar("Result")


class Retry(BaseModel):
    """How often a call is attempted, and how long it waits in between. Seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    attempts: int = Field(default=ATTEMPTS, ge=1, le=100)
    """How many attempts a call has, the first one included."""
    first_interval: float = Field(default=1.0, gt=0, le=3600)
    """Wait before the second attempt, when the server asks for none."""
    factor: float = Field(default=2.0, ge=1, le=10)
    """By what each further wait is longer."""
    longest_interval: float = Field(default=60.0, gt=0, le=3600)
    """Bound of these waits."""
    longest_retry_after: float = Field(default=600.0, ge=0, le=86_400)
    """Longest wait that a server may ask for, and for which calls are put off while it fails; beyond it they fail."""

    def interval(self, attempt: int) -> float:
        """The wait after so many attempts when nobody asks for another one."""
        return min(self.first_interval * self.factor ** (attempt - 1), self.longest_interval)


def asked_delay(error: HttpTaskError) -> float | None:
    """Seconds until the next attempt that the error asks for, never less; None leaves it to the policy.

    Up to half as much is added at random to what a server asks for: all who were told the same would otherwise come
    back at once. Calls that were put off have each been given a time of their own.
    """
    if not error.retryable or not error.retry_after:
        return None
    if not error.counts:
        return error.retry_after
    return error.retry_after * random.uniform(1, LARGEST_JITTER)  # noqa: S311 - no secret


async def with_retries(send: Callable[[int], Awaitable[Result]], policy: Retry) -> Result:
    """Make a call as Temporal makes it, for callers without Temporal.

    Args:
        send: makes one attempt; its argument is the attempt's number, from 1.
        policy: how often, and when.

    Raises:
        HttpTaskError: of the last attempt.
    """
    from tenacity import AsyncRetrying, retry_if_exception  # callers with Temporal never need it

    sent = 0

    async def attempt() -> Result:
        return await send(sent + 1)

    def count(state: "RetryCallState") -> None:
        nonlocal sent
        sent += _error(state).counts

    def wait(state: "RetryCallState") -> float:
        asked = asked_delay(_error(state))
        return policy.interval(max(sent, 1)) if asked is None else asked

    tries = AsyncRetrying(
        retry=retry_if_exception(lambda error: isinstance(error, HttpTaskError) and error.retryable),
        after=count,
        stop=lambda _state: sent >= policy.attempts,
        wait=wait,
        reraise=True,
    )
    return await tries(attempt)


def _error(state: "RetryCallState") -> HttpTaskError:
    assert state.outcome is not None  # only asked about an attempt that ended
    error = state.outcome.exception()
    assert isinstance(error, HttpTaskError)  # nothing else is retried
    return error
