"""Looking into a run without its worker: a replay of its history, which makes no call."""

from dataclasses import dataclass, field
from typing import Any

from temporalio import workflow
from temporalio.client import Client, WorkflowHistory
from temporalio.worker import (
    ExecuteWorkflowInput,
    Interceptor,
    Replayer,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)

from httptask.plugin import DefinitionRegistry, HttpTaskPlugin
from httptask.workflows.run import DefinitionWorkflow, HttpTaskWorkflow
from httptask.workflows.status import RunStatus, TaskStatus, seen_outputs

__all__ = ["Replayed", "replay"]


@dataclass
class Replayed:
    """What a replay has seen; `status` is None for a workflow that is no definition."""

    status: RunStatus | None = None
    outputs: dict[str, Any] = field(default_factory=dict[str, Any])


async def replay(client: Client, history: WorkflowHistory) -> Replayed:
    """Replay one run of a definition as far as its history goes."""
    look = _Look()
    replayer = Replayer(
        workflows=[],
        plugins=[HttpTaskPlugin(allow_inline=True, definitions=DefinitionRegistry([]))],
        interceptors=[look],
        data_converter=client.data_converter,
    )
    replayed = await replayer.replay_workflow(history, raise_on_replay_failure=False)
    if replayed.replay_failure is None and isinstance(look.instance, HttpTaskWorkflow | DefinitionWorkflow):
        status = look.instance.status()
        return Replayed(status.model_copy(update={"tasks": list(map(_undone, status.tasks))}), look.outputs)
    return Replayed()


def _undone(task: TaskStatus) -> TaskStatus:
    """A task without the end that the SDK gave it: when it drops a workflow it cancels what goes on, at time 0."""
    if task.ended_at is None or task.ended_at >= task.started_at:
        return task
    return task.model_copy(update={"state": "running", "ended_at": None, "detail": None})


class _Look(Interceptor):
    """Remembers the workflow and the outputs of its tasks."""

    def __init__(self) -> None:
        self.instance: object = None
        self.outputs: dict[str, Any] = {}

    def workflow_interceptor_class(
        self,
        input: WorkflowInterceptorClassInput,  # noqa: A002 - the interface's
    ) -> type[WorkflowInboundInterceptor]:
        look = self

        class Inbound(WorkflowInboundInterceptor):
            async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:  # noqa: A002
                look.instance = workflow.instance()
                seen_outputs.set(look.outputs)
                return await super().execute_workflow(input)

        return Inbound
