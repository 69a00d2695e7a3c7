"""Budgets: count what a run or a conversation spends, and stop it before the call that would exceed them."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, NoReturn

from temporalio import workflow

from httptask.calls.problem import TaskFault
from httptask.chat.usage import Usage
from httptask.dsl.metadata import Budget
from httptask.http.models import ModelUsage
from httptask.scheduling.spending_state import DECIMALS, Cost, SpendingState, Spent

__all__ = ["Spending", "is_stop"]

_STOPS: Final[Mapping[str, str]] = {
    "BudgetExceeded": "Budget exceeded",
    "PriceUnknown": "Price unknown",
    "UsageUnknown": "Usage unknown",
}
"""Names of the errors that end a run, with their titles."""


class Spending:
    """What a run has spent, across continued runs, and how much it may."""

    def __init__(self, limits: Mapping[str, Any], state: SpendingState) -> None:
        self._limits = limits
        self._state = state
        self._in_flight = 0

    @classmethod
    def of(cls, metadata: Mapping[str, Any], state: SpendingState) -> "Spending":
        """Under the budget that a document's metadata declare; an empty one when they don't."""
        return cls(metadata.get("httptask", {}).get("budget", {}), state)

    @classmethod
    def of_conversation(cls, budget: Budget | None) -> "Spending":
        """That of a conversation in a Python workflow, which keeps its state itself."""
        limits = {} if budget is None else budget.model_dump()
        return cls(limits, SpendingState())

    @property
    def spent(self) -> Spent:
        """What the run has spent so far."""
        return self._state.spent

    @property
    def is_bounded(self) -> bool:
        """Whether the run has a budget."""
        return bool(self._limits)

    @asynccontextmanager
    async def question(self) -> AsyncGenerator[None]:
        """Reserve what a question to a model may cost, until its answer has been counted.

        That is what the dearest answer so far has cost. A question for which not enough is left waits for those in
        flight, which may have cost less in the end. Nothing is known before the first answer, so the first question
        is alone.
        """
        while self._has_to_wait():
            await workflow.wait_condition(lambda: not self._has_to_wait())
        self._in_flight += 1
        try:
            yield
        finally:
            self._in_flight -= 1

    def take_call(self, *, asks_model: bool) -> None:
        """Count one call that is about to be made.

        Raises:
            TaskFault: with the typed error `BudgetExceeded`; or `UsageUnknown` or `PriceUnknown`, when what an earlier
                call has used or cost is not known. Nothing is sent.
        """
        spent = self.spent
        self._require("calls", spent.calls + 1)
        self._require("tokens", spent.tokens + 1)
        self._require_usage()
        self._require_money()
        spent.calls += 1
        spent.questions += asks_model

    def add_answer(self, model: str, usage: Usage, cost: float | None, *, simulated: bool = False) -> None:
        """Count what an answer of a model has used.

        Args:
            model: its name.
            usage: tokens of the question and of the answer.
            cost: US dollars; None when the price is not known.
            simulated: whether a fixture answered.
        """
        spent, tokens = self.spent, usage.total_tokens
        spent.tokens += tokens or 0
        spent.cost_usd = round(spent.cost_usd + (cost or 0), DECIMALS)
        spent.simulated |= simulated
        if tokens is None:
            spent.unmetered = spent.unmetered or model
        if cost is None:
            spent.unpriced = spent.unpriced or model
        dearest = self._state.dearest or Cost()
        self._state.dearest = Cost(
            tokens=max(dearest.tokens, tokens or 0), cost_usd=max(dearest.cost_usd, cost or 0)
        )

    def add_model_answer(self, used: ModelUsage, *, simulated: bool) -> None:
        """Count what a model has used that was asked by a plain HTTP call, which shows only with its answer."""
        self.spent.questions += 1
        usage = Usage(total_tokens=used.total_tokens)
        self.add_answer(used.model, usage, used.cost, simulated=simulated)

    def add_part(self, part: SpendingState) -> None:
        """Count what a part of the run has spent in a workflow of its own."""
        self._state.spent = self.spent.plus(part.spent)
        self._state.dearest = part.dearest or self._state.dearest

    def _has_to_wait(self) -> bool:
        """Whether one more question may exceed the budget, and those in flight can still tell."""
        return self._in_flight > 0 and not (self._has_room("tokens") and self._has_room("cost_usd"))

    def _has_room(self, unit: str) -> bool:
        limit, dearest = self._limits.get(unit), self._state.dearest
        if limit is None or dearest is None:
            return limit is None
        reserved = (self._in_flight + 1) * getattr(dearest, unit)
        return bool(round(getattr(self.spent, unit) + reserved, DECIMALS) <= limit)

    def _require(self, unit: str, needed: float) -> None:
        limit = self._limits.get(unit)
        if limit is not None and needed > limit:
            _refuse("BudgetExceeded", f"the next call would exceed the budget of {limit} {unit}")

    def _require_usage(self) -> None:
        limit, unmetered = self._limits.get("tokens"), self.spent.unmetered
        if limit is not None and unmetered is not None:
            _refuse_unmetered(unmetered, f"{limit} tokens")

    def _require_money(self) -> None:
        limit, spent = self._limits.get("cost_usd"), self.spent
        if limit is None:
            return
        bound = f"{limit} US dollars"
        if spent.cost_usd >= limit:
            _refuse("BudgetExceeded", f"{spent.cost_usd:.6g} of the budget of {bound} are spent")
        if spent.unpriced is None:
            return
        if spent.unpriced == spent.unmetered:
            _refuse_unmetered(spent.unpriced, bound)
        _refuse(
            "PriceUnknown",
            f"what {spent.unpriced} has cost is not known, so the budget of {bound} can't be kept: "
            "install httptask[prices] on the worker, or give its connection a price",
        )


def is_stop(fault: TaskFault) -> bool:
    """Whether a fault is a budget's: it ends the run, whatever becomes of other errors."""
    return fault.problem.error in _STOPS


def _refuse_unmetered(model: str, bound: str) -> NoReturn:
    _refuse(
        "UsageUnknown",
        f"an answer of {model} came without its usage, so the budget of {bound} can't be kept: ask for it in a stream "
        "with `stream_options: { include_usage: true }`; where a server never tells it, give a budget of `calls`",
    )


def _refuse(error: str, detail: str) -> NoReturn:
    TaskFault.raise_standard("runtime", _STOPS[error], detail=detail, error=error)
