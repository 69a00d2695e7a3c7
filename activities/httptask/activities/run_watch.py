"""Runs that end while local activities make calls for them.

Such a call keeps its workflow task open, and a workflow hears of its cancellation only with the next one: after 8 of
Temporal's 10 seconds. It has no heartbeat whose answer would say so either. So its worker asks.
"""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

from temporalio import activity
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.service import RPCError

__all__ = ["RunOver", "RunWatch"]

_INTERVAL = 1.0
"""Seconds from one question about a run to the next, however many calls it has in flight."""
_PATIENCE = timedelta(seconds=5)


class RunOver(Exception):
    """The run that a call is made for is cancelled, or has ended."""


class RunWatch:
    """Ends the local activities of runs that are over."""

    def __init__(self) -> None:
        """Begin with no run."""
        self._runs: dict[str, _Run] = {}

    @contextmanager
    def calling(self) -> Generator[None]:
        """Around the call of a local activity.

        Raises:
            RunOver: in place of the cancellation by which the call is ended.
        """
        info, call = activity.info(), asyncio.current_task()
        assert call is not None
        run_id = info.workflow_run_id or ""
        run = self._runs.get(run_id)
        if run is None:
            execution = WorkflowExecution(workflow_id=info.workflow_id or "", run_id=run_id)
            run = self._runs[run_id] = _Run(activity.client(), execution, self._runs)
        if run.is_over:
            raise RunOver
        run.calls.add(call)
        try:
            yield
        except asyncio.CancelledError:
            if run.is_over:
                raise RunOver from None
            raise
        finally:
            run.calls.discard(call)
            run.was_asked_for = True


class _Run:
    """One that has calls in flight, or had some within the last second.

    Attributes:
        calls: the tasks that make them.
        was_asked_for: whether there was a call since it was last looked at.
        is_over: whether it was cancelled, or has ended.
    """

    def __init__(self, client: Client, execution: WorkflowExecution, runs: "dict[str, _Run]") -> None:
        self.calls: set[asyncio.Task[Any]] = set()
        self.was_asked_for = True
        self.is_over = False
        self._client = client
        self._execution = execution
        self._runs = runs
        self._loop = asyncio.get_running_loop()
        self._question: asyncio.Task[None] | None = None
        self._loop.call_later(_INTERVAL, self._look)

    def _look(self) -> None:
        if not self.calls and not self.was_asked_for:
            del self._runs[self._execution.run_id]
            return
        self.was_asked_for = False
        if self.is_over:
            self._loop.call_later(_INTERVAL, self._look)
        else:
            self._question = self._loop.create_task(self._ask())

    async def _ask(self) -> None:
        request = DescribeWorkflowExecutionRequest(
            namespace=self._client.namespace, execution=self._execution
        )
        with suppress(RPCError):
            described = await self._client.workflow_service.describe_workflow_execution(
                request, timeout=_PATIENCE
            )
            cancelled = described.workflow_extended_info.cancel_requested
            self.is_over = cancelled or described.workflow_execution_info.HasField("close_time")
        if self.is_over:
            for call in self.calls:
                call.cancel()
        self._loop.call_later(_INTERVAL, self._look)
