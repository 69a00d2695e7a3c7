"""`metadata.httptask.budget`: stops a run before the call that would exceed it."""

from collections.abc import Mapping
from typing import Any

from httptask.workflows.problem import TaskFault
from httptask.workflows.state import RunState

__all__ = ["Budget"]


class Budget:
    """Counts the calls and tokens of a run, across continued runs."""

    def __init__(self, limits: Mapping[str, Any], state: RunState) -> None:
        self._limits = limits
        self._state = state

    @classmethod
    def of(cls, metadata: Mapping[str, Any], state: RunState) -> "Budget":
        """The budget that a document's metadata declare; an empty one when they don't."""
        return cls(metadata.get("httptask", {}).get("budget", {}), state)

    def take_call(self) -> None:
        """Count one call that is about to be made.

        Raises:
            TaskFault: with the typed error `BudgetExceeded`; nothing is sent.
        """
        self._require("calls", self._state.calls + 1)
        self._require("tokens", self._state.tokens + 1)
        self._state.calls += 1

    def add_tokens(self, tokens: int) -> None:
        """Count what a call has used."""
        self._state.tokens += tokens

    def _require(self, unit: str, needed: int) -> None:
        limit = self._limits.get(unit)
        if limit is not None and needed > limit:
            TaskFault.raise_standard(
                "runtime",
                "Budget exceeded",
                detail=f"the next call would exceed the budget of {limit} {unit}",
                error="BudgetExceeded",
            )
