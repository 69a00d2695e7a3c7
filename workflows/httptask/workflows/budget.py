"""`metadata.httptask.budget`: counts what a run spends, and stops it before the call that would exceed it."""

from collections.abc import Mapping
from typing import Any

from httptask.chat.usage import Usage
from httptask.workflows.problem import TaskFault
from httptask.workflows.state import RunState, Spent

__all__ = ["Budget"]


class Budget:
    """What a run has spent, across continued runs, and how much it may."""

    def __init__(self, limits: Mapping[str, Any], state: RunState) -> None:
        self._limits = limits
        self._state = state

    @classmethod
    def of(cls, metadata: Mapping[str, Any], state: RunState) -> "Budget":
        """The budget that a document's metadata declare; an empty one when they don't."""
        return cls(metadata.get("httptask", {}).get("budget", {}), state)

    @property
    def spent(self) -> Spent:
        """What the run has spent so far."""
        return self._state.spent

    def take_call(self) -> None:
        """Count one call that is about to be made.

        Raises:
            TaskFault: with the typed error `BudgetExceeded`; or `PriceUnknown`, when the budget is in US dollars and
                the price of an earlier call is not known. Nothing is sent.
        """
        spent = self.spent
        self._require("calls", spent.calls + 1)
        self._require("tokens", spent.tokens + 1)
        self._require_money()
        spent.calls += 1

    def add_answer(
        self, model: str | None, usage: Usage, cost: float | None, *, simulated: bool = False
    ) -> None:
        """Count what an answer of a model has used.

        Args:
            model: its name.
            usage: tokens of the question and of the answer.
            cost: US dollars; None when the price is not known.
            simulated: whether a fixture answered.
        """
        spent = self.spent
        spent.tokens += usage.total_tokens or 0
        spent.simulated |= simulated
        if cost is not None:
            spent.cost_usd += cost
        elif not spent.unpriced:
            spent.unpriced = model or "the model"

    def _require(self, unit: str, needed: float) -> None:
        limit = self._limits.get(unit)
        if limit is not None and needed > limit:
            _refuse(f"the next call would exceed the budget of {limit} {unit}", "BudgetExceeded")

    def _require_money(self) -> None:
        limit, spent = self._limits.get("cost_usd"), self.spent
        if limit is None:
            return
        if spent.cost_usd >= limit:
            _refuse(
                f"the run has spent {spent.cost_usd:.6g} of its budget of {limit} US dollars",
                "BudgetExceeded",
            )
        if spent.unpriced is not None:
            _refuse(
                f"what {spent.unpriced} has cost is not known, so the budget of {limit} US dollars can't be kept: "
                "install httptask[prices] on the worker, or give its connection a price",
                "PriceUnknown",
            )


def _refuse(detail: str, error: str) -> None:
    title = "Price unknown" if error == "PriceUnknown" else "Budget exceeded"
    TaskFault.raise_standard("runtime", title, detail=detail, error=error)
