"""A run's tasks with their outputs, out of its history: the interpreter is replayed here, and nothing is sent."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory
from temporalio.common import RawValue
from temporalio.converter import DataConverter, PayloadConverter
from temporalio.worker import (
    ExecuteWorkflowInput,
    Interceptor,
    Replayer,
    StartLocalActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)

from httptask.activities.names import LOAD_DEFINITION
from httptask.dsl.checks.names import RESERVED_VARIABLES
from httptask.interpreter.status import StatusBoard, TaskData, TaskStatus
from httptask.interpreter.variables import Variables
from httptask.interpreter.workflow_types import WORKFLOW_TYPE, DefinitionRun
from httptask.plugin.definitions import DefinitionRegistry
from httptask.plugin.plugin import HttpTaskPlugin

__all__ = ["ReplayFailed", "ReplayedTask", "replay_tasks", "runs_definition"]


class ReplayFailed(Exception):
    """The history was not made by an interpreter that behaves like this one."""


@dataclass(frozen=True, slots=True)
class ReplayedTask:
    """One execution of one task, as far as the history goes.

    Attributes:
        data: what it found; None where its `if` was false.
        output: what the next task sees; None while there is none.
        activity_ids: the calls that it made.
        local_arguments: of those of them that were local activities: no history has them.
    """

    status: TaskStatus
    data: TaskData | None
    output: Any
    activity_ids: Sequence[str]
    local_arguments: Mapping[str, Sequence[Any]]


def runs_definition(events: Iterable[HistoryEvent]) -> bool:
    """Whether a history, the first of its chain, is of a run of a definition and not of a workflow in Python."""
    for event in events:
        if event.HasField("workflow_execution_started_event_attributes"):
            started = event.workflow_execution_started_event_attributes
            if started.workflow_type.name == WORKFLOW_TYPE:
                return True
        elif event.HasField("marker_recorded_event_attributes"):
            recorded = event.marker_recorded_event_attributes.details.get("data")
            if recorded and any(LOAD_DEFINITION.encode() in payload.data for payload in recorded.payloads):
                return True
    return False


async def replay_tasks(
    histories: Iterable[WorkflowHistory], data_converter: DataConverter
) -> list[ReplayedTask]:
    """The tasks of a run of a definition, in the order they began.

    Args:
        histories: one for each run of a chain that continued as new, oldest first.
        data_converter: of the client that read them.

    Raises:
        ReplayFailed: this version of the interpreter does something else on them.
    """
    notes = _Notes()
    replayer = Replayer(
        workflows=[],
        plugins=[HttpTaskPlugin(allow_inline=True, definitions=DefinitionRegistry([]))],
        interceptors=[_Watching(notes)],
        data_converter=data_converter,
        debug_mode=True,  # a busy machine may need longer than the SDK's two seconds for what a worker did in one
    )
    async with replayer.workflow_replay_iterator(_each(histories)) as results:
        async for result in results:
            if result.replay_failure is not None:
                raise ReplayFailed(str(result.replay_failure)) from None
    return [
        ReplayedTask(
            task,
            notes.data.get(task.id),
            notes.outputs.get(task.id),
            notes.activity_ids.get(task.id, []),
            notes.local_arguments_of(task.id, data_converter.payload_converter),
        )
        for task in notes.tasks()[0]
    ]


async def _each(histories: Iterable[WorkflowHistory]) -> AsyncIterator[WorkflowHistory]:
    for history in histories:
        yield history


class _Notes(StatusBoard):
    """A board for one chain of runs that drops nothing and keeps outputs."""

    def __init__(self) -> None:
        super().__init__(kept=inf)
        self.data: dict[str, TaskData] = {}
        self.outputs: dict[str, Any] = {}
        self.activity_ids: dict[str, list[str]] = {}
        self._local_arguments: dict[str, Sequence[Payload]] = {}

    def scheduled_locally(self, local: StartLocalActivityInput) -> None:
        """Keep the arguments of a local activity."""
        values = [value for value in local.args if isinstance(value, RawValue)]
        if _is_history() and local.activity_id is not None:
            self._local_arguments[local.activity_id] = [value.payload for value in values]

    def local_arguments_of(self, id_: str, converter: PayloadConverter) -> Mapping[str, Sequence[Any]]:
        """Arguments of the local activities of a task, by their ids."""
        return {
            activity_id: converter.from_payloads(self._local_arguments[activity_id])
            for activity_id in self.activity_ids.get(id_, [])
            if activity_id in self._local_arguments
        }

    def begin(self, id_: str, name: str, pointer: str, kind: str) -> None:
        """See base class; a task that a continued run takes up again has begun before, and has not ended."""
        if _is_history() and ("ended_at" in self._tasks.get(id_, {"ended_at": None})):
            super().begin(id_, name, pointer, kind)

    def take_input(self, id_: str, raw_input: object, variables: Variables) -> None:
        """See base class."""
        if _is_history():
            loops = {name: value() for name, value in variables.items() if name not in RESERVED_VARIABLES}
            self.data[id_] = TaskData(raw_input, variables["context"](), loops)

    def update(self, id_: str, **changes: object) -> None:
        """See base class."""
        if not _is_history():
            return
        activity_id = changes.get("activity_id")
        if isinstance(activity_id, str):
            self.activity_ids.setdefault(id_, []).append(activity_id)
        super().update(id_, **changes)

    def complete(self, id_: str, output: object) -> None:
        """See base class."""
        if _is_history():
            self.outputs[id_] = output
        super().complete(id_, output)


def _is_history() -> bool:
    """Whether this happened in the run.

    Past the end of its history a replay goes on as if live; and when it is taken down, which cancels every task,
    there is no time.
    """
    return workflow.unsafe.is_replaying() and workflow.time() > 0


class _Watching(Interceptor):
    """Gives the runs that are replayed the board."""

    def __init__(self, notes: _Notes) -> None:
        self._notes = notes

    def workflow_interceptor_class(
        self,
        input: WorkflowInterceptorClassInput,  # noqa: A002 - the SDK's name
    ) -> type[WorkflowInboundInterceptor]:
        """See base class."""
        notes = self._notes

        class Outbound(WorkflowOutboundInterceptor):
            def start_local_activity(
                self,
                input: StartLocalActivityInput,  # noqa: A002 - the SDK's name
            ) -> workflow.ActivityHandle[Any]:
                notes.scheduled_locally(input)
                return super().start_local_activity(input)

        class Inbound(WorkflowInboundInterceptor):
            def init(self, outbound: WorkflowOutboundInterceptor) -> None:
                super().init(Outbound(outbound))

            async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:  # noqa: A002 - the SDK's name
                run: DefinitionRun = workflow.instance()
                run.board = notes
                return await super().execute_workflow(input)

        return Inbound
