"""One line of execution: begins tasks, takes their outputs on, and follows flow directives."""

import asyncio
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from temporalio import workflow

from httptask.calls.problem import Problem, TaskFault
from httptask.dsl.expression_parts import EXPORT, IF, INPUT, OUTPUT, TIMEOUT
from httptask.dsl.liveness import CONTEXT, RAW_TASK_DATA, TASK_DATA, WORKFLOW_DATA
from httptask.dsl.tasks.kind import TaskNode
from httptask.interpreter.catching import catches, is_tried_again
from httptask.interpreter.items import items_of
from httptask.interpreter.schemas import check_schema
from httptask.interpreter.services import Services
from httptask.interpreter.state import Branch, Frame, TaskExecution
from httptask.interpreter.status import TaskState
from httptask.interpreter.task_context import (
    Child,
    Complete,
    Descend,
    EndWorkflow,
    Finished,
    Paused,
    TaskContext,
)
from httptask.interpreter.tasks import RUNNERS
from httptask.interpreter.variables import Variables, bind, task_variables
from httptask.scheduling.budget import is_stop
from httptask.scheduling.deadlines import Deadline, deadline_at
from httptask.scheduling.durations import required_seconds

__all__ = ["BranchRunner"]

_LONGEST_ID = 400


class BranchRunner:
    """Runs one branch. A branch inside a `map` sees the variables and outputs of the one around it."""

    def __init__(self, services: Services, branch: Branch, parent: "BranchRunner | None") -> None:
        self._services = services
        self._branch = branch
        self._parent = parent

    async def run(self) -> Finished | None:
        """Run until the branch ends.

        Returns:
            Its output, or None when it stopped at a task boundary because the run is to continue as new.

        Raises:
            TaskFault: a task ended in an error.
            EndWorkflow: a task ended the whole workflow.
        """
        self._take_up()
        ended: Finished | None = None
        paused = False
        try:
            while ended is None and not paused:
                try:
                    ended, paused = await self._step()
                except TaskFault as fault:
                    paused = await self._tell(fault)
        except TaskFault as fault:
            self._end_all("faulted", fault)
            raise
        except EndWorkflow:
            self._end_all("completed", None)
            raise
        except asyncio.CancelledError:
            self._end_all("cancelled", None)
            raise
        return ended

    async def _step(self) -> tuple[Finished | None, bool]:
        """Begin a task, or let one go on; the end of the branch, and whether it paused."""
        await self._services.pacer.step()
        frame = self._branch.frames[-1]
        tasks = self._services.program.sequences[frame.sequence].tasks
        if frame.current is not None:  # a task that a continued run takes up again
            return None, await self._advance(None)
        if self._services.draining:
            return None, True
        if frame.index < len(tasks):
            return None, await self._begin(frame, tasks[frame.index])
        if len(self._branch.frames) == 1:
            return Finished(frame.data, self._branch.ran), False
        self._branch.frames.pop()
        return None, await self._advance(Child(frame.data))

    async def _tell(self, fault: TaskFault) -> bool:
        """Tell the tasks around a fault of it, from the inside out, until one goes on from there; True when it paused.

        Raises:
            TaskFault: none does.
        """
        while not is_stop(fault) and (depth := self._catching(fault)) is not None:
            self._end_all("faulted", fault, inside=depth)
            del self._branch.frames[depth + 1 :]
            try:
                return await self._advance(Child(fault=fault))
            except TaskFault as raised:
                fault = raised
        raise fault

    def _catching(self, fault: TaskFault) -> int | None:
        """Depth of the innermost frame whose task runs a list that the fault leaves, and may catch it."""
        frames = self._branch.frames[:-1]
        for depth, frame in reversed(list(enumerate(() if self._is_around_part else frames))):
            node = self._node_of(frame)
            is_ended = fault.ends is not None and f"{node.pointer}/".startswith(f"{fault.ends}/")
            if node.kind.catches and not is_ended:
                return depth
        return None

    async def _run_inside(self, branch: Branch) -> Finished | None:
        """Run a branch inside the task that this one is at."""
        return await BranchRunner(self._services, branch, self).run()

    async def _begin(self, frame: Frame, node: TaskNode) -> bool:
        """Begin the next task, unless its `if` says no (dsl.md, Data Flow)."""
        self._services.consider_continuing_as_new()
        if self._services.draining:
            return True
        visit = frame.visits[node.name] = frame.visits.get(node.name, 0) + 1
        path = f"{frame.path}/" if frame.path else ""
        id_ = _bounded(f"{path}{node.name}" + (f"#{visit}" if visit > 1 else ""))
        execution = TaskExecution(id=id_, raw_input=frame.data, input=frame.data, started_at=workflow.time())
        condition = node.expression(IF)
        try:
            variables = self._variables(node, execution)
            if condition is not None and not self._services.evaluator.condition(
                condition, frame.data, variables
            ):
                self._services.board.begin(id_, node.name, node.pointer, node.kind.name)
                self._services.board.end(id_, "skipped")
                self._keep_output(node, None)
                self._forget_unread(node)
                frame.index += 1
                return False
            self._services.board.begin(id_, node.name, node.pointer, node.kind.name)
            self._services.board.take_input(id_, execution.raw_input, variables)
            frame.current, frame.data, self._branch.ran = execution, None, True
            self._take_input(node, execution, variables)
        except TaskFault as fault:
            fault.locate(node.pointer)
            raise
        return await self._advance(None)

    def _take_input(self, node: TaskNode, execution: TaskExecution, variables: Variables) -> None:
        if node.task.input is not None:
            check_schema(node.task.input.schema_, execution.raw_input, "the task's input")
            if INPUT in node.parts:
                execution.input = self._services.evaluator.transform(
                    node.parts[INPUT], execution.raw_input, variables
                )
        if TIMEOUT in node.parts:
            after = self._services.evaluator.transform(node.parts[TIMEOUT], execution.input, variables)
            execution.deadline = execution.started_at + required_seconds(after, "timeout.after")
        if not self._services.program.liveness.is_read_by(node.pointer, RAW_TASK_DATA):
            execution.raw_input = None

    async def _advance(self, child: Child | None) -> bool:
        """Let the task on top of the stack take its next step; True when it paused."""
        frame = self._branch.frames[-1]
        execution = frame.current
        assert execution is not None  # only a task asks for a task list to be run
        node = self._node_of(frame)
        context = self._context(len(self._branch.frames))
        try:
            async with deadline_at(min(self._deadlines(), default=None)):
                step = await RUNNERS[node.kind](context, child)
            match step:
                case Paused():
                    return True
                case Descend():
                    self._branch.frames.append(self._frame_below(node, execution, step))
                case Complete():
                    self._complete(frame, node, execution, step)
        except TaskFault as fault:
            fault.locate(node.pointer)
            raise
        return False

    def _context(self, depth: int) -> TaskContext:
        """What the task of the last of so many frames is given."""
        frame = self._branch.frames[depth - 1]
        assert frame.current is not None  # it has begun
        node = self._node_of(frame)
        return TaskContext(
            node,
            frame.current,
            self._variables(node, frame.current, depth=depth),
            self._services,
            self._branch,
            self._run_inside,
            partial(self.frames_around, depth),
            min(self.deadlines_around(), default=None),
            partial(self.leaves, depth=depth - 1) if self.may_try_again(depth - 1) else None,
        )

    def may_try_again(self, depth: int | None = None) -> bool:
        """Whether a task of the first `depth` frames, or of all, or around this branch, ever tries again."""
        nodes = [self._node_of(frame) for frame in self._branch.frames[:depth]]
        if any(node.kind.tries_again(node) for node in nodes):
            return True
        return self._parent is not None and self._parent.may_try_again()

    def leaves(self, problem: Problem, *, depth: int | None = None) -> bool:
        """Whether one of these tries again after an error inside it."""
        for at in range(len(self._branch.frames[:depth]), 0, -1):
            node = self._node_of(self._branch.frames[at - 1])
            if node.kind.catches:
                context = self._context(at)
                try:
                    if catches(context, problem):
                        return is_tried_again(context, problem)
                except TaskFault:  # in a condition, which ends the task around in an error of its own
                    return True
            elif node.kind.takes(node, problem.to_json()) is not None:
                return False
        return self._parent is not None and self._parent.leaves(problem)

    def _frame_below(self, node: TaskNode, execution: TaskExecution, step: Descend) -> Frame:
        path = execution.id if step.index is None else f"{execution.id}/{step.index}"
        scope = node.pointer if node.pointer in self._services.program.scopes else None
        if not self._services.program.liveness.is_read_by(node.pointer, TASK_DATA):
            execution.input = None
        return Frame(
            sequence=step.tasks.pointer,
            data=step.input,
            path=path,
            item=step.index,
            variables=dict(step.variables),
            deadline=step.deadline,
            kept=dict(step.kept),
            scope=scope,
        )

    def _complete(self, frame: Frame, node: TaskNode, execution: TaskExecution, step: Complete) -> None:
        """Transform the output, keep what others read, and go where the flow directive says."""
        evaluator, output = self._services.evaluator, step.output
        variables = self._variables(node, execution, raw_output=step.output)
        if OUTPUT in node.parts:
            output = evaluator.transform(node.parts[OUTPUT], output, variables)
        if node.task.output is not None:
            check_schema(node.task.output.schema_, output, "the task's output")
        self._keep_output(node, output)
        if EXPORT in node.parts:
            seen = {**variables, "output": lambda: output}
            self._branch.context = evaluator.transform(node.parts[EXPORT], output, seen)
        if node.task.export is not None:
            check_schema(node.task.export.schema_, self._branch.context, "the exported context")
        self._forget_unread(node)
        self._services.board.complete(execution.id, output)
        frame.current, frame.data = None, output
        frame.index = self._next_index(frame, step.then or node.task.then or "continue", output)

    def _next_index(self, frame: Frame, directive: str, output: Any) -> int:
        sequence = self._services.program.sequences[frame.sequence]
        match directive:
            case "continue":
                return frame.index + 1
            case "exit":
                return len(sequence.tasks)
            case "end":
                raise EndWorkflow(output)
            case name:
                index = sequence.index_of(name)
        if index is None:
            TaskFault.raise_standard("configuration", "No such task", detail=f"`then: {directive}`")
        return index

    def _keep_output(self, node: TaskNode, output: Any) -> None:
        liveness, kept = self._services.program.liveness, (node.scope, node.name)
        if liveness.is_read_after(node.pointer, kept) or liveness.is_read_by(node.pointer, kept):
            frame = next(frame for frame in self.frames_around() if frame.scope == node.scope)
            frame.outputs[node.name] = output

    def _forget_unread(self, node: TaskNode) -> None:
        """Let go of what nothing reads any more now that a task has ended."""
        is_read_after = self._services.program.liveness.is_read_after
        for frame in self._branch.frames:
            if frame.outputs:
                scope = frame.scope or ""
                read = {k: v for k, v in frame.outputs.items() if is_read_after(node.pointer, (scope, k))}
                frame.outputs = read
        if not is_read_after(node.pointer, CONTEXT):
            self._branch.context = None
        if not is_read_after(node.pointer, WORKFLOW_DATA):
            self._services.state.input = None

    def frames_around(self, depth: int | None = None) -> Iterator[Frame]:
        """The frames that the current task sees, innermost first; or the task of the last of `depth` frames."""
        yield from reversed(self._branch.frames[:depth])
        if self._parent is not None:
            yield from self._parent.frames_around()

    def deadlines_around(self) -> Iterator[Deadline]:
        """When the timeouts of the current task and of all around it pass."""
        yield from self._deadlines()
        part = self._services.state.part
        if self._parent is not None:
            yield from (replace(deadline, is_outer=True) for deadline in self._parent.deadlines_around())
        elif part is not None and part.deadline is not None:
            yield replace(part.deadline, is_outer=True)

    def _deadlines(self) -> Iterator[Deadline]:
        """Those of them that this branch sees to."""
        if self._parent is None and self._services.state.deadline is not None:
            yield Deadline(self._services.state.deadline, "")
        for frame in self._branch.frames:
            if frame.deadline is not None:
                yield Deadline(frame.deadline, frame.sequence, of_attempt=True)
            if frame.current is not None and frame.current.deadline is not None:
                node = self._node_of(frame)
                yield Deadline(frame.current.deadline, node.pointer)

    def _variables(
        self, node: TaskNode, execution: TaskExecution, raw_output: Any = None, *, depth: int | None = None
    ) -> Variables:
        """The variables that the expressions of a task may read; `depth` is of its frame where others are below it."""
        frames = list(self.frames_around(depth))
        return {
            **self._services.workflow_variables(),
            "context": lambda: self._branch.context,
            **task_variables(self._services.program, node, execution, raw_output),
            "tasks": lambda: self._outputs(frames),
            **bind(
                {k: v for frame in reversed(frames) for k, v in {**frame.variables, **frame.kept}.items()}
            ),
        }

    def _outputs(self, frames: Sequence[Frame]) -> dict[str, Any]:
        """`$tasks`: a name is that of the nearest scope that has such a task, also before that has run."""
        seen: dict[str, Any] = {}
        for frame in reversed(frames):
            if frame.scope is not None:
                hidden = self._services.program.scopes[frame.scope].names
                seen = {name: output for name, output in seen.items() if name not in hidden} | frame.outputs
        return seen

    def _take_up(self) -> None:
        """Bind again what loops bind, and show the tasks in progress, where a continued run takes them up."""
        for depth, frame in enumerate(self._branch.frames):
            if frame.item is not None and not frame.variables:
                around = self if depth else self._parent
                assert around is not None  # a branch that begins with an item is in a map
                frame.variables = around.variables_of_item(frame.item, depth or None)
            if frame.current is not None and not self._is_around_part:
                node = self._node_of(frame)
                self._services.board.begin(frame.current.id, node.name, node.pointer, node.kind.name)

    def variables_of_item(self, index: int, depth: int | None) -> dict[str, Any]:
        """What the loop binds whose frame is the last of `depth` frames, or of all."""
        frame = self._branch.frames[:depth][-1]
        assert frame.current is not None  # it is a loop that has begun
        node = self._node_of(frame)
        variables = self._variables(node, frame.current, depth=depth)
        return dict(items_of(node, frame.current, variables).variables(index))

    @property
    def _is_around_part(self) -> bool:
        """Whether the tasks of this branch are those of another workflow, of which this one runs a part."""
        return self._parent is None and self._services.state.part is not None

    def _node_of(self, frame: Frame) -> TaskNode:
        return self._services.program.sequences[frame.sequence].tasks[frame.index]

    def _end_all(self, state: TaskState, fault: TaskFault | None, *, inside: int = -1) -> None:
        """Note on the status board how the tasks in progress ended, or those inside of that of a frame."""
        for frame in self._branch.frames[inside + 1 :]:
            if frame.current is not None and not self._is_around_part:
                detail = None if fault is None else fault.problem.detail or fault.problem.title
                self._services.board.end(frame.current.id, state, detail)


def _bounded(id_: str) -> str:
    """Temporal takes activity ids of up to 1,000 characters, and a longer one would hang the run."""
    if len(id_) <= _LONGEST_ID:
        return id_
    return f"{id_[: _LONGEST_ID - 17]}~{hashlib.sha256(id_.encode()).hexdigest()[:16]}"
