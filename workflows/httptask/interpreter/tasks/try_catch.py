"""`try`: runs tasks, and goes on from an error of theirs that it catches."""

from datetime import UTC, datetime
from typing import Any

from temporalio import workflow

from httptask.calls.problem import Problem, TaskFault
from httptask.dsl.tasks.try_catch import ATTEMPT_DURATION, CATCH, TRY
from httptask.interpreter.catching import catches, delay_before_retry, policy_of
from httptask.interpreter.services import log_event
from httptask.interpreter.task_context import Child, Complete, Descend, Paused, Step, TaskContext
from httptask.scheduling.durations import required_seconds

__all__ = ["run_try"]


async def run_try(context: TaskContext, child: Child | None) -> Step:
    """Run the tasks; where an error of theirs is caught, try them again or run those for it.

    See dsl-reference.md, Try. `execution.state` has `retries`, how often they were tried again; `failure`, the error
    after which that is to be done, and `due`, when; `caught`, where nothing is tried again any more.
    """
    state, catch = context.execution.state, TRY.spec(context.node).catch
    if child is None:
        return await _wait(context) if "due" in state else _attempt(context)
    if child.fault is None:
        return Complete(child.output, catch.then if "caught" in state else None)
    if not catches(context, child.fault.problem):
        raise child.fault
    problem, retries = child.fault.problem, state.get("retries", 0)
    delay = delay_before_retry(context, problem, retries)
    if delay is not None:
        due = workflow.time() + delay
        state.update(retries=retries + 1, due=due, failure=problem.to_json())
        log_event("task.retried", task=context.node.pointer, error=_name_of(problem), wait=round(delay, 3))
        return await _wait(context)
    return _handle(context, child.fault, retries)


def _attempt(context: TaskContext) -> Descend:
    """Run the tasks, as long as an attempt may take."""
    deadline = None
    if ATTEMPT_DURATION in context.node.parts:
        longest = context.value(ATTEMPT_DURATION)
        deadline = workflow.time() + required_seconds(longest, "limit.attempt.duration")
    return Descend(context.node.sequences["try"], context.execution.input, {}, deadline=deadline)


async def _wait(context: TaskContext) -> Step:
    """Let the time pass before another attempt; a run that is to continue as new waits on in the next one."""
    state, services = context.execution.state, context.services
    left = state["due"] - workflow.time()
    if left > 0:
        _show(context, datetime.fromtimestamp(state["due"], UTC))
        if not await services.sleep(left):
            return Paused()
    _show(context, None)
    del state["due"], state["failure"]
    return _attempt(context)


def _show(context: TaskContext, until: datetime | None) -> None:
    state, policy = context.execution.state, policy_of(context)
    assert policy is not None  # by it the tasks are tried again
    problem, count = Problem.model_validate(state["failure"]), policy.limit.attempt.count
    facts: dict[str, Any] = dict(problem.details or {})
    facts["attempts"] = None if count is None else count + 1
    told = problem.detail or problem.title
    context.services.board.await_attempt(context.execution.id, state["retries"] + 1, until, told, facts)


def _handle(context: TaskContext, fault: TaskFault, retries: int) -> Step:
    """Run the tasks for an error, or go on where the catch says.

    Raises:
        TaskFault: the catch does nothing but try again, which did not help.
    """
    node, execution, catch = context.node, context.execution, TRY.spec(context.node).catch
    problem = fault.problem
    if catch.retry is not None and catch.do is None and catch.then is None:
        if retries:
            fault.add(f"the last of {retries + 1} attempts of `{node.name}`")
        raise fault
    error = problem.to_json()
    execution.state["caught"] = True
    log_event("task.caught", task=node.pointer, error=_name_of(problem))
    context.services.board.update(execution.id, caught=problem.detail or problem.title)
    if CATCH in node.sequences:
        return Descend(node.sequences[CATCH], execution.input, {}, kept={catch.as_: error})
    return Complete(execution.input, catch.then)


def _name_of(problem: Problem) -> str:
    """What logs call an error: no more than its kind, for the rest may be anything."""
    return problem.error or problem.title
