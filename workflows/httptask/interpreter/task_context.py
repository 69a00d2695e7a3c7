"""What a kind of task is given to run with, and what it answers."""

import hashlib
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from pydantic import BaseModel

from httptask.calls.activity_call import ActivityCall
from httptask.calls.problem import Problem, TaskFault
from httptask.chat.models import Completion
from httptask.dsl.expression_parts import Part
from httptask.dsl.expressions.rendering import Rendered
from httptask.dsl.tasks.kind import TaskNode, TaskSequence
from httptask.http.models import HttpAnswer
from httptask.interpreter.services import Services
from httptask.interpreter.state import Branch, Frame, TaskExecution
from httptask.interpreter.variables import Variables, bind
from httptask.scheduling.budget import is_stop
from httptask.scheduling.deadlines import Deadline
from httptask.scheduling.local_calls import Wait
from httptask.scheduling.scheduler import Leaves

Result = TypeVar("Result", bound=BaseModel)

__all__ = ["Child", "Complete", "Descend", "EndWorkflow", "Finished", "Paused", "Step", "TaskContext"]


@dataclass(frozen=True, slots=True)
class Complete:
    """The task is done: its raw output, and where to go if the task itself decides that (`switch`)."""

    output: Any
    then: str | None = None


@dataclass(frozen=True, slots=True)
class Descend:
    """Run one of the task's own task lists once; the task is resumed with its output."""

    tasks: TaskSequence
    input: Any
    variables: Mapping[str, Any]
    index: int | None = None
    """Which iteration this is; part of the ids below."""
    deadline: float | None = None
    """Workflow time at which the list is ended where it has not by then."""
    kept: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Variables that a continued run gets as they are; it binds the others anew."""


@dataclass(frozen=True, slots=True)
class Paused:
    """The run is to continue as new; the task goes on from its `execution.state` in the next one."""


Step = Complete | Descend | Paused


@dataclass(frozen=True, slots=True)
class Child:
    """How the task list ended that the task asked to run: with an output, or, for a task that catches, in an error."""

    output: Any = None
    fault: TaskFault | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """The output of a branch that ran to its end, and whether any task of it was run rather than skipped."""

    output: Any
    ran: bool = True


class EndWorkflow(Exception):
    """A task's `then: end`."""

    def __init__(self, output: Any) -> None:
        super().__init__()
        self.output = output


