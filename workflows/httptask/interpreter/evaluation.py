"""Evaluates a task's expressions: gives them their variables, and keeps the bounds on them replay-safe."""

from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from temporalio import workflow

from httptask.calls.problem import TaskFault
from httptask.dsl.expressions import Expression, ExpressionFailed, ExpressionLimitExceeded, Template
from httptask.dsl.expressions.evaluation import LIMIT, Scope, evaluate, evaluate_condition
from httptask.dsl.expressions.helper_process import Limit
from httptask.dsl.expressions.rendering import Rendered, render
from httptask.interpreter.variables import Variables, scope_for
from httptask.scheduling.recorded_decisions import Pacer, record, was_recorded

__all__ = ["Evaluator"]

_SHORTEST_CLOCK = 0.1
"""Seconds that an expression gets at least, when others of the same task have used up nearly all of a workflow task."""
_REPLAY_LIMIT = Limit(processor=1.8, clock=1.8)
"""A replay must not meet a limit that the live run did not; just below the deadlock detector's two seconds."""

T = TypeVar("T")


class Evaluator:
    """Evaluates expressions for one run; counts evaluations so that each has its own recorded decision."""

    def __init__(self, pacer: Pacer) -> None:
        self._pacer = pacer
        self._evaluations = 0

    def transform(self, part: Expression | Template, dot: Any, variables: Variables) -> Any:
        """The value of an `input.from`, `output.as`, `export.as`, or any other field that holds no secret."""
        if isinstance(part, Expression):
            return self._bounded(
                part, lambda limit: evaluate(part, scope_for(part, dot, variables), limit=limit)
            )
        return self.render(part, dot, variables).value

    def condition(self, part: Expression, dot: Any, variables: Variables) -> bool:
        """The value of an `if`, `when` or `while`."""
        return self._bounded(
            part, lambda limit: evaluate_condition(part, scope_for(part, dot, variables), limit=limit)
        )

    def render(
        self,
        template: Template,
        dot: Any,
        variables: Variables,
        *,
        encode: Callable[[str], str] | None = None,
    ) -> Rendered:
        """A template with its expressions replaced, and where its secrets belong."""
        if template.is_literal:
            return render(template, Scope(None, {}))
        scope = scope_for(template, dot, variables)
        return self._bounded(template, lambda limit: render(template, scope, limit=limit, encode=encode))

    def _bounded(self, part: Expression | Template, run: Callable[[Limit], T]) -> T:
        """Run an evaluation; what it meets is a fault of the task.

        Live, a limit is recorded before it becomes an error. A replay finds that record first and does not
        evaluate at all; without a record its limit is higher, and meeting even that fails the workflow task,
        never the run. So does a machine that is too busy (`ExpressionsBusy`): the next attempt evaluates anew.
        """
        self._evaluations += 1
        decision = f"httptask-expression-limit-{self._evaluations}"
        if was_recorded(decision):
            _limit_fault(_recorded_place(decision, part))
        try:
            return run(self._limit())
        except ExpressionFailed as failed:
            hint = f" ({failed.hint})" if failed.hint else ""
            TaskFault.raise_standard(
                "expression", "The expression failed", detail=f"{failed.pointer}: {failed.message}{hint}"
            )
        except ExpressionLimitExceeded as exceeded:
            record(decision)
            _record_place(decision, part, exceeded.pointer)
            _limit_fault(exceeded.pointer)
        finally:
            self._pacer.note_work()

    def _limit(self) -> Limit:
        if workflow.unsafe.is_replaying():
            return _REPLAY_LIMIT
        return LIMIT._replace(clock=max(_SHORTEST_CLOCK, self._pacer.seconds_left()))


def _places(part: Expression | Template) -> list[str]:
    """Where the expressions of a part stand."""
    if isinstance(part, Expression):
        return [part.pointer]
    return list(dict.fromkeys(expression.pointer for _, expression in part.expressions))


def _record_place(decision: str, part: Expression | Template, place: str) -> None:
    places = _places(part)
    if len(places) > 1:
        record(f"{decision}-{places.index(place)}")


def _recorded_place(decision: str, part: Expression | Template) -> str:
    places = _places(part)
    if len(places) == 1:
        return places[0]
    recorded = (place for index, place in enumerate(places) if was_recorded(f"{decision}-{index}"))
    return next(recorded, part.pointer)  # histories did not always hold it


def _limit_fault(pointer: str) -> NoReturn:
    TaskFault.raise_standard(
        "expression",
        "The expression was stopped",
        detail=f"{pointer}: it met its bound of {LIMIT.processor:g} s of processor time, which all expressions of a "
        "task share, or its bound of memory; make it do less",
    )
