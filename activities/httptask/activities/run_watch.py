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
        with run.having(call):
            yield


class _Run:
    """One that has calls in flight, or had some within the last second.

    Most runs have ended by the time that somebody could ask about them, and have no calls in flight then. So where
    there are none it is the next call that asks.

    Attributes:
        is_over: whether it was cancelled, or has ended.
    """

    def __init__(self, client: Client, execution: WorkflowExecution, runs: "dict[str, _Run]") -> None:
        self.is_over = False
        self._calls: set[asyncio.Task[Any]] = set()
        self._had_calls = self._is_due = False
        self._client = client
        self._execution = execution
        self._runs = runs
        self._loop = asyncio.get_running_loop()
        self._question: asyncio.Task[None] | None = None
        self._loop.call_later(_INTERVAL, self._look)

    @contextmanager
    def having(self, call: asyncio.Task[Any]) -> Generator[None]:
        """While the call is in flight.

        Raises:
            RunOver: in place of the cancellation by which the call is ended.
        """
        self._calls.add(call)
        if self._is_due:
            self._ask()
        try:
            yield
        except asyncio.CancelledError:
            if self.is_over:
                raise RunOver from None
            raise
        finally:
            self._calls.discard(call)
            self._had_calls = True

    def _look(self) -> None:
        if not self._calls and not self._had_calls:
            del self._runs[self._execution.run_id]
            return
        self._had_calls = False
        self._is_due = not self._calls
        if self._calls:
            self._ask()
        self._loop.call_later(_INTERVAL, self._look)

    def _ask(self) -> None:
        self._is_due = False
        if not self.is_over and (self._question is None or self._question.done()):
            self._question = self._loop.create_task(self._learn())

    async def _learn(self) -> None:
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
            for call in self._calls:
                call.cancel()
