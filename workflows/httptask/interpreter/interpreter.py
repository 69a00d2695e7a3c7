"""Runs a program: starts its branches, keeps what they share, and decides when to continue as new."""

import asyncio
from typing import Any

from temporalio.exceptions import ApplicationError

from httptask.calls.problem import TaskFault, problem_of_failure
from httptask.dsl.expression_parts import WORKFLOW_INPUT, WORKFLOW_OUTPUT, WORKFLOW_TIMEOUT
from httptask.dsl.liveness import CONTEXT, WORKFLOW_DATA
from httptask.dsl.program import Program
from httptask.interpreter.branches import BranchRunner
from httptask.interpreter.parts import PartEnd, PartEnded, tell_spending
from httptask.interpreter.schemas import check_input, check_schema
from httptask.interpreter.services import Services
from httptask.interpreter.state import Branch, Frame, MapPart
from httptask.interpreter.status import RunStatus, TaskState
from httptask.interpreter.task_context import EndWorkflow, Finished
from httptask.scheduling.durations import required_seconds
from httptask.scheduling.payloads import payload_of
from httptask.scheduling.worker_configuration import resolve_configuration

__all__ = ["Interpreter"]


class Interpreter:
    """One run of one definition. `state` holds all that a continued run needs, complete at every task boundary."""

    def __init__(self, program: Program, sha256: str, services: Services) -> None:
        self.state = services.state
        self._program = program
        self._services = services
        self._evaluator = services.evaluator
        self._sha256 = sha256
        self._phase: TaskState = "running"

    async def run(self) -> Finished | None:
        """Run to the end, or on to it where the state could not be continued in a new run.

        Returns:
            The workflow's output, or None when `state` is to be continued in a new run.

        Raises:
            ApplicationError: the run ended in an error; its first detail is the RFC 7807 object.
        """
        if self.state.part is not None:
            return await self._run_part(self.state.part)
        try:
            try:
                finished = await self._go_on()
            except EndWorkflow as end:
                finished = Finished(end.output)
            if finished is None:
                return None
            output = await self._output(finished.output)
        except TaskFault as fault:
            return self.fail(fault)
        self._phase = "completed"
        self._services.tell_end("run.completed")
        return Finished(output)

    def fail(self, fault: TaskFault) -> Finished:
        """End in an error, which a part tells the run that it is a part of.

        Raises:
            ApplicationError: the run is no part; its first detail is the RFC 7807 object.
        """
        problem, part = fault.problem, self.state.part
        if part is not None:
            return Finished(PartEnd.of(self.state, part, fault=problem))
        self._phase = "faulted"
        self._services.tell_end("run.faulted", task=problem.instance, error=problem.error or problem.title)
        raise problem.to_failure() from None

    def status(self) -> RunStatus:
        """What the run is doing now."""
        document = self._program.definition.document
        spent, part = self.state.spent, self.state.part
        tasks, omitted = self._services.board.tasks()
        return RunStatus(
            workflow=document.name,
            version=document.version,
            sha256=self._sha256,
            state=self._phase,
            tasks=tasks,
            omitted=omitted,
            spent=spent if part is None else spent.since(part.before),
        )

    async def _learn_bounds(self) -> None:
        """A connection or activity that the worker does not have for it is an error before anything is sent."""
        program, scheduler = self._program, self._services.scheduler
        try:
            scheduler.configuration = await resolve_configuration(
                program.connections,
                program.activities,
                scheduler.configuration,
                emits=program.emits,
                definitions=program.definitions,
            )
        except ApplicationError as error:
            raise TaskFault(problem_of_failure(error)) from None

    def _begin(self) -> None:
        """Validate and transform the input; it is the first task's (dsl.md, Data Flow)."""
        data = self.state.input
        check_input(self._program.definition.input, data, "the workflow's input")
        if WORKFLOW_INPUT in self._program.parts:
            data = self._evaluator.transform(
                self._program.parts[WORKFLOW_INPUT], data, self._services.workflow_variables()
            )
        is_read = self._program.liveness.is_read
        context = data if is_read(CONTEXT) else None
        self.state.root = Branch(
            frames=[Frame(sequence="/do", data=data, scope="", path=self._services.path)], context=context
        )
        timeout = self._program.parts.get(WORKFLOW_TIMEOUT)
        if timeout is not None:
            after = self._evaluator.transform(timeout, data, self._services.workflow_variables())
            seconds = required_seconds(after, "timeout.after")
            self.state.deadline = self.state.started_at + seconds
        if not is_read(WORKFLOW_DATA):
            self.state.input = None

    async def _go_on(self) -> Finished | None:
        """Run until the last task has ended, or until the run is to be continued."""
        if self._services.draining:
            self._services.draining = False
        else:
            await self._learn_bounds()
        if not self.state.root.frames:
            self._begin()
        return await BranchRunner(self._services, self.state.root, None).run()

    async def _run_part(self, part: MapPart) -> Finished | None:
        """Run the items of a part, and tell the run that it is a part of how it ended."""
        try:
            end = await self._end_of_part(part)
        except TaskFault as fault:
            return self.fail(fault)
        except asyncio.CancelledError:
            await tell_spending(self.state, part)
            raise
        return None if end is None else Finished(end)

    async def _end_of_part(self, part: MapPart) -> PartEnd | None:
        try:
            await self._go_on()
        except PartEnded as ended:
            items = ended.state
            return PartEnd.of(self.state, part, next=items.next, results=items.results)
        except EndWorkflow as ended:
            end = PartEnd.of(self.state, part, ended_with=[ended.output])
            await payload_of(end, "the workflow's output")
            return end
        return None

    async def _output(self, data: Any) -> Any:
        result = self._program.definition.output
        if result is not None:
            if WORKFLOW_OUTPUT in self._program.parts:
                root = self.state.root
                variables = {
                    **self._services.workflow_variables(),
                    "context": lambda: root.context,
                    "tasks": lambda: root.frames[0].outputs,
                }
                data = self._evaluator.transform(self._program.parts[WORKFLOW_OUTPUT], data, variables)
            check_schema(result.schema_, data, "the workflow's output")
        await payload_of(data, "the workflow's output")
        return data
