"""Counts the tokens of one limited connection, for all workers of its task queue."""

import contextlib
from collections.abc import Sequence
from datetime import timedelta

from temporalio import workflow

from httptask.activities.names import TOKEN_LIMIT
from httptask.activities.token_limit.counter import TokenCounter
from httptask.activities.token_limit.messages import TAKE, Asker, Question, Taken, TokenLimitInput

__all__ = ["TokenLimitWorkflow"]

_IDLE = timedelta(days=1)
"""For what was learned of answers to outlast a restart of the workers, and a night."""
_MOST_UPDATES = 500
"""Of one run: far below the 2,000 that Temporal allows."""
_MOST_ASKERS = 1000
_UNHEARD = 1.0
"""Seconds to wait, for somebody who does not hear it."""


@workflow.defn(name=TOKEN_LIMIT, sandboxed=False)
class TokenLimitWorkflow:
    """Ends when nobody has asked for a day."""

    @workflow.init
    def __init__(self, given: TokenLimitInput) -> None:
        self._counter = TokenCounter(workflow.random(), given.paid_until, given.answers)
        self._askers = dict(given.askers)
        self._updates = 0

    @workflow.run
    async def run(self, given: TokenLimitInput) -> None:
        """Answer until it is idle."""
        seen = -1
        while self._updates != seen:
            seen = self._updates
            with contextlib.suppress(TimeoutError):
                await workflow.wait_condition(lambda: self._updates >= _MOST_UPDATES, timeout=_IDLE)
                workflow.continue_as_new(
                    TokenLimitInput(
                        paid_until=self._counter.paid_until,
                        answers=self._counter.answers,
                        askers=self._askers,
                    )
                )

    @workflow.update(name=TAKE)
    def take(self, question: Question) -> Sequence[Taken]:
        """For each need: whether its call may be made, or how long to wait before asking again.

        Corrections count once, however often they are told. What an answer granted that its asker never heard is given
        back, and to a question that nobody waits for any more nothing is granted: its call is asked for anew.
        """
        self._updates += 1
        asker = self._askers.pop(question.asker, Asker())
        if question.batch > asker.batch:
            asker.batch = question.batch
            for correction in question.corrections:
                self._counter.correct(correction, question.per_minute)
        if asker.number > question.answered:
            self._counter.give_back(asker.granted, question.per_minute)
            asker.granted = 0.0
        taken = self._granted(question, asker)
        self._askers[question.asker] = asker
        if len(self._askers) > _MOST_ASKERS:
            del self._askers[next(iter(self._askers))]
        return taken

    def _granted(self, question: Question, asker: Asker) -> Sequence[Taken]:
        if question.number <= asker.number or workflow.time() > question.until:
            return [Taken(wait=_UNHEARD, tokens=0.0) for _ in question.needs]
        taken = [self._counter.take(need, question.per_minute, workflow.time()) for need in question.needs]
        asker.number = question.number
        asker.granted = sum(found.tokens for found in taken if not found.wait)
        return taken
