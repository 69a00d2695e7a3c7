"""What a run has spent, as it stands in its state, its memo and its status."""

from typing import Any, Final

from pydantic import BaseModel, Field
from temporalio.common import SearchAttributeKey, SearchAttributeUpdate

__all__ = [
    "DECIMALS",
    "DEPTH_MEMO",
    "PART_MEMO",
    "SCHEDULE_MEMO",
    "SEARCH_ATTRIBUTES",
    "SPENT_MEMO",
    "Cost",
    "SpendingState",
    "Spent",
    "search_attributes",
]

DECIMALS: Final = 12
"""Of US dollars: ten times a cent is to be ten cents."""
DEPTH_MEMO = "depth"
"""Key of the memo of a run within others: how many of those wait for it."""
SCHEDULE_MEMO = "schedule"
"""Key of the memo of a run that a schedule has started: the id of that."""
PART_MEMO = "part"
"""Key of the memo of a workflow that runs a part of a run: no run of its own."""
SPENT_MEMO = "spent"
"""Key of the memo of a run that has ended: what it has spent."""
SEARCH_ATTRIBUTES = ("HttptaskCalls=Int", "HttptaskTokens=Int", "HttptaskCostUsd=Double")
"""As Temporal's command line registers them."""


class Spent(BaseModel):
    """What a run has used.

    Attributes:
        calls: how many requests were asked for; attempts are not counted.
        questions: how many of them were to models.
        tokens: of questions to models and of their answers.
        cost_usd: US dollars, as far as prices are known.
        unmetered: a model that has answered without its usage.
        unpriced: a model whose answer has a cost that is not known.
        simulated: whether answers came from fixtures, and nothing was spent in truth.
    """

    calls: int = 0
    questions: int = 0
    tokens: int = 0
    cost_usd: float = 0.0
    unmetered: str | None = None
    unpriced: str | None = None
    simulated: bool = False

    def since(self, before: "Spent") -> "Spent":
        """What has been used of it since then."""
        return self._with(before, -1)

    def plus(self, other: "Spent") -> "Spent":
        """What both have used."""
        return self._with(other, 1)

    def _with(self, other: "Spent", sign: int) -> "Spent":
        return Spent(
            calls=self.calls + sign * other.calls,
            questions=self.questions + sign * other.questions,
            tokens=self.tokens + sign * other.tokens,
            cost_usd=round(self.cost_usd + sign * other.cost_usd, DECIMALS),
            unmetered=self.unmetered or other.unmetered,
            unpriced=self.unpriced or other.unpriced,
            simulated=self.simulated or other.simulated,
        )


class Cost(BaseModel):
    """What one answer of a model has used."""

    tokens: int = 0
    cost_usd: float = 0.0


class SpendingState(BaseModel):
    """What a run hands on to the one that continues it.

    Attributes:
        spent: what has been spent.
        dearest: the most tokens and the most US dollars that an answer has used; None before the first.
    """

    spent: Spent = Field(default_factory=Spent)
    dearest: Cost | None = None


def search_attributes(spent: Spent) -> list[SearchAttributeUpdate[Any]]:
    """What a run has spent as search attributes; they have to be registered, or the run never ends."""
    return [
        SearchAttributeKey.for_int("HttptaskCalls").value_set(spent.calls),
        SearchAttributeKey.for_int("HttptaskTokens").value_set(spent.tokens),
        SearchAttributeKey.for_float("HttptaskCostUsd").value_set(spent.cost_usd),
    ]
