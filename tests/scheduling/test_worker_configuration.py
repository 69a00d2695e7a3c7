"""What a workflow asks of its worker's configuration, where the worker does not answer in time."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from httptask.testing import Reply, ScriptedServer
from support.cluster import events_of
from support.connections import local_connection
from support.orders import GET_ORDERS
from support.runs import running


class SilentOnce(Interceptor):
    """Makes a worker that gives no answer to what it is first asked."""

    silent = True

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        worker = self

        class Inbound(ActivityInboundInterceptor):
            async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002
                if worker.silent:
                    worker.silent = False
                    await asyncio.Event().wait()
                return await super().execute_activity(input)

        return Inbound(next)


async def test_a_look_up_that_times_out_is_made_again(
    temporal: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("httptask.scheduling.worker_configuration.ANSWER_TIME", timedelta(milliseconds=500))
    async with ScriptedServer([Reply.json([])]) as server:
        connections = {"shop": local_connection("shop", server.url)}
        silent = {"interceptors": [SilentOnce()]}
        async with running(temporal, connections=connections, worker=silent) as runner:
            outcome = await runner.run(GET_ORDERS)
    assert (outcome.output, len(server.requests)) == ([], 1)
    failed = await events_of(outcome.handle, "workflow_task_failed")
    assert [event.workflow_task_failed_event_attributes.failure.message for event in failed] == [
        "Local Activity timed out"
    ]
