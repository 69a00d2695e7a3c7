"""Runs as Temporal describes them, in any state: its SDK can't read that of a paused one, which its enum lacks."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import ParentClosePolicy, WorkflowExecutionStatus
from temporalio.api.workflow.v1 import WorkflowExecutionInfo
from temporalio.api.workflowservice.v1 import (
    DescribeWorkflowExecutionRequest,
    DescribeWorkflowExecutionResponse,
    GetWorkflowExecutionHistoryReverseRequest,
    ListWorkflowExecutionsRequest,
)
from temporalio.client import Client, WorkflowHistory
from temporalio.converter import DataConverter
from temporalio.service import RPCError, RPCStatusCode

from httptask.diagnostics.cutting import in_one_line
from httptask.interpreter.fetch_status import paused_by
from httptask.scheduling.spending_state import PART_MEMO, SCHEDULE_MEMO

__all__ = [
    "Described",
    "Execution",
    "chain_of",
    "describe",
    "first_started_at",
    "list_executions",
    "runs_left_by",
]

_PAGE = 1000
_SHORTEST_PAGE = 50
"""Of a few runs that are wanted others stand in between, which do not count."""
_LAST_EVENTS = 10
"""Of a history, among which the failure of a workflow task is that fails again and again: it is written once."""

_OF_THE_STANDARD = {"CANCELED": "cancelled", "FAILED": "faulted"}


@dataclass(frozen=True, slots=True)
class Execution:
    """One run.

    Attributes:
        info: as Temporal tells it.
        converter: decodes its memo.
    """

    info: WorkflowExecutionInfo
    converter: DataConverter

    @property
    def id(self) -> str:
        """The id of the run, which all runs of a chain have in common."""
        return self.info.execution.workflow_id

    @property
    def run_id(self) -> str:
        """The id of this run of the chain."""
        return self.info.execution.run_id

    @property
    def state(self) -> str:
        """Its state, spelled as the standard spells those of tasks."""
        if self.info.status not in WorkflowExecutionStatus.values():
            return "unknown"  # of a newer server
        name = WorkflowExecutionStatus.Name(self.info.status).removeprefix("WORKFLOW_EXECUTION_STATUS_")
        return _OF_THE_STANDARD.get(name) or name.lower().replace("_", " ")

    @property
    def started_at(self) -> datetime:
        """When it began."""
        return self.info.start_time.ToDatetime(tzinfo=UTC)

    @property
    def ended_at(self) -> datetime | None:
        """When it ended; None while it is open, which a paused one is."""
        return self.info.close_time.ToDatetime(tzinfo=UTC) if self.info.HasField("close_time") else None

    @property
    def parent(self) -> str | None:
        """The id of the run that runs it, if one does; what starts runs of a schedule is none."""
        parent = self.info.parent_execution.workflow_id or None
        return None if SCHEDULE_MEMO in self.info.memo.fields else parent

    @property
    def is_part(self) -> bool:
        """Whether it is no run of its own: it runs some items of a `map`."""
        return PART_MEMO in self.info.memo.fields

    async def memo(self) -> Mapping[str, Any]:
        """What was noted about it."""
        fields = self.info.memo.fields
        return {name: (await self.converter.decode([payload]))[0] for name, payload in fields.items()}


@dataclass(frozen=True, slots=True)
class Described(Execution):
    """One run, with what it waits for."""

    description: DescribeWorkflowExecutionResponse

    @property
    def pause(self) -> str | None:
        """Why it is paused: by whom, and what they said; None when it is not."""
        if self.state != "paused":
            return None
        pause = self.description.workflow_extended_info.pause_info
        return paused_by(pause.identity, pause.reason)

    async def impasse(self, client: Client) -> str | None:
        """Why it does not go on, as its server knows: it is paused, or its workflow task fails; None otherwise.

        Raises:
            RPCError: no answer.
        """
        attempt = self.description.pending_workflow_task.attempt
        if self.pause is not None or attempt < 2:
            return self.pause
        request = GetWorkflowExecutionHistoryReverseRequest(
            namespace=client.namespace, execution=self.info.execution, maximum_page_size=_LAST_EVENTS
        )
        found = await client.workflow_service.get_workflow_execution_history_reverse(request, retry=True)
        failures = (event.workflow_task_failed_event_attributes.failure for event in found.history.events)
        why = next((failure.message for failure in failures if failure.message), "it is not done in time")
        return f"its workflow task fails, attempt {attempt}: {in_one_line(why)}"


async def describe(client: Client, id_: str, run_id: str = "") -> Described:
    """Look at a run; at the latest one of its chain, unless one of it is named.

    Raises:
        RPCError: there is no such run, or no answer.
    """
    request = DescribeWorkflowExecutionRequest(
        namespace=client.namespace, execution=WorkflowExecution(workflow_id=id_, run_id=run_id)
    )
    found = await client.workflow_service.describe_workflow_execution(request, retry=True)
    return Described(found.workflow_execution_info, client.data_converter, found)


async def first_started_at(client: Client, execution: Described) -> datetime:
    """When the first run of a chain began; of one whose first run is not kept any more, when this one did.

    Raises:
        RPCError: no answer.
    """
    first = execution.info.first_run_id
    if first in ("", execution.run_id):
        return execution.started_at
    try:
        return (await describe(client, execution.id, first)).started_at
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return execution.started_at


async def chain_of(client: Client, execution: Described) -> list[WorkflowHistory]:
    """The histories of a chain of runs, oldest first."""
    chain: list[WorkflowHistory] = []
    run_id = execution.run_id
    while run_id:
        chain.append(await client.get_workflow_handle(execution.id, run_id=run_id).fetch_history())
        run_id = chain[-1].events[0].workflow_execution_started_event_attributes.continued_execution_run_id
    return chain[::-1]


async def runs_left_by(client: Client, id_: str) -> AsyncGenerator[str]:
    """Ids of the runs that a run, or one within it, has started and left to themselves, and of those that these have.

    What one of them has left is told once it has ended, so each is to be waited for before the next is asked for.

    Raises:
        RPCError: there is no such run, or no answer.
    """
    for history in await chain_of(client, await describe(client, id_)):
        for event in history.events:
            started = event.start_child_workflow_execution_initiated_event_attributes
            if event.HasField("start_child_workflow_execution_initiated_event_attributes"):
                if started.parent_close_policy == ParentClosePolicy.PARENT_CLOSE_POLICY_ABANDON:
                    yield started.workflow_id
                async for inner in runs_left_by(client, started.workflow_id):
                    yield inner


async def list_executions(client: Client, query: str, limit: int = _PAGE) -> AsyncGenerator[Execution]:
    """All runs that a query finds; `limit` is how many are wanted, as far as that is known: pages grow from that on.

    Raises:
        RPCError: the query is refused, or there is no answer.
    """
    request = ListWorkflowExecutionsRequest(
        namespace=client.namespace, query=query, page_size=min(max(limit, _SHORTEST_PAGE), _PAGE)
    )
    while True:
        page = await client.workflow_service.list_workflow_executions(request, retry=True)
        for info in page.executions:
            yield Execution(info, client.data_converter)
        if not page.next_page_token:
            return
        request.next_page_token = page.next_page_token
        request.page_size = min(2 * request.page_size, _PAGE)