@dataclass(frozen=True, slots=True)
class TaskContext:
    """One task in execution, as its kind sees it.

    A kind is one coroutine function `(context, child) -> Step`. It is called when the task begins (`child` is None),
    and again each time the task list that it asked for has ended. `execution.state` is its memory in between.
    """

    node: TaskNode
    execution: TaskExecution
    variables: Variables
    services: Services
    branch: Branch
    """The line of execution that the task is in."""
    run_branch: Callable[[Branch], Coroutine[Any, Any, Finished | None]]
    """Runs a branch inside the task; None when it paused."""
    frames_around: Callable[[], Iterator[Frame]]
    """The frames that the task sees, its own first."""
    deadline: Deadline | None
    """The nearest that the task, or one around it, has to keep."""
    leaves: Leaves | None
    """Whether a task around this one tries again after an error of its calls; None where none ever does."""

    def value(self, part: Part, *, dot: Any = None, bound: Mapping[str, Any] | None = None) -> Any:
        """Evaluate one of the task's own expressions or templates, on its input or as `holds` does."""
        found = self.node.parts[part]
        if bound is None:
            return self.services.evaluator.transform(found, self.execution.input, self.variables)
        return self.services.evaluator.transform(found, dot, {**self.variables, **bind(bound)})

    def holds(self, part: Part, *, dot: Any = None, bound: Mapping[str, Any] | None = None) -> bool:
        """Evaluate a condition of the task, on its input or on `dot` with `bound` variables beside the others."""
        found = self.node.expression(part)
        assert found is not None  # conditions are never templates
        if bound is None:
            return self.services.evaluator.condition(found, self.execution.input, self.variables)
        return self.services.evaluator.condition(found, dot, {**self.variables, **bind(bound)})

    def render(self, part: Part, *, encode: Callable[[str], str] | None = None) -> Rendered | None:
        """Render a template that may hold secrets; `encode` is applied to each text that is interpolated.

        Returns:
            None when the task has no such part.
        """
        found = self.node.template(part)
        if found is None:
            return None
        return self.services.evaluator.render(found, self.execution.input, self.variables, encode=encode)

    def idempotency_key(self, id_: str) -> str:
        """The same for every attempt, crash, replay and continued run of this execution; new for each other one."""
        origin = self.services.state.origin_run_id
        return hashlib.sha256(f"{origin} {self.node.pointer} {id_}".encode()).hexdigest()[:32]

    async def call(self, call: ActivityCall[Result]) -> Result:
        """Make a call within the budget, and show it on the status board.

        Raises:
            TaskFault: the call failed for good, or the budget is used up.
        """
        self.services.budget.take_call(asks_model=False)
        return await self.schedule(call)

    async def schedule(
        self, call: ActivityCall[Result], *, keeps: Callable[[Problem], bool] = lambda _: False
    ) -> Result:
        """Make a call that the budget has counted already, and show it on the status board.

        Args:
            call: the call.
            keeps: whether the task itself knows what to do about an error of it.

        Raises:
            TaskFault: the call failed for good.
        """
        self.services.board.update(self.execution.id, activity_id=call.id, summary=call.summary)
        calls = self.services.program.calls_of(self.node)
        leaves = None if self.leaves is None else partial(self._leaves, self.leaves, keeps)
        try:
            return await self.services.scheduler.execute(call, calls, self.deadline, self._show, leaves)
        finally:
            self.services.board.forget_attempts(self.execution.id)

    async def run_activity(self, name: str, arguments: Sequence[Any]) -> Any:
        """Run an activity of the user's own, and show it on the status board.

        Raises:
            TaskFault: it failed for good.
        """
        self.services.board.update(self.execution.id, activity_id=self.execution.id, summary=name)
        scheduler = self.services.scheduler
        leaves = None if self.leaves is None else partial(self._leaves, self.leaves, lambda _: False)
        return await scheduler.execute_allowed(name, arguments, self.execution.id, self.deadline, leaves)

    async def run_definition(self, name: str, data: Any, *, leave: bool = False) -> Any:
        """Run a definition, which the run knows by that name, and show the run on the status board.

        A budget that it exceeds is its own, and ends no other run.

        Args:
            name: of the definition.
            data: its input.
            leave: whether it is left to itself when it has begun; then there is no output.

        Raises:
            TaskFault: it ended in an error, or from outside.
        """
        services, id_ = self.services, self.services.id_inside(self.execution.id)
        known = services.scheduler.configuration.definitions[name]
        services.board.update(self.execution.id, summary=known, child_run=id_)
        try:
            return await services.scheduler.execute_definition(
                known, data, id_, self.execution.id, leave=leave
            )
        except TaskFault as fault:
            if is_stop(fault):
                fault.problem = fault.problem.model_copy(update={"error": None})
            raise

    def _leaves(self, leaves: Leaves, keeps: Callable[[Problem], bool], problem: Problem) -> bool:
        """Whether an error of a call of the task is for one around it."""
        return not keeps(problem) and leaves(problem.model_copy(update={"instance": self.node.pointer}))

    def _show(self, wait: Wait) -> None:
        """Show on the status board what the server shows of an activity that waits."""
        self.services.board.await_attempt(
            self.execution.id, wait.attempt, wait.until, wait.failure.message, wait.failure.details[0]
        )

    def note(self, detail: str) -> None:
        """Show on the status board what the task is at, until it ends."""
        self.services.board.update(self.execution.id, detail=detail)

    def answered(self, result: HttpAnswer | Completion) -> None:
        """Show on the status board by which attempt, and by whom, a call was answered; count what a model used."""
        used = result.usage if isinstance(result, HttpAnswer) else None
        if used is not None:
            self.services.budget.add_model_answer(used, simulated=result.simulated)
        self.services.board.update(self.execution.id, attempt=result.attempt, simulated=result.simulated)
