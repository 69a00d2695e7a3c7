"""A run that is to go on from outputs of an earlier one: the state it begins with, and what is told of it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from httptask.activities.api_operation import ApiOperation
from httptask.dsl.canonical import qualified_name, sha256
from httptask.dsl.expression_parts import INPUT, TIMEOUT, WORKFLOW_TIMEOUT
from httptask.dsl.liveness import RAW_TASK_DATA, TASK_DATA
from httptask.dsl.tasks.try_catch import ATTEMPT_DURATION
from httptask.interpreter.schemas import check_schema
from httptask.interpreter.state import Branch, Frame, RunState, TaskExecution
from httptask.interpreter.variables import Variables, bind, task_variables, workflow_variables
from httptask.interpreter.workflow_types import WORKFLOW_TYPE, RunInput
from httptask.reruns.earlier import NotRerunnable
from httptask.reruns.places import Place, Places
from httptask.runs.records import RERUN_MEMO, RerunOf
from httptask.scheduling.durations import required_seconds
from httptask.testrequest.sample import transform

__all__ = ["Misfit", "Rerun", "RerunReport", "ReusedTask"]


class ReusedTask(BaseModel):
    """A task whose output is that of the earlier run.

    Attributes:
        calls: how many requests that took, which are not sent again.
        cost_usd: what they had cost, in US dollars, as far as that is known.
    """

    task: str
    pointer: str
    calls: int
    cost_usd: float


class Misfit(BaseModel):
    """Where the earlier run and the definition differ before the task that the new run begins with."""

    task: str
    change: Literal["changed", "moved", "new", "removed", "renamed"]
    message: str


class RerunReport(BaseModel):
    """What a rerun takes from the earlier run.

    Attributes:
        run: id of that.
        task: name of the task that the new run begins with.
        pointer: of it, in the definition.
        calls: requests that are not sent again.
        cost_usd: what those had cost, in US dollars, as far as that is known.
        simulated: whether outputs came from fixtures.
    """

    run: str
    task: str
    pointer: str
    reused: list[ReusedTask]
    calls: int
    cost_usd: float
    misfits: list[Misfit]
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Rerun:
    """A run that begins with a task other than the first.

    Attributes:
        definition: as JSON data.
        places: of its program.
        place: of the task that it begins with.
        input: the workflow's.
        first: that, as its `input.from` made it the first task's.
        raw_inputs: what each of the tasks around the task, and itself, is given, outermost first.
        outputs: `$tasks`.
        context: `$context`.
        operations: of API documents that the earlier run has loaded, by pointers of tasks.
        source: the earlier run.
        report: what is told of it.
    """

    definition: dict[str, Any]
    places: Places
    place: Place
    input: Any
    first: Any
    raw_inputs: tuple[Any, ...]
    outputs: Mapping[str, Any]
    context: Any
    operations: Mapping[str, ApiOperation]
    source: RerunOf
    report: RerunReport

    def state(self, id_: str, *, live: bool = False) -> RunState:
        """Where the run begins, now.

        Args:
            id_: of the run.
            live: whether texts of streamed answers are published.

        Raises:
            ExpressionFailed: an expression of a task around it has no result on the outputs.
            TaskFault: what a task around it is given does not fit its schema.
        """
        now = datetime.now(UTC).timestamp()
        program = self.places.program
        state = RunState(
            origin_run_id=str(uuid.uuid4()),
            input=self.input,
            started_at=now,
            live=live,
            operations=dict(self.operations),
        )
        around = {
            **workflow_variables(program, state, id_),
            **bind({"context": self.context, "tasks": dict(self.outputs)}),
        }
        timeout = program.parts.get(WORKFLOW_TIMEOUT)
        if timeout is not None:
            after = transform(timeout, self.first, workflow_variables(program, state, id_))
            state.deadline = now + required_seconds(after, "timeout.after")
        frame = Frame(sequence=program.root.pointer, scope="", outputs=dict(self.outputs))
        frames = [frame]
        for place, raw in zip(self.place.chain, self.raw_inputs, strict=True):
            frame.index = place.index
            if place is self.place:
                frame.data = raw
            else:
                inner = self.place.chain[self.place.chain.index(place) + 1]
                frame.current, frame = self._entered(place, inner.key, raw, around, now)
                frames.append(frame)
        state.root = Branch(frames=frames, context=self.context, ran=bool(self.outputs))
        return state

    def _entered(
        self, place: Place, key: str, raw: Any, around: Variables, now: float
    ) -> tuple[TaskExecution, Frame]:
        """A task around it as it is when its list has begun, and that list."""
        node, program = place.node, self.places.program
        execution = TaskExecution(id=_id_of(place), raw_input=raw, input=raw, started_at=now)
        variables = {**around, **task_variables(program, node, execution)}
        if node.task.input is not None:
            check_schema(node.task.input.schema_, raw, "the task's input")
        execution.input = transform(node.parts.get(INPUT), raw, variables)
        if TIMEOUT in node.parts:
            after = transform(node.parts[TIMEOUT], execution.input, variables)
            execution.deadline = now + required_seconds(after, "timeout.after")
        frame = Frame(sequence=node.sequences[key].pointer, path=execution.id)
        if ATTEMPT_DURATION in node.parts:
            longest = transform(node.parts[ATTEMPT_DURATION], execution.input, variables)
            frame.deadline = now + required_seconds(longest, "limit.attempt.duration")
        if not program.liveness.is_read_by(node.pointer, RAW_TASK_DATA):
            execution.raw_input = None
        if not program.liveness.is_read_by(node.pointer, TASK_DATA):
            execution.input = None
        return execution, frame

    async def start(
        self,
        client: Client,
        id_: str,
        task_queue: str,
        *,
        live: bool = False,
        memo: Mapping[str, Any] | None = None,
        is_eager: bool = False,
    ) -> WorkflowHandle[Any, Any]:
        """Start the run.

        Args:
            client: with `HttpTaskPlugin`.
            id_: of the run, from `id_of_rerun`, by which it is found from the earlier one.
            task_queue: of a worker that runs definitions which come with their start.
            live: whether texts of streamed answers are published.
            memo: what is noted about it beside.
            is_eager: whether the worker is one of the same client.

        Raises:
            NotRerunnable: the outputs are more than Temporal takes.
            RPCError: Temporal refuses it, or gives no answer.
        """
        run_input = RunInput(
            definition=self.definition,
            sha256=sha256(self.definition),
            state=self.state(id_, live=live).packed(),
            live=live,
        )
        noted = {
            "definition": qualified_name(self.definition),
            RERUN_MEMO: self.source.model_dump(),
            **(memo or {}),
        }
        try:
            return await client.start_workflow(
                WORKFLOW_TYPE,
                run_input,
                id=id_,
                task_queue=task_queue,
                memo=noted,
                request_eager_start=is_eager,
            )
        except RPCError as error:
            if (
                error.status is not RPCStatusCode.INVALID_ARGUMENT
                or "size exceeds limit" not in error.message
            ):
                raise
            raise NotRerunnable(
                "the outputs that are read from there on are more than Temporal carries",
                "begin with an earlier task, keep less with `output.as`, or configure external storage",
            ) from None


def _id_of(place: Place) -> str:
    """The id of its first execution."""
    return "/".join(each.node.name for each in place.chain)
