"""The workflow that gets its definition with its start."""

import uuid

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from httptask.dsl.canonical import sha256
from httptask.interpreter.workflow_types import WORKFLOW_TYPE
from support.definitions import parse
from support.runs import running


async def test_a_client_that_sorts_keys_is_told_so(temporal: WorkflowEnvironment) -> None:
    definition = parse("do: [{ b: { set: { z: 1, a: 2 } } }]")
    started_with = {"definition": definition, "sha256": sha256(definition)}
    async with running(temporal) as runner:
        with pytest.raises(WorkflowFailureError) as failed:
            await temporal.client.execute_workflow(
                WORKFLOW_TYPE,
                started_with,
                id=f"test-{uuid.uuid4().hex[:8]}",
                task_queue=runner.task_queue,
            )
    cause = failed.value.cause
    assert isinstance(cause, ApplicationError)
    assert "does not match its sha256 (DefinitionInvalid)" in cause.message
    assert "a client that does not keep them, as one without HttpTaskPlugin" in cause.message
