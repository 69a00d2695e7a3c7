"""A worker that was given no plugin says so, wherever that is found out."""

import uuid
from typing import Any

import pytest
from temporalio import workflow
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from httptask.workflows import http_request
from support.cluster import address_of, has_event
from support.python_workflows import Asks

TOLD = "this worker lacks HttpTaskPlugin: connect its client with plugins=[HttpTaskPlugin()]"


async def client_of(environment: WorkflowEnvironment) -> Client:
    return await Client.connect(address_of(environment), data_converter=pydantic_data_converter)


async def test_a_workflow_cannot_be_loaded_in_the_sandbox(temporal: WorkflowEnvironment) -> None:
    client = await client_of(temporal)
    with pytest.raises(RuntimeError, match="Failed validating workflow Asks") as caught:
        Worker(client, task_queue=uuid.uuid4().hex, workflows=[Asks])
    assert str(caught.value.__cause__) == TOLD


@workflow.defn
class Fetches:
    @workflow.run
    async def run(self) -> int:
        return (await http_request("get", "http://localhost/")).status


@pytest.mark.parametrize("calls", [Asks, Fetches])
async def test_a_call_outside_the_sandbox_waits_for_a_worker_that_has_it(
    temporal: WorkflowEnvironment, calls: Any
) -> None:
    client, queue = await client_of(temporal), uuid.uuid4().hex
    async with Worker(
        client, task_queue=queue, workflows=[calls], workflow_runner=UnsandboxedWorkflowRunner()
    ):
        handle = await client.start_workflow(calls.run, id=queue, task_queue=queue)
        failed = await has_event(handle, "workflow_task_failed")
        await handle.terminate()
    message = failed.workflow_task_failed_event_attributes.failure.message
    assert message == TOLD
