"""Counts the tokens of one limited connection, and learns what its answers need."""

import random
from collections.abc import Mapping

from httptask.activities.token_limit.messages import Correction, Need, Taken

__all__ = ["TokenBucket", "TokenCounter"]

_WEIGHT = 0.2
"""Of each new one in a running mean."""
_MOST_MODELS = 1000
_SAVED_SECONDS = 2.0
"""What an idle limit saves up. Small beside a minute, so that no minute gets much more than its limit."""
_SHORTEST_SPREAD = 0.5
_LONGEST_WAIT = 60.0
_MOST_CALLS = 40
"""Those who wait are spread over the time of so many calls at most: when few are left, the limit is used still."""
_WIDER, _NARROWER = 1.02, 0.96


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


class TokenBucket:
    """One limit. Times are seconds of whatever clock the caller has.

    Those who have to wait come back at random times, spread so widely that about two in three come too early,
    however many they are and whatever the tokens turn out to be.

    Args:
        chance: spreads them.
        paid_until: the time at which all that was taken is paid for.
    """

    def __init__(self, chance: random.Random, paid_until: float = 0.0) -> None:
        self.paid_until = paid_until
        self._chance = chance
        self._spread = _SHORTEST_SPREAD
        self._pace = 0.0
        """Running mean of how long one call is paid for."""

    def take(self, tokens: float, per_minute: float, now: float) -> float:
        """Take tokens, or learn how long to wait before asking again.

        A call is let through as soon as those before it are paid for, however large it is.

        Returns:
            0 when they are taken; otherwise seconds.
        """
        wait = self.paid_until - now
        if wait > 0:
            self._spread = min(self._spread * _WIDER, max(_SHORTEST_SPREAD, _MOST_CALLS * self._pace))
            return min(wait, _LONGEST_WAIT) + self._chance.uniform(0, self._spread)
        self._spread = max(self._spread * _NARROWER, _SHORTEST_SPREAD)
        seconds = tokens * 60 / per_minute
        self._pace += _WEIGHT * (seconds - self._pace) if self._pace else seconds
        self.paid_until = max(self.paid_until, now - _SAVED_SECONDS) + seconds
        return 0.0

    def settle(self, tokens: float, per_minute: float) -> None:
        """Correct what was taken by what was used: more, or less when negative."""
        self.paid_until += tokens * 60 / per_minute
