"""What came of one attempt at a planned call, and what a run would do then."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from temporalio.exceptions import ApplicationError, CancelledError, TimeoutType
from temporalio.exceptions import TimeoutError as ActivityTimeoutError

from httptask.calls.activity_call import activity_options
from httptask.calls.problem import NO_WORKER, Problem, TaskFault, problem_of_failure
from httptask.dsl.expressions import ExpressionFailed, ExpressionLimitExceeded
from httptask.http.models import Hop, HttpRequest, HttpResponse
from httptask.json.types import is_array
from httptask.scheduling.deadlines import Deadline
from httptask.testrequest.execution import Executed
from httptask.testrequest.planning import PlannedRequest

if TYPE_CHECKING:
    from httptask.chat.models import Completion

__all__ = [
    "CANCELLED",
    "Outcome",
    "is_without_worker",
    "outcome_of_failure",
    "outcome_of_fault",
    "outcome_of_result",
]

CANCELLED: Final = "Cancelled"
"""Error of a call that was ended from outside."""
_OF_WORKERS: Final = frozenset({TimeoutType.HEARTBEAT, TimeoutType.START_TO_CLOSE})
"""Timeouts of an attempt that a worker had begun, after which Temporal makes the next one."""


class HandledCall(NamedTuple):
    """A call of a tool that a run answers, before it asks the model again."""

    tool: str
    fault: str | None
    """What is wrong with it, which the model is told in place of an answer."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt: a result and what the next task would see, or a problem, of that result or without one.

    Attributes:
        would_retry: whether a run would try again.
        next_delay: seconds until then, at least; None where it would not.
        ended_by: the timeout that ended the call, or that leaves no time to try again.
        would_ask_again: how often a run would ask the model again, at most.
        retry_after: seconds that the server asked to wait, None where it did not.
        context: `$context` behind the task, where it exports to it.
        following: what a run would ask for next, where a list has more pages.
        handled: calls of tools in the result, with which the task goes on: what the next one sees is not known then.
        executed: what made the call; None where it was not begun.
    """

    result: "HttpResponse | Completion | None" = None
    downstream: Any = None
    problem: Problem | None = None
    would_retry: bool = False
    ended_by: Deadline | None = None
    would_ask_again: int = 0
    retry_after: float | None = None
    next_delay: float | None = None
    context: Any = None
    following: HttpRequest | None = None
    handled: Sequence[HandledCall] = ()
    executed: Executed | None = None

    @property
    def details(self) -> Mapping[str, Any]:
        """What the error knows that the problem is made of."""
        return (self.problem.details if self.problem else None) or {}

    @property
    def is_timed_out(self) -> bool:
        """Whether a timeout of the definition ended the call while it was on its way."""
        return self.ended_by is not None and self.problem is not None and self.problem.error is None

    @property
    def is_broken_off(self) -> bool:
        """Whether an answer had begun, and did not come to its end."""
        return self.problem is not None and self.problem.error in ("ResponseInterrupted", "Timeout")

    @property
    def is_unreadable(self) -> bool:
        """Whether an answer has a body of which nothing is known, for it is not what it says it is, or too large."""
        return self.problem is not None and self.problem.error in ("ResponseInvalid", "ResponseTooLarge")

    @property
    def hops(self) -> list[Hop]:
        """Each request that left, or was to leave."""
        if self.result is not None:
            return [*self.result.hops]
        return [Hop.model_validate(hop) for hop in self.details.get("hops", ())]

    @property
    def status(self) -> int | None:
        """Of the answer, if there was one."""
        if self.result is not None:
            return self.result.status
        if self.hops and self.hops[-1].for_token:
            return None
        status = self.details.get("status")
        if isinstance(status, int):
            return status
        return self.hops[-1].status if self.hops else None

    def next_begin(self, *, longer: float = 1.0) -> float:
        """Seconds from the begin of the call to that of the next attempt, at least; 0 where there is none.

        Args:
            longer: by how much the wait before it is longer than it has to be.
        """
        if self.next_delay is None:
            return 0.0
        return sum(hop.total for hop in self.hops) / 1000 + longer * self.next_delay


def outcome_of_result(planned: PlannedRequest, result: "HttpResponse | Completion") -> Outcome:
    """What a run makes of the result of the activity."""
    if not isinstance(result, HttpResponse) and (handled := list(_handled(planned, result))):
        return Outcome(result=result, handled=handled)
    try:
        seen = planned.seen(result)
        return Outcome(
            result=result, downstream=seen.downstream, context=seen.context, following=seen.following
        )
    except (ExpressionFailed, ExpressionLimitExceeded) as error:
        problem = Problem.standard("expression", "The expression failed", detail=str(error))
    except TaskFault as fault:
        problem = fault.problem
    return outcome_of_fault(planned, problem, result)


def _handled(planned: PlannedRequest, completion: "Completion") -> Iterator[HandledCall]:
    handled = planned.planner.answering(planned.node).tools
    if not handled:
        return
    from httptask.chat.models import ChatRequest
    from httptask.workflows.conversation import calls_to_answer

    request = planned.call.argument
    assert isinstance(request, ChatRequest)  # which a completion answers
    offered = request.body.get("tools")
    tools = offered if is_array(offered) else []
    for pending in calls_to_answer(completion, handled, tools, request.body["messages"]):
        yield HandledCall(str(pending.call.name), pending.fault)


def outcome_of_fault(
    planned: PlannedRequest, problem: Problem, result: "HttpResponse | Completion | None" = None
) -> Outcome:
    """What ends the task before its call is made, or when its result is read."""
    return Outcome(result=result, problem=problem.model_copy(update={"instance": planned.node.pointer}))


def outcome_of_failure(planned: PlannedRequest, cause: BaseException | None) -> Outcome:
    """What a run makes of a failure of the activity.

    Args:
        planned: the call.
        cause: what failed it: its own error, or Temporal's.
    """
    if isinstance(cause, CancelledError):
        problem = Problem.standard(
            "runtime", CANCELLED, detail="the call was cancelled before it came to its end", error=CANCELLED
        )
    else:
        problem = problem_of_failure(cause)
    details = problem.details or {}
    retry_after: float | None = details.get("retry_after")
    delay = (retry_after or planned.profile.retry.interval(planned.attempt)) if _is_retried(cause) else None
    outcome = Outcome(
        problem=problem.model_copy(update={"instance": planned.node.pointer}),
        would_retry=delay is not None,
        next_delay=delay,
        would_ask_again=_questions_left(planned, details),
        retry_after=retry_after,
    )
    deadline = planned.deadline
    if deadline is None or not (_has_passed(deadline, planned, cause) or outcome.next_begin() >= deadline.at):
        return outcome
    fault = deadline.fault(cause)
    fault.locate(planned.node.pointer)
    return replace(outcome, problem=fault.problem, would_retry=False, next_delay=None, ended_by=deadline)


def _questions_left(planned: PlannedRequest, details: Mapping[str, Any]) -> int:
    """How often a run asks again after such an error, at most."""
    most = planned.planner.reask(planned.node)
    if not most:
        return 0
    from httptask.workflows.reask import may_ask_again

    return most if may_ask_again(details) else 0


def is_without_worker(problem: Problem) -> bool:
    """Whether a call failed because nobody polls its task queue."""
    return problem.title == NO_WORKER


def _has_passed(deadline: Deadline, planned: PlannedRequest, cause: BaseException | None) -> bool:
    """Whether it is the deadline that ended the call, which has one of its own."""
    own = activity_options(planned.call, planned.profile)["start_to_close_timeout"].total_seconds()
    is_cut = isinstance(cause, ActivityTimeoutError) and cause.type == TimeoutType.START_TO_CLOSE
    return is_cut and deadline.at < own


def _is_retried(cause: BaseException | None) -> bool:
    if isinstance(cause, ActivityTimeoutError):
        return cause.type in _OF_WORKERS
    return isinstance(cause, ApplicationError) and not cause.non_retryable
