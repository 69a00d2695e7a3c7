"""Runs a program: starts its strands, keeps what they share, and decides when to continue as new."""

from typing import Any

from temporalio import workflow

from httptask.dsl.program import Program
from httptask.workflows.budget import Budget
from httptask.workflows.durations import required_seconds
from httptask.workflows.evaluation import Evaluator, Variables, moment
from httptask.workflows.log import log_event
from httptask.workflows.problem import TaskFault
from httptask.workflows.recorded import Pacer
from httptask.workflows.scheduling import Scheduler, payload_of
from httptask.workflows.schemas import check_schema
from httptask.workflows.state import Frame, RunState, Strand
from httptask.workflows.status import RunStatus, StatusBoard, TaskState
from httptask.workflows.strands import EndWorkflow, Finished, StrandRunner

__all__ = ["RUNTIME_NAME", "RUNTIME_VERSION", "Interpreter"]

RUNTIME_NAME = "httptask"
RUNTIME_VERSION = "0.1.0"


class Interpreter:
    """One run of one definition.

    Attributes:
        state: all that a continued run needs; complete at every task boundary.
        draining: set when the run is to continue as new; strands then stop at their next task boundary.
    """

    def __init__(
        self, program: Program, sha256: str, state: RunState, continue_as_new_after: int | None
    ) -> None:
        self.program = program
        self.state = state
        self.pacer = Pacer()
        self.evaluator = Evaluator(self.pacer)
        self.scheduler = Scheduler()
        self.board = StatusBoard()
        self.budget = Budget.of(program.definition.document.metadata, state)
        self.draining = False
        self._sha256 = sha256
        self._continue_as_new_after = continue_as_new_after
        self._phase: TaskState = "running"

    async def run(self) -> Finished | None:
        """Run to the end.

        Returns:
            The workflow's output, or None when `state` is to be continued in a new run.

        Raises:
            ApplicationError: the run ended in an error; its first detail is the RFC 7807 object.
        """
        try:
            if not self.state.root.frames:
                self._begin()
            finished = await self._run_root()
            if finished is None:
                log_event("run.continued")
                return None
            output = self._output(finished.output)
        except TaskFault as fault:
            self._phase = "faulted"
            log_event(
                "run.faulted", task=fault.problem.instance, error=fault.problem.error or fault.problem.title
            )
            raise fault.problem.to_failure() from None
        self._phase = "completed"
        log_event("run.completed")
        return Finished(output)

    def status(self) -> RunStatus:
        """What the run is doing now."""
        document = self.program.definition.document
        tasks, omitted = self.board.tasks()
        return RunStatus(
            workflow=document.name,
            version=document.version,
            sha256=self._sha256,
            state=self._phase,
            tasks=tasks,
            omitted=omitted,
        )

    def consider_continuing_as_new(self) -> None:
        """Start to drain when the history has become long."""
        info = workflow.info()
        limit = self._continue_as_new_after
        if info.is_continue_as_new_suggested() or (
            limit is not None and info.get_current_history_length() > limit
        ):
            self.draining = True

    def workflow_variables(self) -> Variables:
        """The variables that every expression may read."""
        return {
            "workflow": lambda: {
                "id": workflow.info().workflow_id,
                "definition": self.program.document,
                "input": self.state.input,
                "startedAt": moment(self.state.started_at),
            },
            "runtime": lambda: {"name": RUNTIME_NAME, "version": RUNTIME_VERSION, "metadata": {}},
        }

    def _begin(self) -> None:
        """Validate and transform the input; it is the first task's (dsl.md, Data Flow)."""
        source = self.program.definition.input
        data = self.state.input
        if source is not None:
            check_schema(source.schema_, data, "the workflow's input")
            if "input" in self.program.parts:
                data = self.evaluator.transform(self.program.parts["input"], data, self.workflow_variables())
        self.state.root = Strand(frames=[Frame(sequence="/do", data=data, scope="")], context=data)
        timeout = self.program.parts.get("timeout")
        if timeout is not None:
            after = self.evaluator.transform(timeout, data, self.workflow_variables())
            seconds = required_seconds(after, "timeout.after")
            self.state.deadline = self.state.started_at + seconds

    async def _run_root(self) -> Finished | None:
        try:
            return await StrandRunner(self, self.state.root, None).run()
        except EndWorkflow as end:
            return Finished(end.output)

    def _output(self, data: Any) -> Any:
        result = self.program.definition.output
        if result is not None:
            if "output" in self.program.parts:
                variables = {**self.workflow_variables(), "context": lambda: self.state.root.context}
                data = self.evaluator.transform(self.program.parts["output"], data, variables)
            check_schema(result.schema_, data, "the workflow's output")
        payload_of(data, "the workflow's output")
        return data
