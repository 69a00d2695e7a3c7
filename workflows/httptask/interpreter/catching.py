"""What a `try` does with an error of the tasks inside it: whether it catches it, and whether it tries them again."""

from collections.abc import Mapping
from typing import Any, Final

from temporalio import workflow

from httptask.calls.problem import Problem
from httptask.dsl.expression_parts import Part
from httptask.dsl.model import RetryPolicy
from httptask.dsl.tasks.try_catch import (
    DELAY,
    EXCEPT_WHEN,
    JITTER_FROM,
    JITTER_TO,
    LONGEST,
    RETRY_EXCEPT_WHEN,
    RETRY_WHEN,
    TRY,
    WHEN,
)
from httptask.interpreter.task_context import TaskContext
from httptask.resilience.retry import LARGEST_JITTER
from httptask.scheduling.durations import required_seconds

__all__ = ["catches", "delay_before_retry", "is_tried_again", "policy_of"]

_LONGEST_GROWN: Final = 86_400.0
"""Seconds to which a delay grows at most: doubled, it would soon be longer than any timer."""


def policy_of(context: TaskContext) -> RetryPolicy | None:
    """By which a `try` tries its tasks again."""
    retry = TRY.spec(context.node).catch.retry
    if isinstance(retry, str):
        return context.services.program.definition.use.retries[retry]
    return retry


def catches(context: TaskContext, problem: Problem) -> bool:
    """Whether a `try` catches an error of the tasks inside it, which those for another error don't cause."""
    if "caught" in context.execution.state:
        return False
    errors = TRY.spec(context.node).catch.errors
    if errors is not None and not errors.fit(problem.to_json()):
        return False
    return _holds(context, problem, WHEN, EXCEPT_WHEN)


def is_tried_again(context: TaskContext, problem: Problem) -> bool:
    """Whether a `try` that catches an error tries its tasks again for it, until its limits are reached."""
    return policy_of(context) is not None and _holds(context, problem, RETRY_WHEN, RETRY_EXCEPT_WHEN)


def delay_before_retry(context: TaskContext, problem: Problem, retries: int) -> float | None:
    """Seconds to wait before a `try` tries its tasks again; None where it does not, or no longer.

    A server gets the time that it asks for; where that is longer than its connection or a timeout allows, nobody waits.

    Args:
        context: of the `try`.
        problem: the error that it has caught.
        retries: how often it has tried them again before.
    """
    policy, details = policy_of(context), problem.details or {}
    if policy is None or not is_tried_again(context, problem):
        return None
    count = policy.limit.attempt.count
    asked = details.get("retry_after") or 0.0
    if (count is not None and retries >= count) or (asked and not details.get("retryable")):
        return None
    bound = _bound(context, problem)
    delay = _grown(policy, _seconds(context, DELAY, bound), retries)
    if policy.jitter is not None:
        delay += _between(_seconds(context, JITTER_FROM, bound), _seconds(context, JITTER_TO, bound))
    if asked:
        delay = max(delay, asked * _between(1.0, LARGEST_JITTER))
    ends = [] if context.deadline is None else [context.deadline.at]
    if LONGEST in context.node.parts:
        ends.append(context.execution.started_at + _seconds(context, LONGEST, bound))
    return None if any(workflow.time() + delay > end for end in ends) else delay


def _bound(context: TaskContext, problem: Problem) -> Mapping[str, Any]:
    return {TRY.spec(context.node).catch.as_: problem.to_json()}


def _holds(context: TaskContext, problem: Problem, when: Part, except_when: Part) -> bool:
    dot, bound = context.execution.input, _bound(context, problem)
    if when in context.node.parts and not context.holds(when, dot=dot, bound=bound):
        return False
    return except_when not in context.node.parts or not context.holds(except_when, dot=dot, bound=bound)


def _seconds(context: TaskContext, part: Part, bound: Mapping[str, Any]) -> float:
    if part not in context.node.parts:
        return 0.0
    return required_seconds(context.value(part, dot=context.execution.input, bound=bound), part.name)


def _grown(policy: RetryPolicy, delay: float, retries: int) -> float:
    if policy.backoff is None or policy.backoff.constant is not None:
        return delay
    times = 2.0 ** min(retries, 64) if policy.backoff.exponential is not None else retries + 1
    return min(delay * times, max(delay, _LONGEST_GROWN))


def _between(least: float, most: float) -> float:
    return workflow.random().uniform(least, most)
