"""The interpreter without a server: Temporal's activations, made by hand."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.api.common.v1 import Payload, Payloads
from temporalio.bridge.proto.activity_result import ActivityResolution, Success
from temporalio.bridge.proto.workflow_activation import (
    InitializeWorkflow,
    RemoveFromCache,
    ResolveActivity,
    WorkflowActivation,
    WorkflowActivationJob,
)
from temporalio.bridge.proto.workflow_commands import WorkflowCommand
from temporalio.common import Priority, TypedSearchAttributes
from temporalio.converter import DefaultFailureConverter
from temporalio.worker import UnsandboxedWorkflowRunner, WorkflowInstance, WorkflowInstanceDetails
from temporalio.workflow import Info, _Definition  # pyright: ignore[reportPrivateUsage]

from httptask.activities.connection_profile import RunConfiguration
from httptask.activities.names import RESOLVE_CONFIGURATION, YIELD
from httptask.calls.problem import Problem, TaskFault
from httptask.dsl.canonical import sha256
from httptask.dsl.expressions import ExpressionsBusy
from httptask.interpreter.workflow_types import WORKFLOW_TYPE, HttpTaskWorkflow, RunInput
from httptask.plugin.data_converter import LeanPayloadConverter
from httptask.scheduling.plugin_check import PLUGIN

__all__ = ["first_call"]

_CONVERTER = LeanPayloadConverter()
_NOW = datetime(2026, 1, 1, tzinfo=UTC)


async def first_call(definition: dict[str, Any], data: Any, known: RunConfiguration) -> tuple[str, Payload]:
    """The first call that a run makes: the name of its activity, and what that is asked for.

    Args:
        definition: of the run.
        data: its input.
        known: what a worker answers who is asked for its connections.

    Raises:
        TaskFault: it fails before that.
        ExpressionsBusy: Temporal would have another worker try again.
    """
    given = RunInput(definition=definition, sha256=sha256(definition), input=data)
    instance = UnsandboxedWorkflowRunner().create_instance(_details())
    try:
        return await _first_call_of(instance, given, known)
    finally:  # or what is under way would end as Python collects it, in the midst of another test
        await _activated(instance, WorkflowActivationJob(remove_from_cache=RemoveFromCache()))


async def _first_call_of(
    instance: WorkflowInstance, given: RunInput, known: RunConfiguration
) -> tuple[str, Payload]:
    commands = await _activated(
        instance,
        WorkflowActivationJob(
            initialize_workflow=InitializeWorkflow(
                workflow_type=WORKFLOW_TYPE,
                workflow_id="run",
                arguments=_CONVERTER.to_payloads([given]),
                randomness_seed=1,
                first_execution_run_id="run",
                attempt=1,
            )
        ),
    )
    [asked] = [one.schedule_local_activity for one in commands if one.HasField("schedule_local_activity")]
    assert asked.activity_type == RESOLVE_CONFIGURATION
    [answer] = _CONVERTER.to_payloads([known])
    resolution = ActivityResolution(completed=Success(result=answer))
    commands = await _activated(
        instance,
        WorkflowActivationJob(
            resolve_activity=ResolveActivity(seq=asked.seq, result=resolution, is_local=True)
        ),
    )
    for command in commands:
        if command.HasField("schedule_activity"):
            return command.schedule_activity.activity_type, command.schedule_activity.arguments[0]
        if command.HasField("fail_workflow_execution"):
            info = command.fail_workflow_execution.failure.application_failure_info
            [problem] = _CONVERTER.from_payloads(info.details.payloads, [Problem])
            raise TaskFault(Problem.model_validate(problem))
        if command.schedule_local_activity.activity_type == YIELD:
            raise ExpressionsBusy("the workflow task took too long to go on in it")
    raise AssertionError(commands)


async def _activated(instance: WorkflowInstance, job: WorkflowActivationJob) -> list[WorkflowCommand]:
    activation = WorkflowActivation(run_id="run", jobs=[job], history_length=3)
    activation.timestamp.FromDatetime(_NOW)
    completion = await asyncio.to_thread(instance.activate, activation)
    if completion.HasField("failed"):
        message = completion.failed.failure.message
        raise ExpressionsBusy(message) if "expression" in message else AssertionError(message)
    return list(completion.successful.commands)


def _details() -> WorkflowInstanceDetails:
    definition = _Definition.from_class(HttpTaskWorkflow)
    assert definition is not None
    return WorkflowInstanceDetails(
        payload_converter_factory=lambda: _CONVERTER,
        failure_converter_class=DefaultFailureConverter,
        interceptor_classes=(),
        defn=definition,
        info=Info(
            attempt=1,
            continued_run_id=None,
            cron_schedule=None,
            execution_timeout=None,
            first_execution_run_id="run",
            headers={},
            namespace="default",
            original_execution_run_id="run",
            parent=None,
            root=None,
            priority=Priority.default,
            raw_memo={},
            retry_policy=None,
            run_id="run",
            run_timeout=None,
            search_attributes={},
            start_time=_NOW,
            task_queue="queue",
            task_timeout=timedelta(seconds=10),
            typed_search_attributes=TypedSearchAttributes.empty,
            workflow_id="run",
            workflow_start_time=_NOW,
            workflow_type=WORKFLOW_TYPE,
        ),
        randomness_seed=1,
        extern_functions={PLUGIN: object, "__temporal_assert_local_activity_valid": lambda _: None},
        disable_eager_activity_execution=False,
        worker_level_failure_exception_types=(),
        patch_activation_callback=None,
        last_completion_result=Payloads(),
        last_failure=None,
    )
