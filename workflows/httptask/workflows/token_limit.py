"""Counts the tokens of one limited connection, for all workers of its task queue."""

import contextlib
from datetime import timedelta

from temporalio import workflow

from httptask.activities.names import TOKEN_LIMIT
from httptask.activities.token_limit import TAKE, TakeTokens, TokenLimitInput
from httptask.http.token_bucket import TokenBucket

__all__ = ["TokenLimitWorkflow"]

_IDLE = timedelta(minutes=5)
_MOST_UPDATES = 500
"""Of one run: far below the 2,000 that Temporal allows."""


@workflow.defn(name=TOKEN_LIMIT, sandboxed=False)
class TokenLimitWorkflow:
    """Ends when nobody has asked for a while; by then there is nothing left to remember."""

    @workflow.init
    def __init__(self, given: TokenLimitInput) -> None:
        self._bucket = TokenBucket(workflow.random(), given.paid_until)
        self._updates = 0

    @workflow.run
    async def run(self, given: TokenLimitInput) -> None:
        """Answer until it is idle."""
        seen = -1
        while self._updates != seen:
            seen = self._updates
            with contextlib.suppress(TimeoutError):
                await workflow.wait_condition(lambda: self._updates >= _MOST_UPDATES, timeout=_IDLE)
                workflow.continue_as_new(TokenLimitInput(paid_until=self._bucket.paid_until))

    @workflow.update(name=TAKE)
    def take(self, wanted: TakeTokens) -> list[float]:
        """For each amount: 0 when the call may be made, otherwise how long to wait before asking again."""
        self._updates += 1
        self._bucket.settle(wanted.used, wanted.per_minute)
        return [self._bucket.take(amount, wanted.per_minute, workflow.time()) for amount in wanted.amounts]
