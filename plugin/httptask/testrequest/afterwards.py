"""What a run does once a call has ended: with its next task, or with its error."""

from dataclasses import dataclass

from httptask.calls.problem import Problem
from httptask.dsl.program import Program
from httptask.dsl.tasks.kind import TaskNode, TaskSequence
from httptask.resilience.retry import LARGEST_JITTER
from httptask.testrequest.outcome import CANCELLED, Outcome, is_without_worker
from httptask.testrequest.planning import PlannedRequest
from httptask.testrequest.wording import duration, is_wait_refused, timeout_of

__all__ = ["Afterwards", "end_of_list", "next_task"]

_AGAIN = "try again"


@dataclass(frozen=True, slots=True)
class Afterwards:
    """What a run does with an error.

    Attributes:
        caught_by: what takes the error once no attempt is left; None where it ends the workflow.
    """

    words: str
    caught_by: str | None
    tries_again: bool = False
    """Whether the call itself is made again."""

    @classmethod
    def of(cls, program: Program, planned: PlannedRequest, outcome: Outcome) -> "Afterwards":
        """After a call that ended in a problem."""
        assert outcome.problem is not None  # asked for failures
        if outcome.problem.error == CANCELLED:
            return cls("end there, too, where somebody cancels it, and its call with it", None)
        taker, tries_again = _taker(program, planned.node, outcome)
        end = taker or "the error ends the workflow: no `catch` around the task takes it"
        if tries_again:
            return cls(f"not try the call again by itself: {end}", taker)
        step = _next_step(planned, outcome, outcome.problem)
        return cls(f"{step}{end}", taker, tries_again=step.startswith(_AGAIN))


def _next_step(planned: PlannedRequest, outcome: Outcome, problem: Problem) -> str:
    attempts = planned.attempts
    left = attempts - planned.attempt
    if is_without_worker(problem):
        return "wait until a worker is there that takes it; if its task has a timeout that passes, "
    if outcome.would_ask_again:
        count = outcome.would_ask_again
        again = "once" if count == 1 else f"up to {count} times"
        return f"show the model what is wrong and ask again, {again}; if that does not help, "
    if (deadline := outcome.ended_by) is not None:
        whose = f"{timeout_of(deadline.pointer)}, {duration(deadline.at)}"
        if outcome.is_timed_out:
            return f"end it there, too, by {whose}; "
        return f"not try again, for that would come after {whose}; "
    if (delay := outcome.next_delay) is not None:
        asked = f"{duration(delay)} to {duration(LARGEST_JITTER * delay)}, as the server asks"
        after = asked if outcome.retry_after else duration(delay)
        most = "one more attempt is" if left == 1 else f"{left} more attempts are"
        longest = outcome.next_begin(longer=LARGEST_JITTER if outcome.retry_after else 1.0)
        if (around := planned.deadline) is not None and longest >= around.at:
            after += f" if that is within {timeout_of(around.pointer)}, {duration(around.at)}"
        return f"{_AGAIN} after {after}; {most} left; if none succeeds, "
    if outcome.details.get("retryable") and left <= 0:
        return f"not try again, for this was the last of {attempts} attempts; "
    if is_wait_refused(outcome.details):
        return "not try again, for it would have to wait for longer than it may; "
    return "not try again, for that would not help; "


def _taker(program: Program, node: TaskNode, outcome: Outcome) -> tuple[str | None, bool]:
    """What takes an error that no attempt has cured, and whether it tries again, so that there is but one attempt."""
    problem = outcome.problem
    assert problem is not None  # asked for failures
    pointer_of_error = problem.instance or ""
    if not outcome.is_timed_out and (others := ", ".join(node.kind.fallbacks(node))):
        from httptask.interpreter.fallback import is_unavailable

        if is_unavailable(problem):
            return f"ask the fallback: {others}", False
    around = [one for pointer, one in program.nodes.items() if pointer_of_error.startswith(f"{pointer}/")]
    for one in sorted(around, key=lambda found: len(found.pointer), reverse=True):
        if (taken := one.kind.takes(one, problem.to_json())) is not None:
            return f"{one.name} {taken}", one.kind.tries_again(one)
    return None, False


def next_task(program: Program, node: TaskNode) -> str | None:
    """The task behind a task, where its list has one."""
    directive = node.task.then or "continue"
    if directive in ("end", "exit"):
        return None
    if directive != "continue":
        return directive
    sequence = _list_of(program, node)
    index = sequence.tasks.index(node) + 1
    return sequence.tasks[index].name if index < len(sequence.tasks) else None


def end_of_list(program: Program, node: TaskNode) -> str:
    """What a run does behind the last task of a list, or the task of a branch or function, in words."""
    sequence = _list_of(program, node)
    if sequence is program.root:
        return "end with this: it is the last task"
    if not sequence.is_branch:
        return "go on behind the list of tasks that it is the last of"
    around = program.scopes[node.scope].task
    assert around is not None  # each has a scope of its own
    fork = program.nodes[around]
    if node.pointer in program.functions:
        return f"give this to {fork.name}, which calls the function, as its output"
    if fork.kind.is_race(fork):
        return f"end {fork.name} with this and cancel its other branches, unless one of them has won before"
    return f"end this branch of {fork.name}, and wait for the others"


def _list_of(program: Program, node: TaskNode) -> TaskSequence:
    return next(found for found in program.sequences.values() if node in found.tasks)
