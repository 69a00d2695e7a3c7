"""Counts the tokens of one limited connection, and learns what its answers need."""

import random
from collections.abc import Mapping

from httptask.activities.token_limit import Correction, Need, Taken
from httptask.resilience.token_bucket import TokenBucket

__all__ = ["TokenCounter"]

_WEIGHT = 0.2
"""Of each new answer in the running mean."""
_MOST_MODELS = 1000


class TokenCounter:
    """One limit. Times are seconds of whatever clock the caller has.

    Args:
        chance: spreads those who wait.
        paid_until: the time at which all that was taken is paid for.
        answers: mean of the tokens of answers, by model.

    Attributes:
        answers: the same, as it is by now.
    """

    def __init__(
        self, chance: random.Random, paid_until: float = 0.0, answers: Mapping[str, float] | None = None
    ) -> None:
        self.answers = dict(answers or {})
        self._bucket = TokenBucket(chance, paid_until)

    @property
    def paid_until(self) -> float:
        """The time at which all that was taken is paid for."""
        return self._bucket.paid_until

    def take(self, need: Need, per_minute: float, now: float) -> Taken:
        """Take what a call lets expect, or learn how long to wait before asking again."""
        tokens = need.asked + self.answers.get(need.model, need.most)
        return Taken(wait=self._bucket.take(tokens, per_minute, now), tokens=tokens)

    def give_back(self, tokens: float, per_minute: float) -> None:
        """Undo what was taken for calls that are not made."""
        self._bucket.settle(-tokens, per_minute)

    def correct(self, correction: Correction, per_minute: float) -> None:
        """Count what a call used in place of what was taken for it."""
        self._bucket.settle(correction.beyond, per_minute)
        if correction.answer is not None:
            before = self.answers.pop(correction.model, correction.answer)
            self.answers[correction.model] = before + _WEIGHT * (correction.answer - before)
            if len(self.answers) > _MOST_MODELS:
                del self.answers[next(iter(self.answers))]
